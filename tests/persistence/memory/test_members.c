/* What every member store must do. */
#include <stdio.h>

#include "tests/persistence/store_contract.h"

static struct member_store *
members_create(int kind)
{
	struct member_store *members = store_kinds[kind].members();

	ck_assert_ptr_nonnull(members);
	return members;
}

static enum chat_error
member_put_named(struct member_store *members, const char *id, const char *name)
{
	struct member member = { .in_lobby = true, .since_ms = 7 };

	snprintf(member.id, sizeof(member.id), "%s", id);
	snprintf(member.name, sizeof(member.name), "%s", name);
	return member_store_put(members, &member);
}

static struct member_store *
members_with_alice_and_bob(int kind)
{
	struct member_store *members = members_create(kind);

	ck_assert_int_eq(member_put_named(members, "a1", "Alice"), CHAT_OK);
	ck_assert_int_eq(member_put_named(members, "b2", "bob"), CHAT_OK);
	return members;
}

static bool
append_name(const struct member *member, void *arg)
{
	char *line = arg;

	sprintf(line + strlen(line), "%s=%s ", member->id, member->name);
	return true;
}

/* "a1=Alice b2=bob ", in the order of visiting. */
static void
members_expect(struct member_store *members, const char *expected)
{
	char line[1000] = "";

	member_store_each(members, append_name, line);
	ck_assert_str_eq(line, expected);
}

START_TEST(is_empty_at_first)
{
	struct member_store *members = members_create(_i);
	struct member member;

	ck_assert_uint_eq(member_store_count(members), 0);
	members_expect(members, "");
	ck_assert_int_eq(member_store_get(members, STR("a1"), &member),
	    CHAT_MEMBER_NOT_FOUND);
	ck_assert_int_eq(member_store_get_named(members, STR("bob"), &member),
	    CHAT_MEMBER_NOT_FOUND);
	member_store_destroy(members);
}
END_TEST

START_TEST(gives_a_member_back_as_it_was_put)
{
	struct member_store *members = members_with_alice_and_bob(_i);
	struct member member = { .id = "c3",
		.name = "an outsider",
		.in_lobby = false,
		.is_user = true,
		.since_ms = INT64_C(1) << 40 };
	struct member out;

	ck_assert_int_eq(member_store_put(members, &member), CHAT_OK);
	ck_assert_int_eq(member_store_get(members, STR("c3"), &out), CHAT_OK);
	ck_assert_str_eq(out.id, "c3");
	ck_assert_str_eq(out.name, "an outsider");
	ck_assert(!out.in_lobby);
	ck_assert(out.is_user);
	ck_assert_uint_eq(out.connections, 1);
	ck_assert_int_eq(out.since_ms, INT64_C(1) << 40);
	ck_assert_int_eq(member_store_get(members, STR("a1"), &out), CHAT_OK);
	ck_assert(out.in_lobby);
	ck_assert_uint_eq(member_store_count(members), 3);
	member_store_destroy(members);
}
END_TEST

START_TEST(keeps_the_longest_id_and_name)
{
	struct member_store *members = members_create(_i);
	struct member member = { 0 };
	struct member out;

	memset(member.id, 'f', sizeof(member.id) - 1);
	memset(member.name, 'N', sizeof(member.name) - 1);
	ck_assert_int_eq(member_store_put(members, &member), CHAT_OK);
	ck_assert_int_eq(member_store_get_named(members, str_from(member.name),
			     &out),
	    CHAT_OK);
	ck_assert_str_eq(out.id, member.id);
	ck_assert_str_eq(out.name, member.name);
	member_store_destroy(members);
}
END_TEST

START_TEST(refuses_an_id_or_a_name_that_is_there)
{
	struct member_store *members = members_with_alice_and_bob(_i);

	ck_assert_int_eq(member_put_named(members, "a1", "carol"),
	    CHAT_MEMBER_EXISTS);
	ck_assert_int_eq(member_put_named(members, "c3", "Alice"),
	    CHAT_NAME_INVALID);
	ck_assert_int_eq(member_put_named(members, "c3", "aLICE"),
	    CHAT_NAME_INVALID);
	ck_assert_int_eq(member_put_named(members, "a1", "Alice"),
	    CHAT_MEMBER_EXISTS);
	members_expect(members, "a1=Alice b2=bob ");
	ck_assert(!member_store_is_taken(members, CHAT_SCOPE, STR("carol")));
	member_store_destroy(members);
}
END_TEST

