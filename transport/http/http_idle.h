/*
 * Connections to other servers that wait for the next request to the same one:
 * a few, for a short time. One whose server closes it, or sends bytes that
 * answer nothing, is dropped.
 */
#ifndef TRANSPORT_HTTP_IDLE_H
#define TRANSPORT_HTTP_IDLE_H

#include <stdbool.h>

struct address;
struct conn;
struct http_target;
struct loop;
struct tls_context;

/* To all servers together. */
#define HTTP_IDLE_MOST 64

/* Usual servers close after 5 s or more. */
#define HTTP_IDLE_MS 4000

/*
 * Keeps an open connection to this address, which is under TLS with this
 * context, or NULL, for this name of a host. It is no longer the caller's.
 * False: there are enough, or no memory; nothing has changed.
 */
bool http_idle_put(struct conn *, const struct address *,
    const struct tls_context *, const char *name);

/*
 * The connection to the target that was used last: the caller sets its
 * protocol. *address is where it leads. NULL: there is none.
 */
struct conn *http_idle_take(struct loop *, const struct http_target *,
    struct address *address);

#endif
