/* The room one is in, and how far one has read there. Pure. */
#ifndef CMD_PARLEY_PLACE_H
#define CMD_PARLEY_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/base/str.h"

#define PLACE_TEXT_SIZE 257 /* ids of rooms and epochs are much shorter */

struct place {
	char room[PLACE_TEXT_SIZE];  /* "": none */
	char epoch[PLACE_TEXT_SIZE]; /* "": its messages have no numbers */
	uint64_t seq;                /* the last one read */
	bool behind; /* older ones were asked for: newer ones have to wait */
};

enum place_verdict {
	PLACE_READ,   /* the next one, now read */
	PLACE_DOUBLE, /* known already */
	PLACE_HOLE    /* others are missing before it */
};

/* In a room; false: these are no names of a room and an epoch. */
bool place_enter(struct place *, struct str room, struct str epoch);
void place_leave(struct place *);

/* Absent where there is none. */
struct str place_room(const struct place *);
struct str place_epoch(const struct place *);

/*
 * Reading goes on behind this number, in this epoch. What was read there is
 * not read again.
 */
bool place_go_on(struct place *, struct str epoch, uint64_t seq);

/* A message with this number has come; 0: it has none. */
enum place_verdict place_read(struct place *, uint64_t seq);

#endif
