/*
 * Whether the message numbers that clients have seen still name the same
 * messages.
 *
 * They do after an orderly end, if acknowledgements wait for the disk, or if
 * the machine has not been started again since: then everything that was
 * written is there. Otherwise a number may be assigned again, and rooms get a
 * new epoch. Pure.
 */
#ifndef PERSISTENCE_EPOCH_VALIDITY_H
#define PERSISTENCE_EPOCH_VALIDITY_H

#include "persistence/format/record_payload.h"

/* Filled with zeros: no record was read. */
struct epoch_validity {
	/*
	 * LSN of the record that made epochs invalid: a room whose last record
	 * is older needs a new epoch. 0: none does.
	 */
	uint64_t epochs_invalid_up_to;
	bool is_begun;
	bool is_closed; /* the last record was CLOSE */
	bool is_opened; /* an OPEN was read: the next two are from it */
	uint8_t policy;
	uint8_t boot_id[BOOT_ID_SIZE];
};

/* To be called with every record, in order. */
void epoch_validity_note(struct epoch_validity *, const struct record *);

#define EPOCHS_ALL_INVALID UINT64_MAX

/*
 * For a program that starts in this boot: a room whose last record has an LSN
 * up to this one needs a new epoch. 0: none does.
 */
uint64_t epochs_invalid_up_to(const struct epoch_validity *,
    const uint8_t boot_id[BOOT_ID_SIZE]);

#endif
