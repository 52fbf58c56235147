/* What was said here and is not known to have arrived: first in, first out. */
#ifndef CMD_PARLEY_SAYINGS_H
#define CMD_PARLEY_SAYINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

#define SAYING_KEY_SIZE 40

struct saying {
	struct saying *next;
	uint64_t ref;
	char key[SAYING_KEY_SIZE]; /* "": there cannot be one */
	bool in_flight;
	struct str room; /* absent: the lobby */
	struct str text;
	char data[]; /* of both */
};

/* Only the first one is ever in flight, so that their order stays. */
struct sayings {
	struct saying *first;
	struct saying **last;
	size_t count;
	uint64_t refs; /* given so far */
	char run[17];  /* makes keys differ from those of other runs */
};

void sayings_init(struct sayings *, uint64_t chance);
void sayings_fini(struct sayings *);

/* A number for something that is to be answered. */
uint64_t sayings_ref(struct sayings *);

/* False: no memory. */
bool sayings_add(struct sayings *, struct str room, struct str text,
    bool with_key);

/* Done with the first one. */
void sayings_drop(struct sayings *);

#endif
