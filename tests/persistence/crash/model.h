/*
 * A model of the store: records what was sent, acknowledged and shown.
 *
 * Each operation makes a new state out of the one before. A failed operation
 * makes a branch, since it is unknown whether it was stored. After a crash
 * the store must be found in one of these states, none older than the last
 * that a client was shown.
 */
#ifndef TESTS_PERSISTENCE_CRASH_MODEL_H
#define TESTS_PERSISTENCE_CRASH_MODEL_H

#include "tests/persistence/crash/content.h"

#define NO_STATE SIZE_MAX

struct state {
	size_t before; /* smaller than its own number */
	uint64_t lsn;  /* of its operation */
	struct print rooms[ROOMS];
};

struct room_generation {
	unsigned numbers[SEQ_MOST]; /* of the message with that seq */
	char epoch[ID_SIZE];        /* the last one shown */
};

struct model {
	struct state *states;
	size_t count, room;
	size_t now;      /* all that was sent and has not failed */
	size_t reported; /* acknowledged, or shown */
	size_t safe;     /* synced, as far as the policy promises */
	struct room_generation **generations;
	unsigned generation_count;
	unsigned messages; /* sent so far, refused ones too */
};

void model_init(struct model *);
void model_fini(struct model *);

const struct print *model_room(const struct model *, unsigned place);

/* A new number for each message and each generation of a room. */
unsigned model_next_message(struct model *);
unsigned model_next_generation(struct model *);

/* Adds an operation with this LSN, which is not acknowledged. */
void model_make_room(struct model *, unsigned place, unsigned generation,
    const char *epoch, uint64_t lsn);
void model_remove_room(struct model *, unsigned place, uint64_t lsn);
void model_message_write(struct model *, unsigned place, unsigned n,
    uint64_t lsn);

/* With n 0 it is removed. Nothing happens if its message is redacted. */
void model_set_mark(struct model *, unsigned place, uint64_t seq, unsigned mark,
    unsigned n, uint64_t lsn);

/* Everything up to this LSN was acknowledged. */
void model_commit(struct model *, uint64_t lsn);
/* Operations from this LSN on failed, and may be stored or not. */
void model_fail(struct model *, uint64_t first_lsn);
/* All acknowledged operations are safe. */
void model_sync(struct model *);
/* The store was opened in this state, which readers are shown. */
void model_resume(struct model *, size_t state, const struct content *);

/* The state with this content, none older than `least`; or NO_STATE. */
size_t model_find(const struct model *, const struct content *, size_t least);
/* Whether one state follows the other, or is equal. */
bool model_follows(const struct model *, size_t state, size_t earlier);

#endif
