/*
 * The scripted life of a store: rooms that are made and go, messages, groups
 * of them, full segments, snapshots, closing, crashes, reopening. The same
 * seed leads the same life.
 */
#ifndef TESTS_PERSISTENCE_CRASH_LIFE_H
#define TESTS_PERSISTENCE_CRASH_LIFE_H

#include "tests/persistence/crash/model.h"
#include "tests/persistence/crash/subject.h"
#include "tests/support/persistence/chance.h"

struct life {
	const struct subject_kind *kind;
	struct store_options options;
	struct memory_disk *memory;
	struct subject *subject; /* NULL: it is closed */
	struct model model;
	struct content content; /* as it was found last */
	/* During a recovery: acknowledged before, but not safe. */
	size_t promised;
	struct chance chance;
	/* A fault is planned: refusals are allowed. */
	bool may_fail;
	/* Also without a power cut, what is not safe. */
	bool may_lose;
	struct disk_fault fault; /* of every disk it is on; nth 0: none */
	disk_watch *watch;       /* of whatever disk it is on */
	void *watch_arg;
};

/* On a new disk, not open yet. */
void life_begin(struct life *, const struct subject_kind *, enum store_sync,
    uint64_t seed);
void life_end(struct life *);

/* False: it failed, which it may. */
bool life_open(struct life *);
void life_close(struct life *);
/* One thing after the other. */
void life_go_on(struct life *, unsigned steps);

/* Polls the store for the results of what was written. */
void life_receive(struct life *);
/* Writes everything that waits, and polls. */
void life_settle(struct life *);

/* No faults from now on: opens the store if it is closed, and checks it. */
void life_heal(struct life *);

/* What was acknowledged is synced now, unless a sync failed. */
void life_sync(struct life *);

/* Goes on with what a crash left. False: as with life_open(). */
bool life_crash(struct life *, enum crash_shape, uint64_t seed);

/* The oldest state that may be found after such a crash. */
size_t life_least(const struct life *, enum crash_shape);

/*
 * Whether what was found is what may be found; returns which state it is. A
 * crash alone damages nothing.
 */
size_t life_judge(const struct life *, const struct content *,
    const struct finding *, size_t least);

#endif
