#include "persistence/memory/memory_attributes.h"

#include <stdarg.h>
#include <stdio.h>

#include "persistence/memory/memory_history.h"
#include "tests/suite.h"

#define RED STR("red")

static struct attribute_store *store;
static char shown[1 << 16];

static void
memory_attributes_begin(void)
{
	store = memory_attributes_create();
	ck_assert_ptr_nonnull(store);
}

static void
memory_attributes_end(void)
{
	attribute_store_destroy(store);
}

__attribute__((format(printf, 1, 2))) static void
shown_add(const char *format, ...)
{
	size_t len = strlen(shown);
	va_list args;

	va_start(args, format);
	vsnprintf(shown + len, sizeof(shown) - len, format, args);
	va_end(args);
}

static bool
shown_add_attribute(const struct attribute *attribute, void *arg)
{
	(void)arg;
	shown_add(" %d%.*s/%.*s=%.*s", (int)attribute->seq,
	    (int)attribute->label.len, attribute->label.data,
	    (int)attribute->subject.len, attribute->subject.data,
	    (int)attribute->value.len, attribute->value.data);
	return true;
}

static bool
shown_add_room(struct str room, const struct attribute *attribute, void *arg)
{
	shown_add(" %.*s", (int)room.len, room.data);
	return shown_add_attribute(attribute, arg);
}

static bool
shown_add_label(struct str label, size_t count, void *arg)
{
	(void)arg;
	shown_add(" %.*s:%zu", (int)label.len, label.data, count);
	return true;
}

static const char *
kind_show(struct str room, enum attribute_kind kind)
{
	shown[0] = '\0';
	attribute_store_each(store, room, kind, shown_add_attribute, NULL);
	return shown;
}

static const char *
message_show_attributes(struct str room, uint64_t seq)
{
	shown[0] = '\0';
	attribute_store_each_of_message(store, room, seq, shown_add_attribute,
	    NULL);
	return shown;
}

static const char *
labels_show(struct str room, uint64_t seq)
{
	shown[0] = '\0';
	attribute_store_each_label(store, room, seq, shown_add_label, NULL);
	return shown;
}

static const char *
rooms_show(const char *member)
{
	shown[0] = '\0';
	attribute_store_each_room(store, ATTRIBUTE_MEMBER, str_from(member),
	    shown_add_room, NULL);
	return shown;
}

static void
memory_attribute_set(struct str room, enum attribute_kind kind, uint64_t seq,
    const char *subject, const char *label, const char *value)
{
	struct attribute attribute = { .kind = kind,
		.seq = seq,
		.subject = str_from(subject),
		.label = str_from(label),
		.value = str_from(value),
		.by = STR("id1"),
		.at_ms = 5 };

	ck_assert_int_eq(attribute_store_set(store, room, &attribute), CHAT_OK);
}

static void
reaction_set(uint64_t seq, const char *who, const char *reaction, bool remove)
{
	memory_attribute_set(RED, ATTRIBUTE_REACTION, seq, who, reaction,
	    remove ? "" : "x");
}

START_TEST(is_empty_at_first)
{
	struct attribute out;

	ck_assert_uint_eq(attribute_store_bytes(store), 0);
	ck_assert_uint_eq(attribute_store_count(store, RED), 0);
	ck_assert(!attribute_store_get(store, RED, ATTRIBUTE_TOPIC, STR(""),
	    &out));
	ck_assert_str_eq(kind_show(RED, ATTRIBUTE_TOPIC), "");
	ck_assert_str_eq(message_show_attributes(RED, 1), "");
	ck_assert_str_eq(labels_show(RED, 1), "");
	ck_assert_str_eq(rooms_show("id1"), "");
	attribute_store_remove_message(store, RED, 1);
	attribute_store_remove_room(store, RED);
}
END_TEST

START_TEST(gives_back_the_last_value)
{
	struct attribute out;

	memory_attribute_set(RED, ATTRIBUTE_ROLE, 0, "id1", "", "owner");
	memory_attribute_set(RED, ATTRIBUTE_ROLE, 0, "id2", "", "voice");
	memory_attribute_set(RED, ATTRIBUTE_ROLE, 0, "id1", "", "member");
	ck_assert_uint_eq(attribute_store_count(store, RED), 2);
	ck_assert(attribute_store_get(store, RED, ATTRIBUTE_ROLE, STR("id1"),
	    &out));
	ck_assert_int_eq(out.kind, ATTRIBUTE_ROLE);
	ck_assert_uint_eq(out.seq, 0);
	ck_assert_int_eq(out.at_ms, 5);
	ck_assert(str_equal(out.subject, STR("id1")));
	ck_assert(str_equal(out.value, STR("member")));
	ck_assert(str_equal(out.by, STR("id1")));
	ck_assert_str_eq(kind_show(RED, ATTRIBUTE_ROLE),
	    " 0/id1=member 0/id2=voice");
	ck_assert_str_eq(kind_show(STR("blue"), ATTRIBUTE_ROLE), "");
	ck_assert_str_eq(kind_show(RED, ATTRIBUTE_TOPIC), "");
}
END_TEST

