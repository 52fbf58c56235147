/* Answers to plain HTTP requests, as a dialect's original gives them. Public.
 */
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
	bool is_upgrade; /* asks for a WebSocket where there is no endpoint */
	bool has_origin; /* sent by a browser for a page of another origin */
	int64_t monotonic_ms;
	/* Visits every room, so call it only if needed; or NULL. */
	void (*get_stats)(struct chat_stats *, void *arg);
	void *arg;
};

/*
 * An answer. The caller owns `body`, which is empty at first; texts are
 * constants. HEAD is answered like GET; the caller omits the body.
 */
struct http_compat_response {
	/*
	 * The path of a file of the server's that answers the request, or
	 * absent; if there is no such file, the other fields do. A constant,
	 * or a part of the request's path.
	 */
	struct str asset;
	int status;
	const char *content_type;
	const char *headers; /* additional ones, each ends in "\r\n" */
	struct wire_text *body;
};

#endif
