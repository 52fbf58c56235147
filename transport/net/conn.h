/*
 * One connection: from the first byte over its opening handshake to its end.
 *
 * A connection is never freed while its own callbacks run. What ends it only
 * marks it; worker_end_turn() tells the session, says goodbye and frees.
 */
#ifndef TRANSPORT_CONN_H
#define TRANSPORT_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "transport/net/send_queue.h"
#include "transport/net/token_bucket.h"
#include "transport/net/wheel.h"
#include "transport/worker.h"
#include "transport/ws/ws_frame.h"
#include "transport/ws/ws_message.h"

struct bufferevent;
struct dialect;
struct event;
struct input_buffer;
struct peer;

enum conn_state {
	CONN_HEAD,      /* reading the request */
	CONN_OPEN,      /* a WebSocket */
	CONN_ENDING,    /* will be ended with this turn; nothing more is read */
	CONN_CLOSING,   /* our close frame is sent, the peer's awaited */
	CONN_LINGERING, /* all is sent; wait for the peer to go */
	CONN_DEAD       /* will be freed with this turn */
};

struct conn {
	struct wheel_node timer; /* first: the wheel hands it back */
	/* What every send looks at lies together. */
	struct send_queue outbox;
	struct bufferevent *carrier; /* of what waits; NULL: nothing does */
	struct event *readable;
	struct worker *service;
	int fd;
	uint16_t end_code; /* 0: no close frame */
	uint8_t state;     /* enum conn_state */
	bool full : 1;     /* nothing more is said but goodbye */
	bool deflate : 1;
	bool peer_closed : 1; /* it will send no close frame (any more) */
	bool deaf : 1;        /* the reader must not be fed any more */
	bool opened : 1;      /* has been a WebSocket */
	bool answered : 1;    /* the response to its handshake is sent */
	bool spent : 1;       /* in service->spent */
	struct conn *prev;    /* in service->conns */
	struct conn *next;
	struct conn *next_ending; /* in service->ending or ->dead */
	struct conn *next_spent;
	void *session;     /* of the endpoint; NULL before and after */
	struct peer *peer; /* NULL: not counted */
	const char *end_reason;
	union {
		struct {
			struct http_scanner scanner;
			struct input_buffer *head; /* what came of it before */
		};                       /* while reading the request */
		struct ws_reader reader; /* from then on */
	};
	struct token_bucket bytes;
	struct token_bucket control;
	/* Moments, in ticks of the wheel; 0: not running. */
	uint32_t since;  /* in this state; while open: the last byte came */
	uint32_t pinged; /* our ping waits for a sign of life */
	uint32_t message_begun;     /* an unfinished message */
	uint32_t output_soft_since; /* too much waits */
	uint32_t output_moved;      /* the socket took something */
	uint32_t leave_at;          /* draining: the moment to go */
	uint32_t resume_at;         /* reading is paused */
	uint8_t dialect; /* its place in dialects(), from 1; 0: none */
};

/*
 * Takes a connected socket; the dialect, that of whoever listened, may be
 * NULL. NULL: no memory, and the socket is closed.
 */
struct conn *conn_create(struct worker *, int fd, struct peer *,
    const struct dialect *);

/* What is spoken here: where it came in, until its request says otherwise. */
const struct dialect *conn_dialect(const struct conn *);
void conn_set_dialect(struct conn *, const struct dialect *);

/* Sends pieces in order, after what waits; ends the connection if it can't. */
void conn_send(struct conn *, const struct piece *, size_t count);

/* conn_send() will be called soon. */
static inline void
conn_prefetch(const struct conn *conn)
{
	__builtin_prefetch(&conn->outbox);
	__builtin_prefetch(&conn->state);
}

/* The same for a few own bytes. */
void conn_write(struct conn *, const void *data, size_t len);

/* One unmasked frame of one's own. */
void conn_write_frame(struct conn *, uint8_t opcode, const void *data,
    size_t len);

/*
 * End with this turn: `bye` and a close frame with this code. The reason is
 * a constant: "slow_consumer". The first end counts.
 */
void conn_end(struct conn *, unsigned code, const char *reason);

/* End with this turn and say nothing: the socket is useless. */
void conn_abort(struct conn *);

/* Whether messages may still be sent. */
static inline bool
conn_is_open(const struct conn *conn)
{
	return conn->state == CONN_OPEN;
}

/*
 * End with this turn for want of memory: there would be a hole in what the
 * peer hears, so nothing more is sent but goodbye.
 */
void conn_end_unheard(struct conn *);

/* Under overload: let go of what came, and close with 4100. */
void conn_shed_input(struct conn *);

/*
 * Under overload: let go of what waits, and close with 4102; reset whoever is
 * being closed and does not read even that.
 */
void conn_shed_output(struct conn *);

/* Bytes that wait to be sent. */
size_t conn_waiting(const struct conn *);

/* For the opening: the handshake is done. */
void conn_open(struct conn *);

/* For the opening: send this response, and that was it. */
void conn_answer(struct conn *, struct str head, struct str body);

/*
 * For worker_end_turn(): let go of what carried what is sent; end what
 * conn_end() marked; free what is dead.
 */
void conn_drop_carrier(struct conn *);
void conn_finish(struct conn *);
void conn_destroy(struct conn *);

/* For the wheel: a deadline may have passed. */
void conn_check_deadlines(struct conn *);

/* The limits were changed: wait for what is due by the new ones. */
void conn_limits_changed(struct conn *);

/* For draining: go at this tick. */
void conn_leave_at(struct conn *, uint32_t tick);

#endif
