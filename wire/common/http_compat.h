/* What a listener of a dialect says to those who only speak HTTP. Public. */
#ifndef WIRE_HTTP_COMPAT_H
#define WIRE_HTTP_COMPAT_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "domain/chat_stats.h"
#include "wire/dialect.h"

struct http_compat_request {
	struct str method;
	struct str path; /* without the query */
	bool is_upgrade; /* it asks for a WebSocket where there is none */
	bool has_origin; /* a browser asks for a page of somebody else */
	int64_t monotonic_ms;
	/* Every room is looked at for these, so not for nothing; or NULL. */
	void (*tell_figures)(struct chat_stats *, void *arg);
	void *arg;
};

/*
 * An answer. The caller lends `body`, empty; texts are constants. A HEAD is
 * answered like a GET, and the caller leaves the body out.
 */
struct http_compat_response {
	int status;
	const char *content_type;
	const char *headers; /* more of them, each with its "\r\n" */
	struct wire_text *body;
};

#endif
