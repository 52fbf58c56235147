/* For the files http_conn.c, http_exchange.c and http_input.c. */
#ifndef TRANSPORT_HTTP_CONN_INTERNAL_H
#define TRANSPORT_HTTP_CONN_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/http/http_body.h"
#include "transport/http/http_conn.h"
#include "transport/http/traceparent.h"

enum http_state {
	HTTP_STATE_HEAD,    /* a request's head is awaited, or comes */
	HTTP_STATE_BODY,    /* its body */
	HTTP_STATE_ANSWER,  /* the request is whole; its answer is awaited, or
			     * is sent piece by piece */
	HTTP_STATE_DISCARD, /* the same, but the body still comes in vain */
};

struct http_conn {
	struct http_exchange exchange; /* first: its address is this one */
	struct http_service *service;
	struct http_client peer;
	struct http_scanner scanner;
	struct http_body body;
	struct input_buffer *head; /* what came of it before; or kept for
				    * http_exchange_request() */
	const char *head_data;     /* during handle() */
	size_t head_len;
	uint64_t stream_left; /* of a streamed response with a length */
	uint32_t since;       /* a tick: this state began */
	uint32_t paused_at;   /* a tick: the body's reader began to pause */
	struct bulk_task bulk;
	char *traceparent;    /* of the request; NULL: none */
	uint8_t state;        /* enum http_state */
	bool keeps_alive : 1; /* another request may follow */
	bool has_served : 1;  /* one at least */
	bool is_old : 1;      /* HTTP/1.0 */
	bool expects_continue : 1;
	bool responded : 1; /* the head of the response is sent */
	bool streams : 1;   /* its body comes from fill() */
	bool fill_waits : 1;
	bool is_deferred : 1;  /* on_turn_end() of the exchange is due */
	bool body_is_bulk : 1; /* that of the request */
};

static inline struct http_conn *
http_of(const struct conn *conn)
{
	return conn->protocol_state;
}

static inline void
http_enter(struct http_conn *http, enum http_state state)
{
	http->state = (uint8_t)state;
	http->since = conn_now(http->exchange.conn);
	conn_watch(http->exchange.conn);
}

/* --- http_exchange.c ------------------------------------------------------ */

/* Frees what the exchange holds. */
void http_end_exchange(struct http_conn *);

/* Refuses a request that cannot go on. */
void http_fail(struct http_conn *, int status, const char *why);

/* Streams a response; fill() is not called while the client does not read. */
void http_pump(struct http_conn *);

void http_bulk_init(struct http_conn *);

/* The request's body is read piece by piece; see net/bulk.h. */
void http_bulk_begin_body(struct http_conn *);

/* There is a piece of the body to read, or of the response to send. */
void http_bulk_add(struct http_conn *);

/* --- http_input.c --------------------------------------------------------- */

size_t http_on_bytes(struct conn *, char *data, size_t len);
void http_request_is_whole(struct http_conn *);

#endif
