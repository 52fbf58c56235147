#include "persistence/recovery/epoch_validity.h"

#include "persistence/store_options.h"

static bool
is_same_boot(const uint8_t a[BOOT_ID_SIZE], const uint8_t b[BOOT_ID_SIZE])
{
	static const uint8_t unknown[BOOT_ID_SIZE];

	return memcmp(a, b, BOOT_ID_SIZE) == 0 &&
	       memcmp(a, unknown, BOOT_ID_SIZE) != 0;
}

/* Whether all that was told since the last OPEN is there. */
static bool
ended_well(const struct epoch_validity *numbering,
    const uint8_t boot_id[BOOT_ID_SIZE])
{
	if (!numbering->is_begun || numbering->is_closed)
		return true;
	return numbering->is_opened &&
	       (numbering->policy == STORE_SYNC_ALWAYS ||
		   is_same_boot(numbering->boot_id, boot_id));
}

uint64_t
numbering_broken_up_to(const struct epoch_validity *numbering,
    const uint8_t boot_id[BOOT_ID_SIZE])
{
	return ended_well(numbering, boot_id) ? numbering->broken_up_to
					      : NUMBERING_ALL;
}

/*
 * What stands before the first OPEN is what a snapshot has kept of earlier
 * runs: how they ended was judged, and mended, by those behind them.
 */
static void
note_open(struct epoch_validity *numbering, const struct record *record)
{
	struct open_entry entry;

	if (!open_entry_read(record->payload, &entry)) {
		numbering->broken_up_to = NUMBERING_ALL;
		return;
	}
	if (numbering->is_opened && !ended_well(numbering, entry.boot_id))
		numbering->broken_up_to = record->lsn;
	numbering->is_opened = true;
	numbering->policy = entry.policy;
	memcpy(numbering->boot_id, entry.boot_id, BOOT_ID_SIZE);
}

/*
 * A start that finds the numbering broken writes all rooms anew, each with a
 * new epoch, before anything is said: the first message shows that it came
 * that far. Until then the next start does it for the rooms that are missing.
 */
void
epoch_validity_note(struct epoch_validity *numbering,
    const struct record *record)
{
	if (record->type == RECORD_OPEN)
		note_open(numbering, record);
	else if (record->type == RECORD_LOST)
		numbering->broken_up_to = record->lsn;
	else if (record->type == RECORD_MESSAGE)
		numbering->broken_up_to = 0;
	numbering->is_begun = true;
	numbering->is_closed = record->type == RECORD_CLOSE;
}