START_TEST(finds_a_name_in_any_letter_case)
{
	struct member_store *members = members_with_alice_and_bob(_i);
	struct member out;

	ck_assert_int_eq(member_store_get_named(members, STR("ALICE"), &out),
	    CHAT_OK);
	ck_assert_str_eq(out.name, "Alice");
	ck_assert(member_store_is_taken(members, CHAT_SCOPE, STR("alice")));
	ck_assert(!member_store_is_taken(members, CHAT_SCOPE, STR("alic")));
	ck_assert(!member_store_is_taken(members, CHAT_SCOPE, STR("a1")));
	ck_assert_int_eq(member_put_named(members, "c3", "Straße"), CHAT_OK);
	ck_assert_int_eq(member_put_named(members, "d4", "STRASSE"),
	    CHAT_NAME_INVALID);
	ck_assert_int_eq(member_store_get_named(members, STR("strasse"), &out),
	    CHAT_OK);
	ck_assert_str_eq(out.name, "Straße");
	member_store_remove(members, STR("c3"));
	ck_assert(!member_store_is_taken(members, CHAT_SCOPE, STR("STRASSE")));
	member_store_destroy(members);
}
END_TEST

START_TEST(finds_no_member_by_a_name_that_is_too_long)
{
	struct member_store *members = members_with_alice_and_bob(_i);
	static char text[65536];
	struct member out;

	memset(text, 'a', sizeof(text));
	for (size_t len = 0; len <= sizeof(text); len = len * 2 + 1) {
		struct str name = { text, len };

		ck_assert_int_eq(member_store_get_named(members, name, &out),
		    CHAT_MEMBER_NOT_FOUND);
		ck_assert(!member_store_is_taken(members, CHAT_SCOPE, name));
	}
	member_store_destroy(members);
}
END_TEST

START_TEST(renames_and_frees_the_old_name)
{
	struct member_store *members = members_with_alice_and_bob(_i);
	struct member out;

	ck_assert_int_eq(member_store_rename(members, STR("a1"), CHAT_SCOPE,
			     STR("Carol")),
	    CHAT_OK);
	members_expect(members, "a1=Carol b2=bob ");
	ck_assert(!member_store_is_taken(members, CHAT_SCOPE, STR("alice")));
	ck_assert_int_eq(member_store_get_named(members, STR("carol"), &out),
	    CHAT_OK);
	ck_assert_int_eq(out.since_ms, 7);
	ck_assert(out.in_lobby);
	ck_assert_int_eq(member_put_named(members, "c3", "alice"), CHAT_OK);
	members_expect(members, "a1=Carol b2=bob c3=alice ");
	member_store_destroy(members);
}
END_TEST

START_TEST(renames_to_another_letter_case_or_the_same_name)
{
	struct member_store *members = members_with_alice_and_bob(_i);

	ck_assert_int_eq(member_store_rename(members, STR("b2"), CHAT_SCOPE,
			     STR("BOB")),
	    CHAT_OK);
	members_expect(members, "a1=Alice b2=BOB ");
	ck_assert_int_eq(member_store_rename(members, STR("b2"), CHAT_SCOPE,
			     STR("BOB")),
	    CHAT_OK);
	ck_assert_int_eq(member_store_rename(members, STR("b2"), CHAT_SCOPE,
			     STR("bob")),
	    CHAT_OK);
	members_expect(members, "a1=Alice b2=bob ");
	ck_assert(member_store_is_taken(members, CHAT_SCOPE, STR("Bob")));
	member_store_destroy(members);
}
END_TEST

START_TEST(refuses_a_taken_name_and_an_unknown_member)
{
	struct member_store *members = members_with_alice_and_bob(_i);

	ck_assert_int_eq(member_store_rename(members, STR("b2"), CHAT_SCOPE,
			     STR("alice")),
	    CHAT_NAME_INVALID);
	ck_assert_int_eq(member_store_rename(members, STR("c3"), CHAT_SCOPE,
			     STR("carol")),
	    CHAT_MEMBER_NOT_FOUND);
	members_expect(members, "a1=Alice b2=bob ");
	ck_assert(member_store_is_taken(members, CHAT_SCOPE, STR("bob")));
	ck_assert(!member_store_is_taken(members, CHAT_SCOPE, STR("carol")));
	member_store_destroy(members);
}
END_TEST

