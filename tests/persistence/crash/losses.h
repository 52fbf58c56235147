/*
 * The records that a damage destroys, and the comparison with what was
 * found.
 */
#ifndef TESTS_PERSISTENCE_CRASH_LOSSES_H
#define TESTS_PERSISTENCE_CRASH_LOSSES_H

#include "tests/persistence/crash/ledger.h"
#include "tests/persistence/crash/model.h"

struct losses {
	const struct ledger *ledger; /* of the undamaged files */
	uint64_t count;
	bool is_lost[LEDGER_LINES];
	/* Records of rooms are lost, so rooms may be missing. */
	bool is_vague;
	bool is_snapshot_gone;  /* and its size is unknown */
	bool is_attribute_lost; /* one or more */
};

void losses_expect(struct losses *, const struct ledger *, const char *file,
    struct damage, enum damage_kind);

/* Everything else must be found as in the model. */
void losses_check(const struct losses *, const struct model *,
    const struct content *);

/* Checks the number of records that were reported as lost. */
void losses_check_count(const struct losses *, uint64_t lost);

#endif
