/*
 * Out of memory: every operation is tried with its first allocation failing,
 * its second, and so on until it succeeds. Until then it must return an error
 * and change nothing.
 */
#include <stdio.h>

#include "persistence/stores.h"
#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

#define NOW 1000000
#define RED STR("red")

/*
 * Tests run with every number of members up to this one, so that each growth of
 * a map or a ring occurs.
 */
#define CROWD 70

/* Whether the operation fails at its n-th allocation; false: it succeeded. */
typedef bool operation(struct stores *, int i);

/* One text per state: it has changed if the text has. */
typedef void snapshot(struct stores *, char *out, size_t size);

static const struct history_limits limits = { .messages = 50 };

static const struct stores_config config = { .kind = "memory",
	.limits = &limits };

static struct stores
open_stores(void)
{
	struct stores stores;

	ck_assert_int_eq(stores_open(&stores, &config), STORES_OPEN);
	return stores;
}

static bool
fails_at(unsigned n, operation *operate, struct stores *stores, int i)
{
	bool fails;

	malloc_fail_at(n);
	fails = operate(stores, i);
	malloc_fail_at(0);
	ck_assert_int_eq(malloc_has_failed(), fails);
	return fails;
}

static char before[100000], after[sizeof(before)];

/* Returns how often it failed. */
static unsigned
operation_fail_each(operation *operate, snapshot *take, struct stores *stores,
    int i)
{
	unsigned n = 1;

	take(stores, before, sizeof(before));
	while (fails_at(n, operate, stores, i)) {
		take(stores, after, sizeof(after));
		ck_assert_str_eq(before, after);
		n++;
	}
	return n - 1;
}

/* False for success; anything but a lack of memory is a failed test. */
static bool
is_lack_of_memory(enum chat_error error)
{
	if (error != CHAT_OK)
		ck_assert_int_eq(error, CHAT_UNAVAILABLE);
	return error != CHAT_OK;
}

struct text {
	char *data;
	size_t size;
};

static void
add_word(struct text *text, struct str word, size_t number)
{
	int len = snprintf(text->data, text->size, "%.*s:%zu ", (int)word.len,
	    word.data, number);

	ck_assert_uint_lt((size_t)len, text->size);
	text->data += len;
	text->size -= (size_t)len;
}

static bool
add_member(const struct member *member, void *text)
{
	add_word(text, str_from(member->id), 0);
	add_word(text, str_from(member->name), 0);
	return true;
}

static void
members_snapshot(struct stores *stores, char *out, size_t size)
{
	struct text text = { out, size };
	char name[32];

	add_word(&text, STR("count"), member_store_count(stores->members));
	member_store_each(stores->members, add_member, &text);
	for (int i = 0; i < CROWD; i++) {
		struct member member;

		snprintf(name, sizeof(name), "id%d", i);
		add_word(&text, STR("id"),
		    member_store_get(stores->members, str_from(name), &member));
		snprintf(name, sizeof(name), "name%d", i);
		add_word(&text, STR("name"),
		    member_store_is_taken(stores->members, CHAT_SCOPE,
			str_from(name)));
		snprintf(name, sizeof(name), "other%d", i);
		add_word(&text, STR("other"),
		    member_store_is_taken(stores->members, CHAT_SCOPE,
			str_from(name)));
	}
}

static bool
put_member(struct stores *stores, int i)
{
	struct member member = { .in_lobby = true };

	snprintf(member.id, sizeof(member.id), "id%d", i);
	snprintf(member.name, sizeof(member.name), "Name%d", i);
	return is_lack_of_memory(member_store_put(stores->members, &member));
}

static bool
rename_member(struct stores *stores, int i)
{
	char id[32], name[32];

	snprintf(id, sizeof(id), "id%d", i);
	snprintf(name, sizeof(name), "other%d", i);
	return is_lack_of_memory(member_store_rename(stores->members,
	    str_from(id), CHAT_SCOPE, str_from(name)));
}

