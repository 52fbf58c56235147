#include "persistence/numbering.h"

#include "persistence/store_options.h"
#include "tests/suite.h"

/*
 * A record per letter. A, I: OPEN with `always`, with `interval`; J: the
 * latter in another boot. C: CLOSE, M: MESSAGE, R: ROOM, L: LOST.
 */
static const struct {
	const char *records;
	bool other_boot; /* now */
	bool holds;
} cases[] = {
	{ "", true, true },
	{ "A", true, true },
	{ "AM", true, true },
	{ "I", false, true },
	{ "IM", true, false },
	{ "IMC", true, true },
	/* A start that found it broken has to be seen to have mended it. */
	{ "IMJ", true, false },
	{ "IMJR", true, false },
	{ "IMJRM", true, true },
	{ "IMCJ", true, true },
	{ "AL", true, false },
	{ "ALRM", true, true },
	/* In a snapshot: what became of earlier runs is not told any more. */
	{ "RMA", true, true },
	{ "RMI", false, true },
	{ "RMICJ", true, true },
	{ "RMIJ", true, false },
};

static void
note(struct numbering *numbering, char letter)
{
	static const uint8_t types[] = { ['A'] = RECORD_OPEN,
		['I'] = RECORD_OPEN,
		['J'] = RECORD_OPEN,
		['C'] = RECORD_CLOSE,
		['M'] = RECORD_MESSAGE,
		['R'] = RECORD_ROOM,
		['L'] = RECORD_LOST };
	struct open_entry entry = { .boot_id = { letter == 'J' ? 2 : 1 },
		.policy =
		    letter == 'A' ? STORE_SYNC_ALWAYS : STORE_SYNC_INTERVAL,
		.version = STR("parley") };
	struct record record = { .type = types[(unsigned char)letter] };
	char payload[OPEN_ENTRY_MOST];

	record.payload = str_slice(payload, open_entry_write(payload, &entry));
	numbering_note(numbering, &record);
}

START_TEST(numbers_hold_as_long_as_nobody_loses_any)
{
	uint8_t boot_id[BOOT_ID_SIZE] = { cases[_i].other_boot ? 2 : 1 };
	struct numbering numbering = { 0 };

	for (const char *at = cases[_i].records; *at != '\0'; at++)
		note(&numbering, *at);
	ck_assert_int_eq(numbering_holds(&numbering, boot_id), cases[_i].holds);
}
END_TEST

START_TEST(two_boots_that_are_not_known_are_not_the_same)
{
	static const uint8_t unknown[BOOT_ID_SIZE];
	struct numbering numbering = { .is_begun = true,
		.is_opened = true,
		.policy = STORE_SYNC_INTERVAL };

	ck_assert(!numbering_holds(&numbering, unknown));
}
END_TEST

START_TEST(an_open_that_makes_no_sense_holds_nothing)
{
	static const uint8_t boot_id[BOOT_ID_SIZE] = { 1 };
	struct numbering numbering = { 0 };
	struct record record = { .type = RECORD_OPEN, .payload = STR("?") };

	numbering_note(&numbering, &record);
	ck_assert(!numbering_holds(&numbering, boot_id));
}
END_TEST

SUITE(numbering)
{
	tcase_add_loop_test(tests, numbers_hold_as_long_as_nobody_loses_any, 0,
	    sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tests, two_boots_that_are_not_known_are_not_the_same);
	tcase_add_test(tests, an_open_that_makes_no_sense_holds_nothing);
}
