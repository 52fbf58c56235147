/*
 * A connection: a socket, what waits to be sent, deadlines, and two tables:
 * how bytes travel (plain, TLS), and what they mean (HTTP, WebSocket).
 *
 * A connection is never freed while its callbacks run. conn_abort() and its
 * like only mark it; conns_run_deferred() and conns_free_dead() at the end of
 * a turn do the rest.
 */
#ifndef TRANSPORT_CONN_H
#define TRANSPORT_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "transport/net/loop.h"
#include "transport/net/send_queue.h"
#include "transport/net/wheel.h"

struct conn;
struct event;
struct input_buffer;
struct packer;
struct peer;
struct unpacker;

/* How bytes travel. Errors are in errno, as read() and write() have them. */
struct conn_io_ops {
	ssize_t (*read)(struct conn *, void *, size_t);
	ssize_t (*send)(struct conn *, const void *, size_t);
	/* The same for bytes in several places. */
	ssize_t (*write)(struct conn *, struct iovec *, int count);
	/*
	 * Sends what the layer itself holds back: 1 when that is nothing, 0
	 * while the socket is full, -1 if it failed. NULL: it holds nothing.
	 */
	int (*flush)(struct conn *);
	/* Ends the writing; bytes that were written are still delivered. */
	void (*shutdown)(struct conn *);
	/* Frees conn->io. NULL: it is no connection's own. */
	void (*destroy)(struct conn *);
};

/* The first member of what a way to travel keeps for one connection. */
struct conn_io {
	const struct conn_io_ops *ops;
};

extern const struct conn_io conn_plain_io;

/* Which memory grew too large: see protocol_ops.on_overload. */
enum conn_overload {
	OVERLOAD_INPUT,
	OVERLOAD_OUTPUT
};

/* What bytes mean. A connection has one protocol at a time. */
struct protocol_ops {
	/*
	 * Bytes arrived, which may be changed. Returns how many were
	 * consumed: fewer than all only after a conn_pause(), or if
	 * the protocol was changed. The rest is given again later.
	 */
	size_t (*on_bytes)(struct conn *, char *data, size_t len);
	/* The peer sends nothing more. */
	void (*on_eof)(struct conn *);
	/* Reading goes on after a pause, and conn->has_rest is set. */
	void (*on_rest)(struct conn *);
	/* Its input is bulk, and some arrived: see conn_set_bulk(). */
	void (*on_bulk)(struct conn *);
	/* Nothing waits to be sent any more. */
	void (*on_drained)(struct conn *);
	/* More than limits.output_hard would wait, more than
	 * limits.output_soft waited for too long, or the peer took nothing
	 * for limits.write_stall. */
	void (*on_output_full)(struct conn *);
	/* At the end of the turn, after conn_defer(). */
	void (*on_turn_end)(struct conn *);
	/* The earliest deadline, a tick of the wheel; 0: none. */
	uint32_t (*next_deadline)(const struct conn *);
	/* A deadline may have passed. */
	void (*on_deadline)(struct conn *);
	/* Memory held for what has begun to arrive; *since: the tick when it
	 * began, if there is any. */
	size_t (*input_held)(const struct conn *, uint32_t *since);
	/* The server uses too much memory: release this kind and end. */
	void (*on_overload)(struct conn *, enum conn_overload);
	/* The server goes down: leave at this tick; 0: with this turn. */
	void (*on_leave)(struct conn *, uint32_t tick);
	/*
	 * For another process: whether it can go on with the connection, and
	 * the state, which is not changed. NULL: no client sees it end.
	 */
	bool (*is_movable)(const struct conn *);
	void (*pack)(const struct conn *, struct packer *);
	/* The connection is gone, or has another protocol: free the state. */
	void (*on_close)(struct conn *, void *state);
};

/* Why a connection is not read. */
enum conn_pause {
	PAUSED_BY_BUDGET = 1 << 0, /* it is beyond its budget */
	PAUSED_BY_OUTPUT = 1 << 1, /* the peer does not read its answers */
	PAUSED_BY_STORE = 1 << 2,  /* the store cannot keep up */
	PAUSED_BY_BODY = 1 << 3,   /* a body's reader is busy */
	PAUSED_BY_ANSWER = 1 << 4, /* a request is being answered */
	PAUSED_BY_DRAIN = 1 << 5,  /* the server goes down */
	PAUSED_FOR_GOOD = 1 << 6,  /* enough was discarded */
	PAUSED_BY_TURN = 1 << 7,   /* it goes on in the next turn */
	PAUSED_BY_MEMBER = 1 << 8, /* its member is not connected yet */
	PAUSED_BY_FILES = 1 << 9   /* the disk is behind with its file */
};