START_TEST(members_come_and_are_renamed)
{
	struct stores stores = open_stores();
	unsigned failures = 0;

	for (int i = 0; i < CROWD; i++) {
		failures += operation_fail_each(put_member, members_snapshot,
		    &stores, i);
		failures += operation_fail_each(rename_member, members_snapshot,
		    &stores, i);
	}
	/* One block for each of them, and maps that grew four times. */
	ck_assert_uint_ge(failures, 2 * CROWD + 2 * 4);
	stores_close(&stores);
}
END_TEST

static bool
put_guest(struct stores *stores, int i)
{
	struct member guest = { .is_guest = true };

	snprintf(guest.id, sizeof(guest.id), "id%d", i);
	return is_lack_of_memory(member_store_put(stores->members, &guest));
}

static bool
name_guest(struct stores *stores, int i)
{
	char id[32], name[32];

	snprintf(id, sizeof(id), "id%d", i);
	snprintf(name, sizeof(name), "Guest%d", i);
	return is_lack_of_memory(member_store_rename(stores->members,
	    str_from(id), RED, str_from(name)));
}

static bool
take_name(struct stores *stores, int i)
{
	char id[32];

	snprintf(id, sizeof(id), "id%d", i);
	return is_lack_of_memory(member_store_rename(stores->members,
	    str_from(id), CHAT_SCOPE, STR("")));
}

START_TEST(guests_get_a_name_and_give_it_up_without_fail)
{
	struct stores stores = open_stores();
	unsigned failures = 0;

	for (int i = 0; i < CROWD; i++) {
		failures += operation_fail_each(put_guest, members_snapshot,
		    &stores, i);
		failures += operation_fail_each(name_guest, members_snapshot,
		    &stores, i);
	}
	ck_assert_uint_ge(failures, 2 * CROWD + 2 * 4);
	for (int i = 0; i < CROWD; i += 2)
		ck_assert(!fails_at(1, take_name, &stores, i));
	stores_close(&stores);
}
END_TEST

static bool
add_member_id(struct str id, void *text)
{
	add_word(text, id, 0);
	return true;
}

static bool
add_room(const struct room *room, void *text)
{
	add_word(text, str_from(room->id), room->member_count);
	return true;
}

static void
rooms_snapshot(struct stores *stores, char *out, size_t size)
{
	struct text text = { out, size };
	char id[32];

	add_word(&text, STR("count"), room_store_count(stores->rooms));
	room_store_each(stores->rooms, add_room, &text);
	room_store_each_member(stores->rooms, RED, add_member_id, &text);
	for (int i = 0; i < CROWD; i++) {
		snprintf(id, sizeof(id), "id%d", i);
		add_word(&text, STR("in"),
		    room_store_has(stores->rooms, RED, str_from(id)));
		room_store_each_room_of(stores->rooms, str_from(id), add_room,
		    &text);
	}
}

static bool
stores_put_room(struct stores *stores, int i)
{
	struct room room = { .name = "A room", .epoch = "e" };

	snprintf(room.id, sizeof(room.id), "room%d", i);
	return is_lack_of_memory(room_store_put(stores->rooms, &room));
}

static bool
join_red(struct stores *stores, int i)
{
	char id[32];

	snprintf(id, sizeof(id), "id%d", i);
	return is_lack_of_memory(room_store_join(stores->rooms, RED,
	    str_from(id), i % 2 == 0));
}

START_TEST(rooms_are_made_and_joined)
{
	struct room red = { .id = "red", .name = "Red", .epoch = "e" };
	struct stores stores = open_stores();
	unsigned failures = 0;

	ck_assert_int_eq(room_store_put(stores.rooms, &red), CHAT_OK);
	for (int i = 0; i < CROWD; i++) {
		failures += operation_fail_each(stores_put_room, rooms_snapshot,
		    &stores, i);
		failures +=
		    operation_fail_each(join_red, rooms_snapshot, &stores, i);
	}
	/* A room, a person and a membership each; two maps. */
	ck_assert_uint_ge(failures, 3 * CROWD + 2 * 4);
	stores_close(&stores);
}
END_TEST

