/* Addresses to listen on, and a count of connections per peer. Public. */
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
	bool dual_stack; /* an IPv6 socket that accepts IPv4, too */
};

/*
 * "127.0.0.1:9000", "[::1]:9000", ":8080" (any IPv6 and IPv4 address),
 * "unix:/run/parley.sock". False: none of these; *why is the reason.
 */
bool address_parse(const char *text, struct address *out, const char **why);

/* The text that address_parse() reads; for logs. */
void address_format(const struct address *, char out[ADDRESS_TEXT_SIZE]);

/* Whether it is a loopback address or a Unix socket. */
bool address_is_local(const struct sockaddr *);

/* A number that identifies a peer: its IPv4 address or /64; 0: Unix socket. */
uint64_t address_key(const struct sockaddr *);

/* The connections of one peer; a /64 is one peer. */
struct peer;

struct peer_table {
	struct id_map peers;
};

void peer_table_init(struct peer_table *);
void peer_table_fini(struct peer_table *);

/*
 * Counts a connection. *peer becomes NULL for loopback and Unix sockets,
 * which are not counted. False: no memory.
 */
bool peer_table_enter(struct peer_table *, const struct sockaddr *,
    struct peer **peer);
void peer_table_leave(struct peer_table *, struct peer *);

/* The address_key() of this peer; 0 for NULL. */
uint64_t peer_key(const struct peer *);

/* Connections of this peer; 0 for NULL. */
size_t peer_count(const struct peer *);

#endif
