/* A replay that records its calls, and a recovery that uses it. */
#ifndef TESTS_SUPPORT_PERSISTENCE_RECORDING_REPLAY_H
#define TESTS_SUPPORT_PERSISTENCE_RECORDING_REPLAY_H

#include "persistence/recovery/recovery.h"
#include "tests/support/persistence/memory_disk.h"

#define SEEN_MOST 256

struct seen {
	struct replay base;
	uint64_t lsns[SEEN_MOST];
	uint8_t types[SEEN_MOST];
	size_t count;
	uint64_t lost[SEEN_MOST]; /* pairs: first, last */
	size_t lost_count;
};

/* A replay's lost(), where no record may be lost. */
void replay_refuse_loss(struct replay *, uint64_t first, uint64_t last);

/*
 * Recovers the store on the disk; clears `seen` first. The result holds an
 * earlier one or zeros. No file stays open.
 */
enum recovery_status recover_disk(struct memory_disk *, enum recovery_mode,
    struct seen *, struct recovery_result *);

#endif
