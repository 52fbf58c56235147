/* What one damage costs, and whether that is what was found. */
#ifndef TESTS_PERSISTENCE_CRASH_LOSSES_H
#define TESTS_PERSISTENCE_CRASH_LOSSES_H

#include "tests/persistence/crash/ledger.h"
#include "tests/persistence/crash/model.h"

struct losses {
	const struct ledger *ledger; /* of the files when they were whole */
	uint64_t count;
	bool is_lost[LEDGER_LINES];
	/* Something else than messages is: then rooms may be missing. */
	bool is_vague;
	bool is_snapshot_gone;  /* and its size is unknown */
	bool is_attribute_lost; /* one or more */
};

void losses_expect(struct losses *, const struct ledger *, const char *file,
    struct damage, enum damage_kind);

/* Everything else must be there, as the model knows it. */
void losses_judge(const struct losses *, const struct model *,
    const struct content *);

/* How many records were called lost. */
void losses_judge_count(const struct losses *, uint64_t lost);

#endif
