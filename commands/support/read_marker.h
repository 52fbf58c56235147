/* Up to which message a user has read a room. */
#ifndef COMMANDS_READ_MARKER_H
#define COMMANDS_READ_MARKER_H

#include "commands/commands.h"

#define READ_MARKER_SIZE 24 /* of its value, with NUL */

struct read_marker {
	uint64_t last;   /* the newest message */
	uint64_t read;   /* the last that was read; 0: none */
	uint64_t unread; /* messages behind it that are held */
};

/* Numbers above the last message are of an earlier epoch: nothing was read. */
struct read_marker read_marker_get(const struct chat *, struct str room,
    struct str member_id, int64_t now_ms);

/* The number of a value; 0: it is not valid. */
uint64_t read_marker_parse(struct str value);

#endif
