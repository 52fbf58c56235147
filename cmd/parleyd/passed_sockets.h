/* Sockets that the service manager has opened: sd_listen_fds(3). */
#ifndef CMD_PASSED_SOCKETS_H
#define CMD_PASSED_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/parleyd/options/listen.h"

/* Descriptors that may be passed. */
#define PASSED_SOCKETS_MOST 32

struct passed_socket {
	int fd;
	bool is_used;
	bool has_file;  /* its socket file is removed at the end */
	char name[256]; /* "": it has none */
	struct address address;
	/* How a server was told to listen there; "": unknown. */
	char configured[ADDRESS_TEXT_SIZE];
};

struct passed_sockets {
	size_t count;
	struct passed_socket at[PASSED_SOCKETS_MOST];
};

/*
 * Reads LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES; without them there are no
 * sockets. False: one is no stream socket that listens; it is logged.
 */
bool passed_sockets_read(struct passed_sockets *);

/* The addresses of two lists, "fd:NAME" of one may be several sockets. */
#define PASSED_LISTENERS_MOST (2 * LISTEN_MAX + PASSED_SOCKETS_MOST)

/*
 * Copies a list, with the descriptors of its addresses that are passed; returns
 * the number, which is bounded for two lists. 0: no socket has the name that
 * an address asks for; it is logged.
 */
size_t passed_sockets_match(struct passed_sockets *, const struct listen_list *,
    struct server_listen *out);

/* Whether one of them is for this address. */
bool passed_sockets_has(const struct passed_sockets *, const struct address *);

/* Closes those without a listener. */
void passed_sockets_close_unused(struct passed_sockets *);

/* Whether each socket has a listener. False: it is logged which has none. */
bool passed_sockets_are_used(const struct passed_sockets *);

#endif
