/*
 * The HTTP protocol over a connection: requests one after the other, their
 * bodies, and the answers. Public.
 *
 * A request is an exchange. Its handler does one of these:
 *  - it fills in exchange->response, which is sent when it returns;
 *  - it calls http_exchange_begin(): the request's body is given to it, and
 *    it answers during that, or later, with http_exchange_respond() or
 *    http_exchange_stream();
 *  - it changes the connection's protocol.
 */
#ifndef TRANSPORT_HTTP_CONN_H
#define TRANSPORT_HTTP_CONN_H

#include <stdbool.h>
#include <sys/types.h>

#include "transport/http/forwarded.h"
#include "transport/http/http.h"
#include "transport/http/http_route.h"
#include "transport/net/conn.h"

struct dialect;
struct http_exchange;
struct unpacker;

/* Room for texts of an answer; the headers of an asset fit in, too. */
#define HTTP_TEXT_SIZE 2048

/* What fill() may return besides a number of bytes; 0 is the end. */
#define HTTP_FILL_LATER (-1)  /* http_exchange_continue() will be called */
#define HTTP_FILL_FAILED (-2) /* the connection is dropped */

/* Of an exchange that is not answered at once. NULL where never called. */
struct http_exchange_ops {
	/* The next bytes of the request's body. */
	void (*on_body)(struct http_exchange *, struct str);
	/* The request is whole. Called without a body, too. */
	void (*on_request_end)(struct http_exchange *);
	/* Writes the next bytes of a streamed response, at most `most`. */
	ssize_t (*fill)(struct http_exchange *, char *out, size_t most);
	/* At the end of a turn, after http_exchange_defer(). */
	void (*on_turn_end)(struct http_exchange *);
	/* The exchange is over, or its connection is gone: free `arg`. */
	void (*on_close)(struct http_exchange *);
};

struct http_exchange {
	struct conn *conn;
	const struct dialect *listener; /* that of its listener; may be NULL */
	struct http_client client;      /* of this request */
	bool is_forwarded;              /* by a trusted proxy */
	/* During handle() only, as well as its texts. */
	struct http_request *request;
	char *text; /* HTTP_TEXT_SIZE bytes for texts of the response */
	struct http_response response;
	const struct http_exchange_ops *ops; /* see http_exchange_begin() */
	void *arg;
	/* The answer may take so much longer than limits.handshake_timeout. */
	int64_t wait_ms;
};

/* What the HTTP connections of one loop share. */
struct http_service {
	struct http_limits limits;
	void (*handle)(struct http_exchange *);
	const struct http_route *routes;       /* for handle(); NULL: none */
	const struct trusted_proxies *proxies; /* may change; NULL: none */
};

/*
 * Takes a connected socket; the dialect, that of its listener, may be NULL.
 * NULL: no memory, and the socket is closed.
 */
struct conn *http_conn_create(struct http_service *, struct loop *, int fd,
    struct peer *, const struct dialect *listener);

/*
 * A connection that another process has packed: between two requests, or in the
 * head of one. NULL: no such bytes, or no memory; the socket is closed.
 */
struct conn *http_conn_adopt(struct http_service *, struct loop *, int fd,
    struct unpacker *);

/* The peer of the socket. Without this call it has no address. */
void http_conn_set_peer(struct conn *, const struct http_client *);

/* A refusal in one line, with headers that a client can act on; the
 * connection is closed after it. */
void http_refuse(struct http_response *, int status, const char *why);

/*
 * Whether the request's body can be taken: there is none, or the route streams
 * it, or takes it and its length, as far as it is known, is within
 * limits.body_bytes. Else it is refused.
 */
bool http_exchange_admits_body(struct http_exchange *, enum http_body_use);

/* The answer comes later. */
void http_exchange_begin(struct http_exchange *,
    const struct http_exchange_ops *, void *arg);

/*
 * After http_exchange_begin(): the request again, whose texts are good until
 * the exchange is over.
 */
void http_exchange_request(struct http_exchange *, struct http_request *out);

/* Reading the body waits until http_exchange_resume_body(). */
void http_exchange_pause_body(struct http_exchange *);
void http_exchange_resume_body(struct http_exchange *);

/*
 * Send exchange->response. If the body is not whole yet, the connection is
 * closed afterwards. The exchange may be over when this returns.
 */
void http_exchange_respond(struct http_exchange *);

/*
 * The same, but fill() provides the body as the client reads it: in chunks,
 * or response.length bytes if the framing says so: these are bulk, see
 * net/bulk.h.
 */
void http_exchange_stream(struct http_exchange *);

/* fill() has something again. */
void http_exchange_continue(struct http_exchange *);

/* Call on_turn_end() at the end of this turn. */
void http_exchange_defer(struct http_exchange *);

/* Whether the client's connection is encrypted, as far as proxies say. */
bool http_exchange_is_secure(const struct http_exchange *);

/* A number that identifies the client's address; 0: loopback, Unix socket. */
uint64_t http_exchange_peer_key(const struct http_exchange *);

/* Counts and logs a refusal because of a limit: a constant, its option. */
void http_exchange_count_refusal(struct http_exchange *, const char *limit);

/* Counts a token or password that is not valid: the reason is a constant. */
void http_exchange_count_auth_failure(struct http_exchange *,
    const char *reason);

#endif