/* The sanitizer would find a leak: a member without a room. */
START_TEST(a_member_that_could_not_join_leaves_nothing)
{
	struct room red = { .id = "red", .name = "Red", .epoch = "e" };

	for (unsigned n = 1; n <= 3; n++) {
		struct stores stores = open_stores();

		ck_assert_int_eq(room_store_put(stores.rooms, &red), CHAT_OK);
		ck_assert(fails_at(n, join_red, &stores, 0));
		room_store_remove(stores.rooms, RED);
		stores_close(&stores);
	}
}
END_TEST

static bool
text_add_message(const struct message *message, void *text)
{
	add_word(text, message->body, message->seq);
	return true;
}

static void
history_snapshot(struct stores *stores, char *out, size_t size)
{
	struct text text = { out, size };
	struct history_span span = { 0 };
	struct message message;
	char key[32];

	(void)history_span(stores->history, RED, NOW, &span);
	add_word(&text, STR("first"), span.first);
	add_word(&text, STR("last"), span.last);
	history_each(stores->history, RED, 0, NOW, text_add_message, &text);
	for (int i = 0; i < CROWD; i++) {
		snprintf(key, sizeof(key), "key%d", i);
		if (history_find_key(stores->history, RED, str_from(key), NOW,
			&message))
			add_word(&text, message.key, message.seq);
	}
}

static bool
stores_open_room(struct stores *stores, int i)
{
	char id[32];

	snprintf(id, sizeof(id), "room%d", i);
	return is_lack_of_memory(history_open(stores->history, str_from(id),
	    i % 2, false));
}

static bool
stores_add_message(struct stores *stores, int i)
{
	char key[32];
	struct message message = { .at_ms = NOW,
		.author = STR("Alice"),
		.author_id = STR("a1"),
		.body = STR("hello") };

	if (i % 3 != 0) {
		snprintf(key, sizeof(key), "key%d", i / 2);
		message.key = str_from(key);
	}
	return is_lack_of_memory(history_append(stores->history, RED,
	    &message));
}

START_TEST(rooms_are_opened_and_messages_appended)
{
	struct stores stores = open_stores();
	unsigned failures = 0;

	ck_assert_int_eq(history_open(stores.history, RED, 0, false), CHAT_OK);
	for (int i = 0; i < CROWD; i++) {
		failures += operation_fail_each(stores_open_room,
		    history_snapshot, &stores, i);
		failures += operation_fail_each(stores_add_message,
		    history_snapshot, &stores, i);
	}
	/* A block each, four sizes of map and ring, three of the key index. */
	ck_assert_uint_ge(failures, 2 * CROWD + 4 + 4 + 3);
	history_close(stores.history, RED);
	for (int i = 0; i < CROWD; i++) {
		char id[32];

		snprintf(id, sizeof(id), "room%d", i);
		history_close(stores.history, str_from(id));
	}
	ck_assert_uint_eq(history_bytes(stores.history), 0);
	stores_close(&stores);
}
END_TEST

static bool
add_attribute(const struct attribute *attribute, void *text)
{
	add_word(text, attribute->subject, attribute->seq);
	add_word(text, attribute->value, (size_t)attribute->at_ms);
	return true;
}

static bool
add_attribute_of_room(struct str room, const struct attribute *attribute,
    void *text)
{
	add_word(text, room, 0);
	return add_attribute(attribute, text);
}

static bool
add_label(struct str label, size_t count, void *text)
{
	add_word(text, label, count);
	return true;
}

static void
attributes_snapshot(struct stores *stores, char *out, size_t size)
{
	struct text text = { out, size };

	add_word(&text, STR("count"),
	    attribute_store_count(stores->attributes, RED));
	attribute_store_each(stores->attributes, RED, ATTRIBUTE_MEMBER,
	    add_attribute, &text);
	attribute_store_each(stores->attributes, RED, ATTRIBUTE_REACTION,
	    add_attribute, &text);
	attribute_store_each_label(stores->attributes, RED, 1, add_label,
	    &text);
	attribute_store_each_room(stores->attributes, ATTRIBUTE_MEMBER,
	    STR("id1"), add_attribute_of_room, &text);
}

