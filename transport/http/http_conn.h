/* The HTTP protocol over a connection: a request, and its answer. */
#ifndef TRANSPORT_HTTP_CONN_H
#define TRANSPORT_HTTP_CONN_H

#include <stdbool.h>

#include "transport/http/http.h"
#include "transport/net/conn.h"

struct dialect;
struct http_service;

/* Room for texts of an answer. */
#define HTTP_BODY_SIZE 2048

/*
 * Answers a request: the response's body is in `body`, or good until the next
 * request; its other texts are constants. False: the connection speaks
 * another protocol now, or is gone.
 */
typedef bool http_handler(struct http_service *, struct conn *,
    const struct dialect *listener, const struct http_request *,
    struct http_response *, char body[HTTP_BODY_SIZE]);

/* What the HTTP connections of one loop share. */
struct http_service {
	struct http_limits limits;
	http_handler *handle;
};

/*
 * Takes a connected socket; the dialect, that of its listener, may be NULL.
 * NULL: no memory, and the socket is closed.
 */
struct conn *http_conn_create(struct http_service *, struct loop *, int fd,
    struct peer *, const struct dialect *listener);

/* A refusal in one line, with headers that tell what to do instead. */
void http_refuse(struct http_response *, int status, const char *why);

#endif