START_TEST(removes_a_member_and_frees_its_name)
{
	struct member_store *members = members_with_alice_and_bob(_i);

	ck_assert_int_eq(member_put_named(members, "c3", "carol"), CHAT_OK);
	member_store_remove(members, STR("b2"));
	members_expect(members, "a1=Alice c3=carol ");
	ck_assert(!member_store_is_taken(members, CHAT_SCOPE, STR("bob")));
	member_store_remove(members, STR("b2"));
	member_store_remove(members, STR("c3"));
	ck_assert_int_eq(member_put_named(members, "d4", "bob"), CHAT_OK);
	members_expect(members, "a1=Alice d4=bob ");
	member_store_remove(members, STR("a1"));
	members_expect(members, "d4=bob ");
	ck_assert_uint_eq(member_store_count(members), 1);
	member_store_destroy(members);
}
END_TEST

static void
member_rename_in_room(struct member_store *members, const char *id,
    struct str room, const char *name, enum chat_error expected)
{
	ck_assert_int_eq(member_store_rename(members, str_from(id), room,
			     str_from(name)),
	    expected);
}

static struct member_store *
members_with_three_guests(int kind)
{
	struct member_store *members = members_with_alice_and_bob(kind);
	struct member guest = { .is_guest = true, .since_ms = 9 };

	for (int i = 1; i <= 3; i++) {
		snprintf(guest.id, sizeof(guest.id), "g%d", i);
		ck_assert_int_eq(member_store_put(members, &guest), CHAT_OK);
	}
	return members;
}

START_TEST(guests_come_without_a_name)
{
	struct member_store *members = members_with_three_guests(_i);
	struct member out;

	members_expect(members, "a1=Alice b2=bob g1= g2= g3= ");
	ck_assert_int_eq(member_store_get(members, STR("g2"), &out), CHAT_OK);
	ck_assert(out.is_guest && !out.in_lobby);
	ck_assert_int_eq(member_store_get(members, STR("a1"), &out), CHAT_OK);
	ck_assert(!out.is_guest);
	ck_assert_int_eq(member_store_get_named(members, STR(""), &out),
	    CHAT_MEMBER_NOT_FOUND);
	ck_assert(!member_store_is_taken(members, CHAT_SCOPE, STR("")));
	member_store_remove(members, STR("g2"));
	members_expect(members, "a1=Alice b2=bob g1= g3= ");
	member_store_destroy(members);
}
END_TEST

START_TEST(a_name_is_taken_within_its_scope_only)
{
	struct member_store *members = members_with_three_guests(_i);

	member_rename_in_room(members, "g1", STR("red"), "alice", CHAT_OK);
	member_rename_in_room(members, "g2", STR("red"), "ALICE",
	    CHAT_NAME_INVALID);
	member_rename_in_room(members, "g2", STR("blue"), "alice", CHAT_OK);
	member_rename_in_room(members, "g3", STR("red"), "carol", CHAT_OK);
	members_expect(members, "a1=Alice b2=bob g1=alice g2=alice g3=carol ");
	ck_assert(member_store_is_taken(members, STR("red"), STR("Alice")));
	ck_assert(member_store_is_taken(members, STR("blue"), STR("Alice")));
	ck_assert(!member_store_is_taken(members, STR("blue"), STR("carol")));
	ck_assert(!member_store_is_taken(members, STR("re"), STR("alice")));
	ck_assert(!member_store_is_taken(members, CHAT_SCOPE, STR("carol")));
	ck_assert_int_eq(member_put_named(members, "c3", "carol"), CHAT_OK);
	member_store_destroy(members);
}
END_TEST

START_TEST(a_name_is_looked_for_in_the_name_space_of_the_chat)
{
	struct member_store *members = members_with_three_guests(_i);
	struct member out;

	member_rename_in_room(members, "g1", STR("red"), "alice", CHAT_OK);
	member_rename_in_room(members, "g2", STR("red"), "carol", CHAT_OK);
	ck_assert_int_eq(member_store_get_named(members, STR("alice"), &out),
	    CHAT_OK);
	ck_assert_str_eq(out.id, "a1");
	ck_assert_int_eq(member_store_get_named(members, STR("carol"), &out),
	    CHAT_MEMBER_NOT_FOUND);
	ck_assert_int_eq(member_store_get_named(members, STR("red\0carol"),
			     &out),
	    CHAT_MEMBER_NOT_FOUND);
	member_store_destroy(members);
}
END_TEST