START_TEST(an_empty_value_removes)
{
	struct attribute out;

	memory_attribute_set(RED, ATTRIBUTE_TOPIC, 0, "", "", "hello");
	memory_attribute_set(RED, ATTRIBUTE_TOPIC, 0, "", "", "");
	ck_assert(!attribute_store_get(store, RED, ATTRIBUTE_TOPIC, STR(""),
	    &out));
	memory_attribute_set(RED, ATTRIBUTE_TOPIC, 0, "", "", "");
	ck_assert_uint_eq(attribute_store_count(store, RED), 0);
	ck_assert_uint_eq(attribute_store_bytes(store), 0);
}
END_TEST

START_TEST(knows_the_rooms_of_a_member)
{
	memory_attribute_set(RED, ATTRIBUTE_MEMBER, 0, "id1", "", "Alice");
	memory_attribute_set(STR("blue"), ATTRIBUTE_MEMBER, 0, "id1", "", "Al");
	memory_attribute_set(RED, ATTRIBUTE_MEMBER, 0, "id2", "", "Bob");
	ck_assert_str_eq(rooms_show("id1"), " red 0/id1=Alice blue 0/id1=Al");
	attribute_store_remove_room(store, RED);
	ck_assert_str_eq(rooms_show("id1"), " blue 0/id1=Al");
	ck_assert_str_eq(rooms_show("id2"), "");
	memory_attribute_set(STR("blue"), ATTRIBUTE_MEMBER, 0, "id1", "", "");
	ck_assert_str_eq(rooms_show("id1"), "");
	ck_assert_uint_eq(attribute_store_bytes(store), 0);
}
END_TEST

START_TEST(counts_labels)
{
	reaction_set(7, "id1", "+1", false);
	reaction_set(7, "id2", "-1", false);
	reaction_set(7, "id2", "+1", false);
	reaction_set(7, "id2", "+1", false);
	reaction_set(8, "id2", "+1", false);
	ck_assert_str_eq(labels_show(RED, 7), " +1:2 -1:1");
	ck_assert_str_eq(labels_show(RED, 8), " +1:1");
	ck_assert_str_eq(message_show_attributes(RED, 7),
	    " 7+1/id1=x 7-1/id2=x 7+1/id2=x");
	reaction_set(7, "id1", "+1", true);
	reaction_set(7, "id2", "-1", true);
	ck_assert_str_eq(labels_show(RED, 7), " +1:1");
}
END_TEST

START_TEST(attributes_of_a_message_go_with_it)
{
	reaction_set(7, "id1", "+1", false);
	reaction_set(7, "id2", "+1", false);
	reaction_set(8, "id1", "+1", false);
	memory_attribute_set(RED, ATTRIBUTE_EDIT, 7, "", "", "Alice");
	memory_attribute_set(RED, ATTRIBUTE_TOPIC, 0, "", "", "hello");
	attribute_store_remove_message(store, RED, 7);
	attribute_store_remove_message(store, STR("blue"), 8);
	ck_assert_str_eq(message_show_attributes(RED, 7), "");
	ck_assert_str_eq(message_show_attributes(RED, 8), " 8+1/id1=x");
	ck_assert_uint_eq(attribute_store_count(store, RED), 2);
	attribute_store_remove_room(store, RED);
	ck_assert_uint_eq(attribute_store_bytes(store), 0);
}
END_TEST

START_TEST(a_redaction_removes_the_others)
{
	reaction_set(7, "id1", "+1", false);
	memory_attribute_set(RED, ATTRIBUTE_EDIT, 7, "", "", "Alice");
	reaction_set(8, "id1", "+1", false);
	memory_attribute_set(RED, ATTRIBUTE_REDACTION, 7, "", "", "Bob");
	ck_assert_str_eq(message_show_attributes(RED, 7), " 7/=Bob");
	ck_assert_str_eq(labels_show(RED, 7), "");
	ck_assert_str_eq(message_show_attributes(RED, 8), " 8+1/id1=x");
}
END_TEST

