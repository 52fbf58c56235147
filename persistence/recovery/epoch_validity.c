#include "persistence/recovery/epoch_validity.h"

#include "persistence/store_options.h"

static bool
is_same_boot(const uint8_t a[BOOT_ID_SIZE], const uint8_t b[BOOT_ID_SIZE])
{
	static const uint8_t unknown[BOOT_ID_SIZE];

	return memcmp(a, b, BOOT_ID_SIZE) == 0 &&
	       memcmp(a, unknown, BOOT_ID_SIZE) != 0;
}

/* Whether all records that clients saw since the last OPEN are there. */
static bool
run_is_complete(const struct epoch_validity *validity,
    const uint8_t boot_id[BOOT_ID_SIZE])
{
	if (!validity->is_begun || validity->is_closed)
		return true;
	return validity->is_opened &&
	       (validity->policy == STORE_SYNC_ALWAYS ||
		   is_same_boot(validity->boot_id, boot_id));
}

uint64_t
epochs_invalid_up_to(const struct epoch_validity *validity,
    const uint8_t boot_id[BOOT_ID_SIZE])
{
	return run_is_complete(validity, boot_id)
		   ? validity->epochs_invalid_up_to
		   : EPOCHS_ALL_INVALID;
}

/*
 * Records before the first OPEN come from a snapshot: the runs after them have
 * checked how they ended, and renewed epochs where that was necessary.
 */
static void
open_note(struct epoch_validity *validity, const struct record *record)
{
	struct open_payload entry;

	if (!open_payload_read(record->payload, &entry)) {
		validity->epochs_invalid_up_to = EPOCHS_ALL_INVALID;
		return;
	}
	if (validity->is_opened && !run_is_complete(validity, entry.boot_id))
		validity->epochs_invalid_up_to = record->lsn;
	validity->is_opened = true;
	validity->policy = entry.policy;
	memcpy(validity->boot_id, entry.boot_id, BOOT_ID_SIZE);
}

/*
 * A start with invalid epochs writes a ROOM record with a new epoch for each
 * room before any message. So the first MESSAGE shows that all were written;
 * until then the next start writes those that are missing.
 */
void
epoch_validity_note(struct epoch_validity *validity,
    const struct record *record)
{
	if (record->type == RECORD_OPEN)
		open_note(validity, record);
	else if (record->type == RECORD_LOST)
		validity->epochs_invalid_up_to = record->lsn;
	else if (record->type == RECORD_MESSAGE ||
		 record->type == RECORD_MESSAGE_BARE)
		validity->epochs_invalid_up_to = 0;
	validity->is_begun = true;
	validity->is_closed = record->type == RECORD_CLOSE;
}
