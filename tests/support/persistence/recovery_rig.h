/* A store on a memory disk, and the result of its recovery. */
#ifndef TESTS_SUPPORT_PERSISTENCE_RECOVERY_RIG_H
#define TESTS_SUPPORT_PERSISTENCE_RECOVERY_RIG_H

#include "persistence/recovery/recovery.h"
#include "persistence/store_options.h"
#include "tests/support/persistence/recording_replay.h"
#include "tests/support/persistence/store_files.h"

/* Zeros behind the last record of a segment. */
#define RECOVERY_TAIL 20000

extern struct memory_disk *store_disk;
extern struct store_file file, other; /* to be written */
extern struct seen seen;
extern struct recovery_result result; /* of the last recovery */

/* A store with FORMAT alone. */
void recovery_rig_begin(void);
void recovery_rig_end(void);

enum recovery_status recover_from(struct memory_disk *, enum recovery_mode);

/* Recovers twice, with and without repair: the results must be equal. */
enum recovery_status recover(void);

bool is_there(const char *name);
size_t size_of(const char *name);

/* Removes the file, and syncs that. */
void forget(const char *name);

/* LSN 1: OPEN, 2: the room, 3 …: messages. */
void begin_store(struct store_file *, unsigned messages);

/* A snapshot up to LSN 50, and a segment with two messages behind it. */
void put_snapshot_and_rest(void);

/* So many LSNs were seen from `first` on, rising by one, from place `at` on. */
void assert_run(size_t at, uint64_t first, size_t count);

#endif