static bool
set_member(struct stores *stores, int i)
{
	struct attribute attribute = {
		.kind = ATTRIBUTE_MEMBER, .value = STR("Alice"), .at_ms = i
	};
	char id[32], room[32];

	snprintf(id, sizeof(id), "id%d", i % 50);
	snprintf(room, sizeof(room), "room%d", i);
	attribute.subject = i % 2 == 0 ? str_from(id) : STR("id1");
	return is_lack_of_memory(attribute_store_set(stores->attributes,
	    i % 2 == 0 ? RED : str_from(room), &attribute));
}

static bool
set_reaction(struct stores *stores, int i)
{
	struct attribute attribute = { .kind = ATTRIBUTE_REACTION,
		.value = STR("Alice") };
	char id[32], label[32];

	snprintf(id, sizeof(id), "id%d", i);
	snprintf(label, sizeof(label), "%d", i / 3);
	attribute.seq = (uint64_t)(1 + i % 4);
	attribute.subject = str_from(id);
	attribute.label = str_from(label);
	return is_lack_of_memory(attribute_store_set(stores->attributes, RED,
	    &attribute));
}

START_TEST(attributes_are_set)
{
	struct stores stores = open_stores();
	unsigned failures = 0;

	for (int i = 0; i < CROWD; i++) {
		failures += operation_fail_each(set_member, attributes_snapshot,
		    &stores, i);
		failures += operation_fail_each(set_reaction,
		    attributes_snapshot, &stores, i);
	}
	/* A value and mostly a node each; some groups, labels and rooms. */
	ck_assert_uint_ge(failures, 4 * CROWD);
	for (int i = 0; i < CROWD; i++) {
		char id[32];

		snprintf(id, sizeof(id), "room%d", i);
		attribute_store_remove_room(stores.attributes, str_from(id));
	}
	attribute_store_remove_room(stores.attributes, RED);
	ck_assert_uint_eq(attribute_store_bytes(stores.attributes), 0);
	stores_close(&stores);
}
END_TEST

START_TEST(emptying_needs_no_memory)
{
	struct stores stores = open_stores();
	char id[32];

	for (int i = 0; i < CROWD; i++)
		ck_assert(!put_member(&stores, i));
	for (int i = 0; i < CROWD; i++) {
		snprintf(id, sizeof(id), "id%d", i);
		malloc_fail_at(1);
		member_store_remove(stores.members, str_from(id));
		malloc_fail_at(0);
		ck_assert_uint_eq(member_store_count(stores.members),
		    (size_t)(CROWD - 1 - i));
	}
	stores_close(&stores);
}
END_TEST

START_TEST(opening_leaves_nothing_open)
{
	for (unsigned n = 1; n <= 5; n++) {
		struct stores stores;
		enum stores_end end;

		malloc_fail_at(n);
		end = stores_open(&stores, &config);
		malloc_fail_at(0);
		ck_assert_int_eq(end, STORES_FAILED);
		ck_assert(malloc_has_failed());
		ck_assert_ptr_null(stores.members);
		ck_assert_ptr_null(stores.rooms);
		ck_assert_ptr_null(stores.history);
		ck_assert_ptr_null(stores.attributes);
		ck_assert_ptr_null(stores.log);
	}
}
END_TEST

SUITE(no_memory)
{
	if (!malloc_can_fail())
		return;
	tcase_add_test(tests, members_come_and_are_renamed);
	tcase_add_test(tests, guests_get_a_name_and_give_it_up_without_fail);
	tcase_add_test(tests, rooms_are_made_and_joined);
	tcase_add_test(tests, a_member_that_could_not_join_leaves_nothing);
	tcase_add_test(tests, rooms_are_opened_and_messages_appended);
	tcase_add_test(tests, attributes_are_set);
	tcase_add_test(tests, emptying_needs_no_memory);
	tcase_add_test(tests, opening_leaves_nothing_open);
}
