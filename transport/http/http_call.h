/*
 * Asks another server: one request on a connection of its own, and its answer.
 * Public.
 */
#ifndef TRANSPORT_HTTP_CALL_H
#define TRANSPORT_HTTP_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "transport/net/address.h"

struct http_call;
struct loop;
struct tls_context;

#define HTTP_TARGET_ADDRESSES 4
#define HTTP_TARGET_TEXT_SIZE 1024

/* Where a URL leads. */
struct http_target {
	size_t address_count;
	struct address addresses[HTTP_TARGET_ADDRESSES]; /* tried in order */
	char host[HTTP_TARGET_TEXT_SIZE]; /* with its port, as in the URL */
	char name[HTTP_TARGET_TEXT_SIZE]; /* of the host alone */
	char path[HTTP_TARGET_TEXT_SIZE]; /* with its query */
	bool is_tls;                      /* https: it needs */
	struct tls_context
	    *tls; /* of a client; the owner of the target sets it */
};

/*
 * Reads a URL, "http://host:port/path" or "https://…", and looks up its host,
 * which may take seconds. False: `why` explains the problem.
 */
bool http_target_find(struct http_target *, struct str url, char *why,
    size_t size);

/* The most bytes of an answer's body. */
#define HTTP_CALL_BODY_MAX ((size_t)16 * 1024)

/*
 * The end of a call, once: the answer, which is good for this call only; or,
 * with the status 0, why there is none, which is so, too. The call is freed.
 */
typedef void http_call_done(void *arg, int status, struct str body,
    const char *why);

/*
 * Posts a body of JSON, which is copied as the target is. `headers` are more
 * lines of the head, each with its CRLF. NULL: no memory, or no socket; done()
 * is not called.
 */
struct http_call *http_call_post(struct loop *, const struct http_target *,
    struct str headers, struct str json, int64_t timeout_ms, http_call_done *,
    void *arg);

/* The answer's Retry-After in seconds, in done(); 0: it has none. */
uint64_t http_call_retry_after_s(const struct http_call *);

/* Drops the call: done() is not called any more. */
void http_call_cancel(struct http_call *);

#endif
