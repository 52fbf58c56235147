/* The room one is in, and how far one has read there. Pure. */
#ifndef CMD_PARLEY_READ_POSITION_H
#define CMD_PARLEY_READ_POSITION_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/base/str.h"

#define READ_POSITION_TEXT_SIZE \
	257 /* ids of rooms and epochs are much shorter */

struct read_position {
	char room[READ_POSITION_TEXT_SIZE];  /* "": none */
	char epoch[READ_POSITION_TEXT_SIZE]; /* "": its messages have no numbers
					      */
	uint64_t seq;                        /* the last one read */
	bool behind; /* older ones were asked for: newer ones have to wait */
};

enum read_result {
	READ_NEXT,      /* the next one, now read */
	READ_DUPLICATE, /* known already */
	READ_GAP        /* others are missing before it */
};

/* In a room; false: these are no names of a room and an epoch. */
bool read_position_enter(struct read_position *, struct str room,
    struct str epoch);
void read_position_leave(struct read_position *);

/* Absent where there is none. */
struct str read_position_room(const struct read_position *);
struct str read_position_epoch(const struct read_position *);

/*
 * Reading goes on behind this number, in this epoch. What was read there is
 * not read again.
 */
bool read_position_set(struct read_position *, struct str epoch, uint64_t seq);

/* A message with this number has come; 0: it has none. */
enum read_result read_position_read(struct read_position *, uint64_t seq);

#endif
