/* What WebSocket connections are handed to: an interface. Public. */
#ifndef TRANSPORT_ENDPOINT_H
#define TRANSPORT_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "domain/event.h"
#include "transport/ws/ws_deflate.h"
#include "transport/ws/ws_frame.h"

struct chunk_pool;
struct conn;
struct dialect;
struct endpoint;
struct http_request;
struct packer;
struct unpacker;

/* The outcome of the opening handshake. */
struct upgrade {
	const struct dialect *listener; /* where it came in; may be NULL */
	const struct principal *principal;
	/* The endpoint chooses: */
	int64_t idle_ms;         /* close after so much silence; 0: never */
	const char *subprotocol; /* NULL: none */
	bool may_authenticate;   /* clients can, after the handshake */
	struct ws_deflate_policy deflate_policy;
	struct ws_deflate deflate;
};

/* What has been gathered in a turn. */
struct pending {
	size_t sends; /* they will be at least as many; 0: nothing is due */
	size_t bytes; /* each counted once */
};

struct endpoint_ops {
	/* Whose chunks to use; called once, before anything else. */
	void (*bind)(struct endpoint *, struct chunk_pool *);
	/* Whether WebSockets are opened at this path. */
	bool (*serves)(struct endpoint *, const struct dialect *listener,
	    struct str path);
	/* Choose the subprotocol, what deflate offers are good for, how long
	 * a client may be silent, whether it may authenticate later. */
	void (*choose)(struct endpoint *, const struct http_request *,
	    struct upgrade *);
	/*
	 * A connection is open. The first bytes to send are the response to
	 * its handshake. Returns what the following calls get; NULL: no
	 * memory, the connection is dropped.
	 */
	void *(*open)(struct endpoint *, struct conn *,
	    const struct http_request *, const struct upgrade *,
	    struct str response);
	/* A whole message; data may be changed and is good for the call. */
	void (*message)(void *session, enum ws_opcode, char *data, size_t len);
	/*
	 * Reading goes on after a pause, and message() has left a part of its
	 * message to do: it paused the connection, and set conn->has_rest.
	 */
	void (*go_on)(void *session);
	/* Memory held by the session for what has begun to arrive. */
	size_t (*held)(const void *session);
	/*
	 * The connection is ending: the session is freed. With `bye` the
	 * client can still get the reason.
	 */
	void (*leave)(void *session, const struct bye *);
	/* Nothing waits to be sent any more. */
	void (*drained)(void *session);
	/* The connection will end at this (Unix) time, with its principal. */
	void (*expiring)(void *session, int64_t at_ms);
	/*
	 * For another process: whether it can go on with the session, whose
	 * state is packed; and the session of such bytes. NULL: not such bytes,
	 * or no memory.
	 */
	bool (*is_movable)(const void *session);
	void (*pack)(const void *session, struct packer *);
	void *(*adopt)(struct endpoint *, struct conn *, bool deflate,
	    struct unpacker *);
	/* Before all sessions are packed. */
	void (*begin_pack)(struct endpoint *);
	/* The same for what sessions share, after all of them. */
	void (*pack_shared)(struct endpoint *, struct packer *);
	bool (*unpack_shared)(struct endpoint *, struct unpacker *);
	/* Everything that one read brought has been handled. */
	void (*after_read)(struct endpoint *);
	/* The end of a loop turn: send everything that was published. */
	void (*flush)(struct endpoint *);
	/* What the next flush will send. */
	struct pending (*pending)(struct endpoint *);
	/* About ten times a second. */
	void (*tick)(struct endpoint *);
};

struct endpoint {
	const struct endpoint_ops *ops;
};

#endif
