/* The joined room and the position up to which it was read. Pure. */
#ifndef CMD_PARLEY_READ_POSITION_H
#define CMD_PARLEY_READ_POSITION_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/base/str.h"

#define READ_POSITION_TEXT_SIZE 257 /* longer than any room id or epoch */

struct read_position {
	char room[READ_POSITION_TEXT_SIZE];  /* "": none */
	char epoch[READ_POSITION_TEXT_SIZE]; /* "": its messages have no seq */
	uint64_t seq;                        /* of the last message read */
	bool
	    behind; /* a history page is under way: live messages are skipped */
};

enum read_result {
	READ_NEXT,      /* the next message; the position has advanced */
	READ_DUPLICATE, /* already read */
	READ_GAP        /* messages before it are missing */
};

/* Enters a room; false: the id or epoch is empty or too long. */
bool read_position_enter(struct read_position *, struct str room,
    struct str epoch);
void read_position_leave(struct read_position *);

/* Absent: none. */
struct str read_position_room(const struct read_position *);
struct str read_position_epoch(const struct read_position *);

/* The same messages, in another epoch. False: it is empty or too long. */
bool read_position_set_epoch(struct read_position *, struct str epoch);

/*
 * Sets the position to this seq and epoch; it never moves back within an
 * epoch.
 */
bool read_position_set(struct read_position *, struct str epoch, uint64_t seq);

/* Accounts for a message with this seq; 0: it has none. */
enum read_result read_position_read(struct read_position *, uint64_t seq);

#endif
