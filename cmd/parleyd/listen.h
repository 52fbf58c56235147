/* The addresses that the server listens on, as operators write them. */
#ifndef CMD_LISTEN_H
#define CMD_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/str.h"
#include "transport/address.h"

#define LISTEN_MAX 16
#define LISTEN_TEXT_SIZE (LISTEN_MAX * (ADDRESS_TEXT_SIZE + 2))

struct listen_list {
	size_t count;
	struct address at[LISTEN_MAX];
	char text[LISTEN_TEXT_SIZE]; /* as it was written */
};

void listen_clear(struct listen_list *);

/*
 * Appends what a comma-separated text names, each as address_parse() takes
 * it. False: one is not well-formed, or they are more than LISTEN_MAX; the
 * list is spoilt.
 */
bool listen_append(struct listen_list *, struct str text);

#endif
