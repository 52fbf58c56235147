/*
 * A log in memory. While it is slow, entries wait until the test finishes or
 * fails them.
 */
#ifndef TESTS_SUPPORT_COMMANDS_SLOW_LOG_H
#define TESTS_SUPPORT_COMMANDS_SLOW_LOG_H

#include "domain/base/list.h"
#include "domain/commit_log.h"

struct slow_log {
	struct commit_log base;
	struct room_store *rooms;
	struct history *history;
	struct attribute_store *attributes;
	struct list waiting;
	bool is_slow; /* else entries are done at once, if none waits */
	size_t count; /* of entries that wait */
};

/* With its stores set. */
void slow_log_init(struct slow_log *);

/* The first entry that waits is done, or lost; there is one. */
void slow_log_do(struct slow_log *);
void slow_log_lose(struct slow_log *);

/* All are done, also those that come meanwhile. */
void slow_log_do_all(struct slow_log *);

#endif
