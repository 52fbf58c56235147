/*
 * Whether the numbers that clients have seen still name the same messages.
 *
 * They do after an orderly end, if acknowledgements wait for the disk, and if
 * the machine has not started anew since, so that what was written is there.
 * Otherwise a number may be given out again: rooms get a new epoch. Pure.
 */
#ifndef PERSISTENCE_EPOCH_VALIDITY_H
#define PERSISTENCE_EPOCH_VALIDITY_H

#include "persistence/format/record_payload.h"

/* Filled with zeros: nothing was read yet. */
struct epoch_validity {
	/* LSN of what showed that it was broken: what was written of rooms from
	 * there on has their new epochs. 0: every room has its one. */
	uint64_t epochs_invalid_up_to;
	bool is_begun;
	bool is_closed; /* the last record was CLOSE */
	bool is_opened; /* there was an OPEN: the following are its */
	uint8_t policy;
	uint8_t boot_id[BOOT_ID_SIZE];
};

/* To be told of every record, in order. */
void epoch_validity_note(struct epoch_validity *, const struct record *);

#define EPOCHS_ALL_INVALID UINT64_MAX

/*
 * If a program starts now, in this boot: a room whose last record has an LSN
 * up to this one needs a new epoch. 0: none does.
 */
uint64_t epochs_invalid_up_to(const struct epoch_validity *,
    const uint8_t boot_id[BOOT_ID_SIZE]);

#endif
