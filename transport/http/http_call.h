/*
 * Asks another server: a request, and its answer. Connections are kept for
 * later requests (http_idle.h). Public.
 */
#ifndef TRANSPORT_HTTP_CALL_H
#define TRANSPORT_HTTP_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "transport/http/http_target.h"

struct http_call;
struct loop;

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
 * lines of the head, each with its CRLF. The server must be able to get it
 * twice: it is sent again if a connection that was used before is closed
 * without a byte of an answer. NULL: no memory, or no socket; done() is not
 * called.
 */
struct http_call *http_call_post(struct loop *, const struct http_target *,
    struct str headers, struct str json, int64_t timeout_ms, http_call_done *,
    void *arg);

/* The answer's Retry-After in seconds, in done(); 0: it has none. */
uint64_t http_call_retry_after_s(const struct http_call *);

/* Drops the call: done() is not called any more. */
void http_call_cancel(struct http_call *);

#endif
