/* One URL, and signed requests to it. */
#ifndef TRANSPORT_HOOK_ENDPOINT_H
#define TRANSPORT_HOOK_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/clock.h"
#include "transport/http/http_call.h"
#include "wire/dialect.h"

#define HOOK_SECRET_MOST 256

struct hook_endpoint {
	const char *option; /* "hooks.url"; NULL: there is none */
	struct http_target target;
	bool is_down; /* the last request failed */
};

/*
 * An empty URL is none. The name of the option is a constant; the authorities
 * may be NULL: those of the system. False: `why` names the problem.
 */
bool hook_endpoint_init(struct hook_endpoint *, const char *option,
    struct str url, const char *ca, char *why, size_t size);
void hook_endpoint_fini(struct hook_endpoint *);

static inline bool
hook_endpoint_exists(const struct hook_endpoint *endpoint)
{
	return endpoint->option != NULL;
}

/* Logs a change: why a request failed, or NULL. */
void hook_endpoint_note(struct hook_endpoint *, const char *why);

/* With what requests are signed. */
struct hook_signer {
	struct clock *clock;
	size_t secret_len;
	char secret[HOOK_SECRET_MOST];
};

/* "t=1795973682,v1=" and 64 hexadecimal digits. */
#define HOOK_SIGNATURE_SIZE 100

/*
 * Of a time and a body: HMAC-SHA256 of the time in digits, a dot, and the body.
 * False: OpenSSL has failed.
 */
bool hook_signature_write(const struct hook_signer *, int64_t unix_s,
    struct str body, char out[HOOK_SIGNATURE_SIZE]);

/* Posts a body, with its signature. NULL: as http_call_post(). */
struct http_call *hook_endpoint_post(const struct hook_endpoint *,
    struct loop *, const struct hook_signer *, struct str body,
    int64_t timeout_ms, http_call_done *, void *arg);

#endif
