#include "tests/support/persistence/recording_replay.h"

#include <check.h>

#include "tests/support/failing_malloc.h"

static bool
see_record(struct replay *base, const struct record *record)
{
	struct seen *seen = (struct seen *)base;

	malloc_spare(true);
	ck_assert_uint_lt(seen->count, SEEN_MOST);
	malloc_spare(false);
	seen->types[seen->count] = record->type;
	seen->lsns[seen->count++] = record->lsn;
	return true;
}

static void
see_lost(struct replay *base, uint64_t first, uint64_t last)
{
	struct seen *seen = (struct seen *)base;

	malloc_spare(true);
	ck_assert_uint_le(first, last);
	ck_assert_uint_lt(seen->lost_count + 1, SEEN_MOST);
	malloc_spare(false);
	seen->lost[seen->lost_count++] = first;
	seen->lost[seen->lost_count++] = last;
}

void
replay_refuse_loss(struct replay *base, uint64_t first, uint64_t last)
{
	(void)base;
	ck_abort_msg("lost %llu to %llu", (unsigned long long)first,
	    (unsigned long long)last);
}

enum recovery_status
recover_disk(struct memory_disk *disk, enum recovery_mode mode,
    struct seen *seen, struct recovery_result *result)
{
	struct recovery_config config = { .disk = memory_disk_disk(disk),
		.mode = mode };
	enum recovery_status end;

	recovery_result_fini(result);
	*seen = (struct seen){ .base = { see_record, see_lost } };
	end = recovery_run(&config, &seen->base, result);
	malloc_spare(true);
	ck_assert_uint_eq(memory_disk_open_files(disk), 0);
	malloc_spare(false);
	return end;
}
