/* Addresses to listen on, hosts, and counts of connections per peer. Public. */
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
 * "unix:/run/parley.sock", or "fd:chat": sockets that another program has
 * opened and passed under that name. False: none of these; *why is the reason.
 */
bool address_parse(const char *text, struct address *out, const char **why);

/* The text that address_parse() reads; for logs. */
void address_format(const struct address *, char out[ADDRESS_TEXT_SIZE]);

/* The name behind "fd:"; NULL: it is an address. */
const char *address_passed_name(const struct address *);

/* Whether a socket can be bound to it now. False: errno says why. */
bool address_can_be_bound(const struct address *);

/* The address that a socket is bound to. False: errno says why. */
bool address_of_socket(int fd, struct address *out);

/*
 * Whether they are the same; ":8080" is also the same as "0.0.0.0:8080", which
 * it means on a machine without IPv6.
 */
bool address_is_same(const struct address *wanted, const struct address *);

/* Whether only this machine reaches it: loopback, or a Unix socket. */
bool address_is_local(const struct address *);

/* --- hosts ---------------------------------------------------------------- */

/*
 * A host without its port. An IPv4 address is mapped into IPv6, so that each
 * has one form. All zero: it has no address, as behind a Unix socket.
 */
struct host_address {
	uint8_t bytes[16];
};

/* The longest text of a host, with its NUL. */
#define HOST_ADDRESS_TEXT_SIZE 46

/* The host of a socket's address; without an address for other families. */
struct host_address host_address_of(const struct sockaddr *);

/* 4 bytes of IPv4 or 16 of IPv6, in network order. */
struct host_address host_address_from_bytes(const uint8_t *, size_t len);

/*
 * Reads "192.0.2.1", "2001:db8::1" or "::ffff:192.0.2.1". False: it is none
 * of these, or the unspecified address of either family.
 */
bool host_address_parse(struct str text, struct host_address *out);

/* "192.0.2.1", "2001:db8::1"; "unix" without an address. */
void host_address_format(const struct host_address *,
    char out[HOST_ADDRESS_TEXT_SIZE]);

bool host_address_equal(const struct host_address *,
    const struct host_address *);

/* Whether it has no address. */
bool host_address_is_absent(const struct host_address *);

/* Whether it is 0.0.0.0 or "::", which no host has. */
bool host_address_is_unspecified(const struct host_address *);

/* Whether it is a loopback address, or absent. */
bool host_address_is_local(const struct host_address *);

/* A number that identifies a peer: its IPv4 address or /64; 0: absent. */
uint64_t host_address_key(const struct host_address *);

/* --- peers ---------------------------------------------------------------- */

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
bool peer_table_enter(struct peer_table *, const struct host_address *,
    struct peer **peer);
/* The same for a peer of which only peer_key() is known. */
bool peer_table_enter_key(struct peer_table *, uint64_t key,
    struct peer **peer);
void peer_table_leave(struct peer_table *, struct peer *);

/* The host_address_key() of this peer; 0 for NULL. */
uint64_t peer_key(const struct peer *);

struct budget_pool;

/*
 * What its clients without an account share; its `times` is 0 at first. NULL
 * for NULL.
 */
struct budget_pool *peer_budget(struct peer *);

/* Connections of this peer; 0 for NULL. */
size_t peer_count(const struct peer *);

#endif
