#include "auth/rights.h"

#include <stdio.h>

#include "tests/suite.h"
#include "wire/common/wire_text.h"

#define READ (RIGHT_CONNECT | RIGHT_READ | RIGHT_LIST | RIGHT_JOIN)
#define POST (RIGHT_CONNECT | RIGHT_POST | RIGHT_DM)

static const struct {
	const char *claim; /* NULL: absent */
	unsigned rights;
	const char *rooms; /* NULL: absent */
} claims[] = {
	{ NULL, RIGHTS_USUAL, NULL },
	{ "{}", RIGHTS_USUAL, NULL },
	{ "{\"other\":[\"read\"]}", RIGHTS_USUAL, NULL },
	{ "{\"can\":[]}", 0, NULL },
	{ "{\"can\":[\"read\",\"post\"]}", READ | POST, NULL },
	{ "{\"can\":[\"re\\u0061d\",\"fly\",7]}", READ, NULL },
	{ "{\"can\":[\"admin\"]}", RIGHT_CONNECT | RIGHT_ADMIN | RIGHT_MODERATE,
	    NULL },
	{ "{\"can\":[\"connect\"]}", RIGHT_CONNECT, NULL },
	{ "{\"can\":\"read\"}", 0, NULL },
	{ "{\"can\":null}", 0, NULL },
	{ "{\"rooms\":[\"tea\",\"x-*\",\"\\u002a\"]}", RIGHTS_USUAL,
	    "tea x-* * " },
	{ "{\"rooms\":[\"a b\",\"**\",7,\"\",\"ok\"]}", RIGHTS_USUAL, "ok " },
	{ "{\"rooms\":[]}", RIGHTS_USUAL, "" },
	{ "{\"rooms\":\"tea\",\"can\":[\"join\"]}", RIGHT_CONNECT | RIGHT_JOIN,
	    "" },
};

START_TEST(reads_claims)
{
	struct str claim =
	    claims[_i].claim == NULL ? STR_ABSENT : str_from(claims[_i].claim);
	struct principal out;
	char rooms[ROOM_PATTERNS_BYTES];

	rights_of_claim(claim, rooms, &out);
	ck_assert_uint_eq(out.rights, claims[_i].rights);
	ck_assert_int_eq(out.rooms.data == NULL, claims[_i].rooms == NULL);
	if (claims[_i].rooms != NULL)
		ck_assert(str_equal(out.rooms, str_from(claims[_i].rooms)));
}
END_TEST

START_TEST(reads_so_many_rooms)
{
	char claim[8192] = "{\"rooms\":[";
	char rooms[ROOM_PATTERNS_BYTES];
	struct principal out;

	for (int i = 0; i < 100; i++)
		sprintf(claim + strlen(claim), "%s\"room-%d\"",
		    i > 0 ? "," : "", i);
	strcat(claim, "]}");
	rights_of_claim(str_from(claim), rooms, &out);
	ck_assert(room_patterns_match(out.rooms, STR("room-31")));
	ck_assert(!room_patterns_match(out.rooms, STR("room-32")));
}
END_TEST

/* A word may give more than its own right. */
START_TEST(reads_what_it_writes)
{
	struct wire_text text;

	wire_text_init(&text);
	for (unsigned rights = 0; rights <= 2 * RIGHT_CONNECT - 1; rights++) {
		unsigned again;

		wire_text_reset(&text);
		rights_write(rights, &text);
		ck_assert(!text.failed);
		again = rights_read(str_slice(text.data, text.len));
		ck_assert_uint_eq(again & rights, rights);
		if ((rights & (RIGHT_READ | RIGHT_POST | RIGHT_ADMIN)) == 0)
			ck_assert_uint_eq(again,
			    rights | (rights > 0 ? RIGHT_CONNECT : 0));
	}
	wire_text_fini(&text);
}
END_TEST

START_TEST(roles_give_rights)
{
	static const char *const words[] = { "guest", "user", "moderator",
		"admin" };
	unsigned before = 0;

	for (unsigned i = 0; i < COUNT_OF(words); i++) {
		enum user_role role = USER_ROLE_ADMIN;
		unsigned rights;

		ck_assert(user_role_read(str_from(words[i]), &role));
		ck_assert_uint_eq(role, i);
		ck_assert(str_equal(user_role_word(role), str_from(words[i])));
		rights = user_role_rights(role);
		/* Each has those of the one before it, and more. */
		ck_assert_uint_eq(rights & before, before);
		ck_assert_uint_ne(rights, before);
		before = rights;
	}
	ck_assert(!user_role_read(STR("king"), NULL));
	ck_assert(!(user_role_rights(USER_ROLE_GUEST) &
		    (RIGHT_CREATE_ROOMS | RIGHT_RENAME | RIGHT_DM)));
	ck_assert(!(user_role_rights(USER_ROLE_MODERATOR) & RIGHT_ADMIN));
}
END_TEST

SUITE(rights)
{
	tcase_add_test(tests, roles_give_rights);
	tcase_add_loop_test(tests, reads_claims, 0, COUNT_OF(claims));
	tcase_add_test(tests, reads_so_many_rooms);
	tcase_add_test(tests, reads_what_it_writes);
}
