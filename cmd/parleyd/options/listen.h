/*
 * The addresses that the server listens on, each with its dialect, as
 * operators write them: "127.0.0.1:8080, :8765=action, :8443, tls, proxy".
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
#define LISTEN_TRAITS_SIZE 12  /* ", tls, proxy" */
#define LISTEN_TEXT_SIZE                                         \
	(LISTEN_MAX * (ADDRESS_TEXT_SIZE + LISTEN_DIALECT_SIZE + \
			  LISTEN_TRAITS_SIZE + 2))

struct listen_list {
	size_t count;
	struct server_listen at[LISTEN_MAX];
	char text[LISTEN_TEXT_SIZE]; /* as it was written */
};

void listen_clear(struct listen_list *);

/*
 * Appends the addresses of a comma-separated text, each as address_parse()
 * takes it, with "=dialect" after it unless that is "command", and with an
 * item "tls" after that if it is to be under TLS, and an item "proxy" if its
 * connections begin with a PROXY header. False: one is malformed, or there are
 * more than LISTEN_MAX; the list is undefined.
 */
bool listen_append(struct listen_list *, struct str text);

/* Whether any of them is under TLS, or expects PROXY headers. */
bool listen_has_tls(const struct listen_list *);
bool listen_has_proxy(const struct listen_list *);

/*
 * Appends the loopback ports of the original servers of our dialects, except
 * those that are in the list. False: there are more than LISTEN_MAX.
 */
bool listen_append_seed_ports(struct listen_list *);

/*
 * Whether such a text names an unknown dialect: *name is it, *suggestion the
 * closest one, or NULL. A path may contain '=': the last one counts.
 */
bool listen_misspells_dialect(struct str text, struct str *name,
    const char **suggestion);

/* What may follow an address: "=command, =action or =topic". */
void listen_write_dialects(char *out, size_t size);

#endif
