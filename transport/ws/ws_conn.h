/* The WebSocket protocol over a connection: RFC 6455 from the 101 on. */
#ifndef TRANSPORT_WS_CONN_H
#define TRANSPORT_WS_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/net/conn.h"
#include "transport/ws/ws_frame.h"
#include "transport/ws/ws_message.h"
#include "transport/ws/ws_users.h"

struct admission;
struct endpoint;
struct http_request;
struct unpacker;
struct upgrade;

/* What the WebSockets of one loop share. */
struct ws_service {
	struct endpoint *endpoint;
	struct admission *admission; /* NULL: all are accepted */
	struct ws_reader_limits reader_limits;
	struct ws_users users;
	size_t open_count;
	size_t websocket_count; /* the same, and those being closed */
	bool refusing;          /* no new WebSockets: going down */
	bool draining;          /* /readyz reports it */
	int64_t drained_ms;     /* the last connection leaves then */
};

/*
 * From here on a connection is a WebSocket: the endpoint gets it, with the
 * response that it is to send first. On failure, for want of memory, it is
 * aborted.
 */
void ws_conn_open(struct conn *, const struct http_request *,
    const struct upgrade *, struct str response);

/*
 * The connection has another principal, or its first one: it ends when that
 * expires. If that is soon its client is not notified again. False: no memory.
 */
bool ws_conn_renew(struct conn *, const struct principal *);

/*
 * Finds out whose token it is, as struct admission does. Costs the connection a
 * part of its budget.
 */
const char *ws_conn_verify(struct conn *, struct str token,
    struct principal *out);

/*
 * A connection that another process has packed. NULL: no such bytes, or no
 * memory; the socket is closed.
 */
struct conn *ws_conn_adopt(struct loop *, int fd, struct unpacker *);

/* Whether it is a WebSocket. */
bool ws_conn_is(const struct conn *);

/* The endpoint that it was opened at. */
static inline struct endpoint *
ws_conn_endpoint(const struct conn *conn)
{
	return conn->loop->websockets->endpoint;
}

/* Whether the connection is a WebSocket. */
bool ws_conn_is_websocket(const struct conn *);

/* Whether messages may still be sent. */
static inline bool
ws_conn_is_open(const struct conn *conn)
{
	return conn->state == CONN_OPEN && !conn->has_ended;
}

/*
 * End with this turn: `bye` and a close frame with this code. The reason is
 * a constant: "slow_consumer". The first end counts.
 */
void ws_conn_end(struct conn *, unsigned code, const char *reason);

/*
 * End with this turn for want of memory: a message could not be sent, so
 * only `bye` and the close frame are sent.
 */
void ws_conn_end_unsent(struct conn *);

/*
 * Charges the connection for what its messages cause: bytes encoded for
 * answers; bytes copied for others, and sends that become necessary at the end
 * of the turn. The message itself was charged before the endpoint gets it.
 */
void ws_conn_charge_bytes(struct conn *, size_t bytes);
void ws_conn_charge_copies(struct conn *, uint64_t bytes, size_t sends);

/*
 * Before work without a message: the endpoint encodes what a reader that lags
 * was not sent. False: the connection is beyond its
 * budget, and is not read; drained() of the endpoint is called when it is
 * within the budget again. That costs no patience.
 */
bool ws_conn_begin_work(struct conn *);

/*
 * A part of a message was handled: pauses the connection that has to wait for
 * its budget or for the next turn. False: the rest of the message must wait.
 */
bool ws_conn_go_on(struct conn *);

/* A command is carried out; it joins or creates a room. */
void ws_conn_charge_command(struct conn *, bool joins);

/* A part of a file was stored: the connection is not read while files are
 * behind. */
void ws_conn_await_files(struct conn *);

/* The connection is not read for so long. */
void ws_conn_delay(struct conn *, int64_t ms);

/*
 * How long until the connection, or all of its user, are within their budget
 * again, if they were beyond it for longer than limits.patience: it is not
 * slowed down any more, and its commands are to be refused, because of *limit.
 * 0: they are not.
 */
int64_t ws_conn_refuse_ms(struct conn *, const char **limit);

/* One unmasked frame with a short payload. */
void ws_conn_write_frame(struct conn *, uint8_t opcode, const void *data,
    size_t len);

#endif