enum conn_state {
	CONN_OPEN,
	CONN_FLUSHING,  /* the last bytes are queued; input is discarded */
	CONN_LINGERING, /* all is sent, FIN too; wait for the peer to go */
	CONN_DEAD       /* will be freed with this turn */
};

struct conn {
	struct wheel_node timer; /* first: the wheel hands it back */
	/* What every send looks at lies together. */
	struct send_queue queue;
	const struct conn_io *io;
	struct loop *loop;
	int fd;
	uint8_t state : 2;      /* enum conn_state */
	bool output_closed : 1; /* conn_send() sends nothing more */
	bool has_sent : 1;      /* something; a protocol may clear it */
	bool input_closed : 1;  /* the peer sends nothing more */
	bool lingers : 1;       /* once flushed */
	bool is_deferred : 1;
	bool has_ended : 1;   /* its protocol only takes leave */
	bool lags : 1;        /* see conn_set_lags() */
	bool has_rest : 1;    /* its protocol has input to go on with */
	bool is_sending : 1;  /* in conn_send_begin() */
	bool wants_write : 1; /* so did its io table meanwhile */
	bool is_reading : 1;  /* its event waits for input, */
	bool is_writing : 1;  /* and because something waits to be sent */
	bool is_bulk : 1;     /* see conn_set_bulk() */
	uint16_t pauses;      /* of enum conn_pause */
	const struct protocol_ops *protocol;
	void *protocol_state;
	struct conn *prev; /* in loop->conns */
	struct conn *next;
	struct conn *next_deferred; /* or in loop->dead */
	struct peer *peer;          /* NULL: not counted */
	/* Input that was read, but not consumed before a pause. */
	struct input_buffer *unread;
	uint32_t discarded; /* bytes of input, since it is closing */
	/* Moments, in ticks of the wheel; 0: not running. */
	uint32_t closing_since;
	uint32_t output_soft_since; /* too much waits */
	uint32_t output_moved;      /* the socket took something */
	uint32_t resumed_at;        /* reading went on after a pause */
	uint32_t number;            /* for logs; they wrap around */
	/* The event of its socket, in the same block; libevent knows its size.
	 */
	void *event[];
};

/*
 * Takes a connected socket, and the protocol's state unless it fails. NULL:
 * no memory, and the socket is closed.
 */
struct conn *conn_create(struct loop *, int fd, struct peer *,
    const struct protocol_ops *, void *state);

/*
 * The client behind the socket is at this host: it is counted there, and no
 * longer where it was. For want of memory the connection is aborted.
 */
void conn_set_host(struct conn *, const struct host_address *);

/* Changes the protocol. The new one is given the unread input. */
void conn_set_protocol(struct conn *, const struct protocol_ops *, void *state);

/* The present moment, in ticks of the wheel. */
static inline uint32_t
conn_now(const struct conn *conn)
{
	return conn->loop->wheel.now;
}

struct budget_pool;

/* For conn_address_budget(): it has a peer. */
struct budget_pool *conn_peer_budget(const struct conn *);

/*
 * What the clients of its address without an account share. NULL: there is no
 * such limit.
 */
static inline struct budget_pool *
conn_address_budget(const struct conn *conn)
{
	return conn->peer != NULL ? conn_peer_budget(conn) : NULL;
}

/* --- input ---------------------------------------------------------------- */

/*
 * Input is read while there is no reason for a pause. At most one read, of
 * LOOP_INPUT_SIZE, is kept meanwhile. Both may be called at any time.
 */
void conn_pause(struct conn *, unsigned reasons);
void conn_resume(struct conn *, unsigned reasons);

static inline bool
conn_is_paused(const struct conn *conn)
{
	return conn->pauses != 0;
}

/*
 * Whether its input is bulk. Then it is not read as it arrives: it is
 * PAUSED_BY_TURN, on_bulk() is called, and conn_read_bulk() reads a piece
 * later. True: there may be more, the caller pauses it again. Else on_bulk()
 * will be called.
 */
void conn_set_bulk(struct conn *, bool is_bulk);
bool conn_read_bulk(struct conn *);

