/* Where to listen, and how many connections each peer has. Public. */
#ifndef TRANSPORT_ADDRESS_H
#define TRANSPORT_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "domain/base/id_map.h"
#include "domain/base/str.h"

#define ADDRESS_TEXT_SIZE 128

struct address {
	struct sockaddr_storage storage;
	socklen_t len;
	bool dual_stack; /* an IPv6 socket that takes IPv4, too */
};

/*
 * "127.0.0.1:9000", "[::1]:9000", ":8080" (any IPv6 and IPv4 address),
 * "unix:/run/parley.sock". False: none of these; *why says what is wrong.
 */
bool address_parse(const char *text, struct address *out, const char **why);

/* As it would be parsed; good for logs. */
void address_format(const struct address *, char out[ADDRESS_TEXT_SIZE]);

/* Tells peers apart: an IPv4 address or a /64; 0: a Unix socket. */
uint64_t address_key(const struct sockaddr *);

/* How many connections one peer has; a /64 is one peer. */
struct peer;

struct peer_table {
	struct id_map peers;
};

void peer_table_init(struct peer_table *);
void peer_table_fini(struct peer_table *);

/*
 * Count a connection. *peer becomes NULL for loopback and Unix sockets,
 * which are not counted. False: no memory.
 */
bool peer_table_enter(struct peer_table *, const struct sockaddr *,
    struct peer **peer);
void peer_table_leave(struct peer_table *, struct peer *);

/* Connections of this peer; 0 for NULL. */
size_t peer_count(const struct peer *);

#endif
