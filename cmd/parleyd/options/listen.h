/*
 * Where the server listens and what it speaks there, as operators write it:
 * "127.0.0.1:8080, :8765=action".
 */
#ifndef CMD_LISTEN_H
#define CMD_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/base/str.h"
#include "transport/net/address.h"
#include "transport/server.h"

#define LISTEN_MAX 16
#define LISTEN_DIALECT_SIZE 16 /* "=dialect", with its NUL */
#define LISTEN_TEXT_SIZE \
	(LISTEN_MAX * (ADDRESS_TEXT_SIZE + LISTEN_DIALECT_SIZE + 2))

struct listen_list {
	size_t count;
	struct server_listen at[LISTEN_MAX];
	char text[LISTEN_TEXT_SIZE]; /* as it was written */
};

void listen_clear(struct listen_list *);

/*
 * Appends what a comma-separated text names, each as address_parse() takes
 * it, with "=dialect" behind it unless that is "command". False: one is not
 * well-formed, or they are more than LISTEN_MAX; the list is spoilt.
 */
bool listen_append(struct listen_list *, struct str text);

/*
 * Appends the ports, on this machine, of the servers whose dialects we
 * speak; but not those that are in the list. False: they are too many.
 */
bool listen_append_seed_ports(struct listen_list *);

/*
 * Whether such a text names a dialect that there is not: *name is it, *meant
 * the one that is closest, or NULL. A path may contain '=': the last counts.
 */
bool listen_misspells_dialect(struct str text, struct str *name,
    const char **meant);

/* What may stand behind an address: "=command, =action or =topic". */
void listen_write_dialects(char *out, size_t size);

#endif