/*
 * Counts bytes that a closing connection read and discarded: beyond a bound no
 * more are read.
 */
void conn_discard(struct conn *, size_t len);

/*
 * What unfinished input costs the server: the memory held for it, times how
 * long. 0: nothing.
 */
size_t conn_input_cost(const struct conn *);

/* --- output --------------------------------------------------------------- */

/*
 * Sends pieces in order, after what waits; all or nothing, so that frames
 * stay whole. Nothing if on_output_full() or conn_abort() follows from it.
 */
void conn_send(struct conn *, const struct piece *, size_t count);

/* What the socket took, unless all: pieces, and so much of the next one. */
struct sent {
	size_t pieces;
	size_t bytes;
	bool failed; /* the socket */
};

/*
 * The two halves of conn_send(). The first changes nothing but the connection
 * and the traffic that it counts: several threads may run it at once, for
 * different connections, while the thread of the loop does nothing else. False:
 * the second half is to be called, in the thread of the loop, with what was
 * sent.
 */
bool conn_send_begin(struct conn *, const struct piece *, size_t count,
    struct traffic *, struct sent *);
void conn_send_end(struct conn *, const struct piece *, size_t count,
    const struct sent *);

/* conn_send() will be called soon. */
static inline void
conn_prefetch(const struct conn *conn)
{
	__builtin_prefetch(&conn->queue);
	__builtin_prefetch(&conn->fd);
}

/* The same for a few bytes, beyond any limit and after output_closed. */
void conn_write(struct conn *, const void *data, size_t len);

/* For an io table: it holds bytes back, call flush() when it can send them. */
void conn_want_write(struct conn *);

/* Call on_drained() in a later turn, when the socket takes more. */
void conn_await_drained(struct conn *);

/*
 * Whether it lags: it was not sent everything, and is not read until it was.
 * That may last as long as limits.output_soft_time allows.
 */
void conn_set_lags(struct conn *, bool lags);

/* Bytes that wait to be sent. */
static inline size_t
conn_waiting(const struct conn *conn)
{
	return send_queue_is_empty(&conn->queue)
		   ? 0
		   : send_queue_bytes(&conn->queue);
}

/* --- the end -------------------------------------------------------------- */

/* Drop it with this turn, without sending the queue. */
void conn_abort(struct conn *);

/* The same, with a reset: the kernel discards its buffer, too. */
void conn_reset(struct conn *);

/*
 * Close it when the queue is sent. Input is discarded from now on. conn_
 * linger() then sends FIN and waits until the peer closes, because a reset
 * could overtake the last bytes.
 */
void conn_close(struct conn *);
void conn_linger(struct conn *);

/* The server goes down: leave at this tick; 0: with this turn. */
void conn_leave(struct conn *, uint32_t tick);

/* Call on_turn_end() at the end of this turn. */
void conn_defer(struct conn *);

/* Under overload: let go of input or output, and end the connection. */
void conn_shed_input(struct conn *);
void conn_shed_output(struct conn *);

/* --- deadlines ------------------------------------------------------------ */

/* A deadline has changed. */
void conn_watch(struct conn *);

static inline bool
conn_has_passed(const struct conn *conn, uint32_t moment)
{
	return moment != 0 && moment <= conn_now(conn);
}

/* --- for another process -------------------------------------------------- */

/*
 * Whether another process can go on with it: a plain socket between two turns,
 * whose protocol can.
 */
bool conn_is_movable(const struct conn *);

/* Its state, for conn_unpack(), and that of its protocol. */
void conn_pack(const struct conn *, struct packer *);

/*
 * Into a new connection, whose protocol reads its own state afterwards. False:
 * no such bytes, or no memory.
 */
bool conn_unpack(struct conn *, struct unpacker *);

/* It goes on: the protocol has its state, too. */
void conn_go_on(struct conn *);

/* --- all connections of a loop -------------------------------------------- */

/* Calls what is ready; waits for it if need be. All that is read is used. */
void conns_poll(struct loop *, bool waits);

/* Move the wheel on to this tick. */
void conns_tick(struct loop *, uint32_t now);

/*
 * Call on_turn_end() of deferred connections, and on_close() of aborted ones.
 * These may defer more: see loop->deferred.
 */
void conns_run_deferred(struct loop *);
void conns_free_dead(struct loop *);

/* Abort all of them. */
void conns_abort_all(struct loop *);

#endif
