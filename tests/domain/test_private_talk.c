#include "domain/private_talk.h"

#include "tests/suite.h"

#define A "uaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "ubcdefghijklmnopqrstuvwxyz2"
#define C "u7777777777777777777777777z"

static const struct {
	struct str id;
	bool is_of_user;
} members[] = {
	{ STR(A), true },
	{ STR(B), true },
	{ STR(C), true },
	{ STR_ABSENT, false },
	{ STR(""), false },
	{ STR("u"), false },
	{ STR("7f3a01bc"), false },
	{ STR(A "a"), false },
	{ STR("aaaaaaaaaaaaaaaaaaaaaaaaaaa"), false },
	{ STR("uAaaaaaaaaaaaaaaaaaaaaaaaaa"), false },
	{ STR("u1aaaaaaaaaaaaaaaaaaaaaaaaa"), false },
	{ STR("u8aaaaaaaaaaaaaaaaaaaaaaaaa"), false },
};

START_TEST(knows_the_ids_of_users)
{
	for (size_t i = 0; i < COUNT_OF(members); i++)
		ck_assert_msg(member_id_is_of_user(members[i].id) ==
				  members[i].is_of_user,
		    "id %zu", i);
}
END_TEST

static const struct {
	struct str id;
	bool is_valid;
} talks[] = {
	{ STR("@" A "+" B), true },
	{ STR("@" C "+" A), true },
	{ STR("@" B "+" A), false }, /* not in order */
	{ STR("@" A "+" A), false },
	{ STR("@" A "-" B), false },
	{ STR("#" A "+" B), false },
	{ STR("@" A "+" B "x"), false },
	{ STR("@" A), false },
	{ STR("@"), false },
	{ STR(""), false },
	{ STR_ABSENT, false },
};

START_TEST(knows_the_ids_of_talks)
{
	for (size_t i = 0; i < COUNT_OF(talks); i++) {
		ck_assert_msg(talk_id_is_valid(talks[i].id) ==
				  talks[i].is_valid,
		    "id %zu", i);
		ck_assert(!room_id_is_valid(talks[i].id));
		ck_assert_int_eq(room_id_is_stored(talks[i].id),
		    talks[i].is_valid);
	}
	ck_assert(room_id_is_stored(STR("kitchen")));
}
END_TEST

START_TEST(the_talk_of_two_is_the_same_for_both)
{
	char one[ROOM_ID_SIZE], other[ROOM_ID_SIZE];

	talk_id_make(STR(A), STR(B), one);
	talk_id_make(STR(B), STR(A), other);
	ck_assert_str_eq(one, "@" A "+" B);
	ck_assert_str_eq(other, one);
}
END_TEST

START_TEST(each_talks_with_the_other)
{
	struct str talk = STR("@" A "+" B);

	ck_assert(str_equal(talk_other(talk, STR(A)), STR(B)));
	ck_assert(str_equal(talk_other(talk, STR(B)), STR(A)));
	ck_assert_ptr_null(talk_other(talk, STR(C)).data);
	ck_assert_ptr_null(talk_other(talk, STR("")).data);
	ck_assert_ptr_null(talk_other(STR("kitchen"), STR(A)).data);
}
END_TEST

SUITE(private_talk)
{
	tcase_add_test(tests, knows_the_ids_of_users);
	tcase_add_test(tests, knows_the_ids_of_talks);
	tcase_add_test(tests, the_talk_of_two_is_the_same_for_both);
	tcase_add_test(tests, each_talks_with_the_other);
}
