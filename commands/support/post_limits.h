/*
 * How often a member may post in a room: slow mode, and what counts as a flood.
 *
 * Members are remembered while that may matter; beyond a number of them new
 * ones are not limited.
 */
#ifndef COMMANDS_POST_LIMITS_H
#define COMMANDS_POST_LIMITS_H

#include <stdint.h>

#include "domain/base/id_map.h"
#include "domain/base/list.h"
#include "domain/error.h"

struct request;
struct room;

struct post_limits {
	struct id_map by_member; /* and room */
	struct list all;
};

void post_limits_init(struct post_limits *);
void post_limits_fini(struct post_limits *);

/*
 * Counts a message that the author is about to post, unless it may moderate the
 * room. CHAT_RATE_LIMITED: the room is slow, and it is too early.
 * CHAT_FORBIDDEN: it is a flood, and the author is muted from now on.
 */
enum chat_error post_limits_take(struct request *);

/* Forgets what does not matter any more. To be called about once a minute. */
void post_limits_tick(struct post_limits *, int64_t now_ms);

#endif
