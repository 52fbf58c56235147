#include "persistence/recovery/epoch_validity.h"

#include "persistence/store_options.h"
#include "tests/suite.h"

#define ALL EPOCHS_ALL_INVALID

/*
 * A record per letter, with LSNs from 1 on. A, I: OPEN with `always`, with
 * `interval`; J: the latter in another boot. C: CLOSE, M: MESSAGE, R: ROOM,
 * L: LOST.
 */
static const struct {
	const char *records;
	bool other_boot; /* now */
	uint64_t epochs_invalid_up_to;
} cases[] = {
	{ "", true, 0 },
	{ "A", true, 0 },
	{ "AM", true, 0 },
	{ "I", false, 0 },
	{ "IM", true, ALL },
	{ "IMC", true, 0 },
	/* A start after a loss is complete when each room has a new epoch
	 * record. */
	{ "IMJ", true, 3 },
	{ "IMJR", true, 3 },
	{ "IMJRM", true, 0 },
	{ "IMCJ", true, 0 },
	{ "IMJRI", false, 5 },
	{ "AL", true, 2 },
	{ "ALRARA", true, 2 },
	{ "ALRAL", true, 5 },
	{ "ALRM", true, 0 },
	/* In a snapshot: the results of earlier runs are not recorded any more.
	 */
	{ "RMA", true, 0 },
	{ "RMI", false, 0 },
	{ "RMICJ", true, 0 },
	{ "RMIJ", true, 4 },
};

static void
epoch_note(struct epoch_validity *numbering, char letter, uint64_t lsn)
{
	static const uint8_t types[] = { ['A'] = RECORD_OPEN,
		['I'] = RECORD_OPEN,
		['J'] = RECORD_OPEN,
		['C'] = RECORD_CLOSE,
		['M'] = RECORD_MESSAGE,
		['R'] = RECORD_ROOM,
		['L'] = RECORD_LOST };
	struct open_payload entry = { .boot_id = { letter == 'J' ? 2 : 1 },
		.policy =
		    letter == 'A' ? STORE_SYNC_ALWAYS : STORE_SYNC_INTERVAL,
		.version = STR("parley") };
	struct record record = { .lsn = lsn,
		.type = types[(unsigned char)letter] };
	char payload[OPEN_PAYLOAD_MOST];

	record.payload =
	    str_slice(payload, open_payload_write(payload, &entry));
	epoch_validity_note(numbering, &record);
}

START_TEST(epochs_stay_valid_while_no_record_is_lost)
{
	uint8_t boot_id[BOOT_ID_SIZE] = { cases[_i].other_boot ? 2 : 1 };
	struct epoch_validity numbering = { 0 };

	for (size_t i = 0; cases[_i].records[i] != '\0'; i++)
		epoch_note(&numbering, cases[_i].records[i], i + 1);
	ck_assert_uint_eq(epochs_invalid_up_to(&numbering, boot_id),
	    cases[_i].epochs_invalid_up_to);
}
END_TEST

START_TEST(two_boots_that_are_not_known_are_not_the_same)
{
	static const uint8_t unknown[BOOT_ID_SIZE];
	struct epoch_validity numbering = { .is_begun = true,
		.is_opened = true,
		.policy = STORE_SYNC_INTERVAL };

	ck_assert_uint_eq(epochs_invalid_up_to(&numbering, unknown), ALL);
}
END_TEST

START_TEST(an_open_that_makes_no_sense_holds_nothing)
{
	static const uint8_t boot_id[BOOT_ID_SIZE] = { 1 };
	struct epoch_validity numbering = { 0 };
	struct record record = { .type = RECORD_OPEN, .payload = STR("?") };

	epoch_validity_note(&numbering, &record);
	ck_assert_uint_eq(epochs_invalid_up_to(&numbering, boot_id), ALL);
}
END_TEST

SUITE(epoch_validity)
{
	tcase_add_loop_test(tests, epochs_stay_valid_while_no_record_is_lost, 0,
	    COUNT_OF(cases));
	tcase_add_test(tests, two_boots_that_are_not_known_are_not_the_same);
	tcase_add_test(tests, an_open_that_makes_no_sense_holds_nothing);
}
