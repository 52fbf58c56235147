#include "domain/room.h"

#include "tests/suite.h"

#define LETTERS_64 \
	"0123456789abcdefghijklmnopqrstuvwxyz-_.ABCDEFGHIJKLMNOPQRSTUVWXY"

static const struct {
	struct str id;
	bool is_valid;
} ids[] = {
	{ STR("25a05739"), true },
	{ STR("a"), true },
	{ STR("."), true },
	{ STR("Z_-."), true },
	{ STR(LETTERS_64), true },
	{ STR(LETTERS_64 "Z"), false },
	{ STR(""), false },
	{ STR_ABSENT, false },
	{ STR(" "), false },
	{ STR("a b"), false },
	{ STR("a/b"), false },
	{ STR("a\0"), false },
	{ STR("a\n"), false },
	{ STR("\u00e9"), false },
	/* the neighbours of what is allowed */
	{ STR(","), false },
	{ STR(":"), false },
	{ STR("@"), false },
	{ STR("["), false },
	{ STR("^"), false },
	{ STR("`"), false },
	{ STR("{"), false },
};

START_TEST(continues_its_epoch_and_the_start_of_the_former)
{
	struct room room = { .epoch = "b" };

	ck_assert(room_continues_epoch(&room, STR("b"), UINT64_MAX));
	ck_assert(!room_continues_epoch(&room, STR(""), 0));
	strcpy(room.former_epoch, "a");
	room.former_seq = 3;
	ck_assert(room_continues_epoch(&room, STR("a"), 3));
	ck_assert(!room_continues_epoch(&room, STR("a"), 4));
	ck_assert(!room_continues_epoch(&room, STR("c"), 0));
}
END_TEST

START_TEST(validates_ids)
{
	for (size_t i = 0; i < COUNT_OF(ids); i++)
		ck_assert_msg(room_id_is_valid(ids[i].id) == ids[i].is_valid,
		    "id %zu", i);
}
END_TEST

START_TEST(a_name_has_up_to_64_characters)
{
	char name[ROOM_NAME_SIZE];

	ck_assert_int_eq(room_name_normalize(STR(LETTERS_64), name), CHAT_OK);
	ck_assert_str_eq(name, LETTERS_64);
	ck_assert_int_eq(room_name_normalize(STR(LETTERS_64 "Z"), name),
	    CHAT_NAME_INVALID);
	ck_assert_int_eq(room_name_normalize(STR(""), name), CHAT_NAME_INVALID);
}
END_TEST

START_TEST(normalizes_names_and_reserves_none)
{
	char name[ROOM_NAME_SIZE];

	ck_assert_int_eq(room_name_normalize(STR("Cafe\u0301"), name), CHAT_OK);
	ck_assert_str_eq(name, "Caf\u00e9");
	ck_assert_int_eq(room_name_normalize(STR("Admin"), name), CHAT_OK);
	ck_assert_str_eq(name, "Admin");
}
END_TEST

START_TEST(sanitizes_any_text_to_64_characters)
{
	char name[ROOM_NAME_SIZE];

	ck_assert(room_name_sanitize(STR("\n" LETTERS_64 "Z"), name));
	ck_assert_str_eq(name, LETTERS_64);
	ck_assert(!room_name_sanitize(STR("\n\u200b "), name));
	ck_assert_str_eq(name, "");
}
END_TEST

SUITE(room)
{
	tcase_add_test(tests, validates_ids);
	tcase_add_test(tests, continues_its_epoch_and_the_start_of_the_former);
	tcase_add_test(tests, a_name_has_up_to_64_characters);
	tcase_add_test(tests, normalizes_names_and_reserves_none);
	tcase_add_test(tests, sanitizes_any_text_to_64_characters);
}