START_TEST(a_prepared_value_is_not_shown)
{
	struct attribute attribute = { .kind = ATTRIBUTE_REACTION,
		.seq = 7,
		.subject = STR("id1"),
		.label = STR("+1"),
		.value = STR("x") };
	struct attribute_value *first, *second;

	ck_assert_int_eq(memory_attributes_prepare(store, RED, &attribute,
			     &first),
	    CHAT_OK);
	attribute.value = STR("y");
	ck_assert_int_eq(memory_attributes_prepare(store, RED, &attribute,
			     &second),
	    CHAT_OK);
	ck_assert_uint_eq(attribute_store_count(store, RED), 1);
	ck_assert_str_eq(message_show_attributes(RED, 7), "");
	ck_assert_str_eq(kind_show(RED, ATTRIBUTE_REACTION), "");
	ck_assert_str_eq(labels_show(RED, 7), "");
	memory_attributes_commit(store, first);
	ck_assert_str_eq(message_show_attributes(RED, 7), " 7+1/id1=x");
	attribute_store_remove_message(store, RED, 7);
	ck_assert_str_eq(message_show_attributes(RED, 7), "");
	if (_i == 0) {
		memory_attributes_commit(store, second);
		ck_assert_str_eq(labels_show(RED, 7), " +1:1");
		attribute_store_remove_message(store, RED, 7);
	} else {
		memory_attributes_abandon(store, second);
	}
	ck_assert_uint_eq(attribute_store_bytes(store), 0);
}
END_TEST

/* Every growing and shrinking of the maps. */
START_TEST(holds_many)
{
	char room[16], member[16];

	for (int i = 0; i < 2000; i++) {
		snprintf(room, sizeof(room), "r%d", i % 200);
		snprintf(member, sizeof(member), "id%d", i % 37);
		memory_attribute_set(str_from(room), ATTRIBUTE_MEMBER, 0,
		    member, "", "x");
		reaction_set(1 + (uint64_t)i % 100, member, "+1", false);
	}
	ck_assert_uint_eq(attribute_store_count(store, STR("r0")), 10);
	for (int i = 0; i < 200; i++) {
		snprintf(room, sizeof(room), "r%d", i);
		attribute_store_remove_room(store, str_from(room));
	}
	for (uint64_t seq = 1; seq <= 100; seq++)
		attribute_store_remove_message(store, RED, seq);
	ck_assert_uint_eq(attribute_store_bytes(store), 0);
}
END_TEST

static void
history_post(struct history *history, const char *body)
{
	struct message message = { .at_ms = 1000,
		.author = STR("Alice"),
		.author_id = STR("id1"),
		.body = str_from(body) };

	ck_assert_int_eq(history_append(history, RED, &message), CHAT_OK);
}

START_TEST(follows_the_messages_of_a_history)
{
	struct history_limits limits = { .messages = 2 };
	struct history *history = memory_history_create(&limits);

	memory_attributes_follow(store, history);
	ck_assert_int_eq(history_open(history, RED, 0, true), CHAT_OK);
	history_post(history, "1");
	history_post(history, "2");
	reaction_set(1, "id1", "+1", false);
	reaction_set(2, "id1", "+1", false);
	history_post(history, "3");
	ck_assert_str_eq(kind_show(RED, ATTRIBUTE_REACTION), " 2+1/id1=x");
	limits.age_ms = 1000;
	history_expire(history, 2000);
	ck_assert_str_eq(kind_show(RED, ATTRIBUTE_REACTION), "");
	history_post(history, "4");
	reaction_set(4, "id1", "+1", false);
	history_close(history, RED);
	ck_assert_uint_eq(attribute_store_bytes(store), 0);
	history_destroy(history);
}
END_TEST

SUITE(memory_attributes)
{
	tcase_add_checked_fixture(tests, memory_attributes_begin,
	    memory_attributes_end);
	tcase_add_test(tests, is_empty_at_first);
	tcase_add_test(tests, gives_back_the_last_value);
	tcase_add_test(tests, an_empty_value_removes);
	tcase_add_test(tests, knows_the_rooms_of_a_member);
	tcase_add_test(tests, counts_labels);
	tcase_add_test(tests, attributes_of_a_message_go_with_it);
	tcase_add_test(tests, a_redaction_removes_the_others);
	tcase_add_loop_test(tests, a_prepared_value_is_not_shown, 0, 2);
	tcase_add_test(tests, holds_many);
	tcase_add_test(tests, follows_the_messages_of_a_history);
}