START_TEST(guests_give_their_name_up_and_take_another_elsewhere)
{
	struct member_store *members = members_with_three_guests(_i);
	struct member out;

	member_rename_in_room(members, "g1", STR("red"), "alice", CHAT_OK);
	member_rename_in_room(members, "g1", CHAT_SCOPE, "", CHAT_OK);
	member_rename_in_room(members, "g1", CHAT_SCOPE, "", CHAT_OK);
	ck_assert(!member_store_is_taken(members, STR("red"), STR("alice")));
	member_rename_in_room(members, "g2", STR("red"), "alice", CHAT_OK);
	member_rename_in_room(members, "g1", STR("blue"), "alice#2", CHAT_OK);
	member_rename_in_room(members, "g2", STR("blue"), "alice", CHAT_OK);
	ck_assert(!member_store_is_taken(members, STR("red"), STR("alice")));
	members_expect(members, "a1=Alice b2=bob g1=alice#2 g2=alice g3= ");
	ck_assert_int_eq(member_store_get(members, STR("g1"), &out), CHAT_OK);
	ck_assert(out.is_guest && !out.in_lobby);
	ck_assert_int_eq(out.since_ms, 9);
	member_store_remove(members, STR("g2"));
	ck_assert(!member_store_is_taken(members, STR("blue"), STR("alice")));
	member_store_destroy(members);
}
END_TEST

static bool
member_visit_once(const struct member *member, void *arg)
{
	(void)member;
	++*(int *)arg;
	return false;
}

START_TEST(a_visit_ends_if_the_visitor_returns_false)
{
	struct member_store *members = members_with_alice_and_bob(_i);
	int visits = 0;

	member_store_each(members, member_visit_once, &visits);
	ck_assert_int_eq(visits, 1);
	member_store_destroy(members);
}
END_TEST

START_TEST(counts_the_connections_of_a_member)
{
	struct member_store *members = members_with_alice_and_bob(_i);
	struct member out;

	member_store_set_connections(members, STR("a1"),
	    MEMBER_CONNECTIONS_MOST);
	member_store_set_connections(members, STR("unknown"), 2);
	ck_assert_int_eq(member_store_rename(members, STR("a1"), CHAT_SCOPE,
			     STR("carol")),
	    CHAT_OK);
	ck_assert_int_eq(member_store_get(members, STR("a1"), &out), CHAT_OK);
	ck_assert_uint_eq(out.connections, MEMBER_CONNECTIONS_MOST);
	ck_assert_int_eq(member_store_get(members, STR("b2"), &out), CHAT_OK);
	ck_assert_uint_eq(out.connections, 1);
	member_store_destroy(members);
}
END_TEST

SUITE(members)
{
	ADD_FOR_EACH_KIND(tests, is_empty_at_first);
	ADD_FOR_EACH_KIND(tests, gives_a_member_back_as_it_was_put);
	ADD_FOR_EACH_KIND(tests, keeps_the_longest_id_and_name);
	ADD_FOR_EACH_KIND(tests, refuses_an_id_or_a_name_that_is_there);
	ADD_FOR_EACH_KIND(tests, finds_a_name_in_any_letter_case);
	ADD_FOR_EACH_KIND(tests, finds_no_member_by_a_name_that_is_too_long);
	ADD_FOR_EACH_KIND(tests, renames_and_frees_the_old_name);
	ADD_FOR_EACH_KIND(tests,
	    renames_to_another_letter_case_or_the_same_name);
	ADD_FOR_EACH_KIND(tests, refuses_a_taken_name_and_an_unknown_member);
	ADD_FOR_EACH_KIND(tests, removes_a_member_and_frees_its_name);
	ADD_FOR_EACH_KIND(tests, guests_come_without_a_name);
	ADD_FOR_EACH_KIND(tests, a_name_is_taken_within_its_scope_only);
	ADD_FOR_EACH_KIND(tests,
	    a_name_is_looked_for_in_the_name_space_of_the_chat);
	ADD_FOR_EACH_KIND(tests,
	    guests_give_their_name_up_and_take_another_elsewhere);
	ADD_FOR_EACH_KIND(tests, counts_the_connections_of_a_member);
	ADD_FOR_EACH_KIND(tests, a_visit_ends_if_the_visitor_returns_false);
}
