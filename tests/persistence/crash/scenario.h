/*
 * A random scenario for a store: creates and removes rooms, writes messages and
 * attributes, fills segments, makes snapshots, closes, crashes and opens it.
 * The same seed makes the same scenario.
 */
#ifndef TESTS_PERSISTENCE_CRASH_SCENARIO_H
#define TESTS_PERSISTENCE_CRASH_SCENARIO_H

#include "tests/persistence/crash/model.h"
#include "tests/persistence/crash/subject.h"
#include "tests/support/persistence/chance.h"

struct scenario {
	const struct subject_kind *kind;
	struct store_options options;
	struct memory_disk *memory;
	struct subject *subject; /* NULL: it is closed */
	struct model model;
	struct content content; /* as of the last opening */
	/* During a recovery: the state acknowledged before, which may not be
	 * safe. */
	size_t promised;
	struct chance chance;
	/* A fault is planned: refusals are allowed. */
	bool may_fail;
	/* Messages that are not safe may be lost without a power cut. */
	bool may_lose;
	struct disk_fault fault; /* of every disk it is on; nth 0: none */
	disk_watch *watch;       /* of every disk it is on */
	void *watch_arg;
};

/* On a new disk, not open yet. */
void scenario_begin(struct scenario *, const struct subject_kind *,
    enum store_sync, uint64_t seed);
void scenario_end(struct scenario *);

/* False: it failed, and may_fail is set. */
bool scenario_open(struct scenario *);
void scenario_close(struct scenario *);
/* Performs so many random steps. */
void scenario_run(struct scenario *, unsigned steps);

/* Polls the store for the results of writes. */
void scenario_poll(struct scenario *);
/* Writes all that is pending, and polls. */
void scenario_write_all(struct scenario *);

/* Ends all faults: kills the process, opens the store and checks it. */
void scenario_end_faults(struct scenario *);

/* Acknowledged messages are synced now, unless a sync failed. */
void scenario_note_sync(struct scenario *);

/* Crashes, and opens what is left. False: as with scenario_open(). */
bool scenario_crash(struct scenario *, enum crash_shape, uint64_t seed);

/* The oldest state that may be found after such a crash. */
size_t scenario_oldest_state(const struct scenario *, enum crash_shape);

/*
 * Checks that the content found is a valid state, and returns that. A crash
 * alone damages no record.
 */
size_t scenario_check(const struct scenario *, const struct content *,
    const struct finding *, size_t least);

#endif
