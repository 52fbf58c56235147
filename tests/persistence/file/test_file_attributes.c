/* Attributes of persistent rooms: in a file store, over its restarts. */
#include <errno.h>
#include <stdio.h>

#include "persistence/format/store_names.h"
#include "tests/suite.h"
#include "tests/support/persistence/store_files.h"
#include "tests/support/persistence/store_rig.h"

static struct store_rig rig;

static void
attributes_begin(void)
{
	store_rig_init(&rig);
	store_rig_open(&rig);
	ck_assert_int_eq(store_rig_put(&rig, "r", true), CHAT_OK);
	store_rig_append(&rig, "r", "one");
	store_rig_append(&rig, "r", "two");
	store_rig_settle(&rig);
}

static void
attributes_end(void)
{
	store_rig_fini(&rig);
}

static enum chat_error
attribute_try(enum attribute_kind kind, uint64_t seq, const char *subject,
    const char *value, const char *body)
{
	struct attribute attribute = { .kind = kind,
		.seq = seq,
		.subject = str_from(subject),
		.value = str_from(value),
		.at_ms = STORE_RIG_NOW,
		.body = body != NULL ? str_from(body) : STR_ABSENT };

	return store_rig_set(&rig, "r", &attribute);
}

static void
value_set(enum attribute_kind kind, uint64_t seq, const char *subject,
    const char *value)
{
	ck_assert_int_eq(attribute_try(kind, seq, subject, value, NULL),
	    CHAT_OK);
}

static void
message_edit(uint64_t seq, const char *body)
{
	ck_assert_int_eq(attribute_try(ATTRIBUTE_EDIT, seq, "", "Alice", body),
	    CHAT_OK);
}

static void
rig_shows(const char *expected)
{
	ck_assert_str_eq(store_rig_show(&rig), expected);
}

/* The same after a crash, and after a clean end. */
static void
rig_keeps(const char *expected)
{
	store_rig_settle(&rig);
	rig_shows(expected);
	store_rig_crash(&rig, CRASH_NOTHING);
	rig_shows(expected);
	store_rig_close(&rig);
	store_rig_open(&rig);
	rig_shows(expected);
}

START_TEST(attributes_are_kept)
{
	value_set(ATTRIBUTE_TOPIC, 0, "", "hello");
	value_set(ATTRIBUTE_ROLE, 0, "id1", "owner");
	value_set(ATTRIBUTE_MEMBER, 0, "id1", "Alice");
	value_set(ATTRIBUTE_READ, 0, "id1", "2");
	value_set(ATTRIBUTE_REACTION, 2, "id1", "x");
	rig_shows("r epoch1: 1=one 2=two");
	rig_keeps("r epoch1: 1=one 2=two topic=hello role/id1=owner "
		  "member/id1=Alice read/id1=2 reaction@2/id1=x");
	value_set(ATTRIBUTE_TOPIC, 0, "", "");
	value_set(ATTRIBUTE_ROLE, 0, "id1", "member");
	rig_keeps("r epoch1: 1=one 2=two role/id1=member member/id1=Alice "
		  "read/id1=2 reaction@2/id1=x");
	store_rig_remove(&rig, "r");
	rig_keeps("");
	store_rig_put(&rig, "r", true);
	rig_keeps("r epoch2:");
}
END_TEST

START_TEST(an_edit_is_kept)
{
	struct message message;

	message_edit(1, "a first edit");
	message_edit(1, "uno");
	rig_shows("r epoch1: 1=one 2=two");
	rig_keeps("r epoch1: 1=uno 2=two edit@1=Alice");
	ck_assert(history_get(rig.history, STR("r"), 1, STORE_RIG_NOW,
	    &message));
	ck_assert_int_eq(message.edited_ms, STORE_RIG_NOW);
	ck_assert(!message.is_redacted);
}
END_TEST

START_TEST(a_redaction_is_kept)
{
	struct message message;

	message_edit(1, "uno");
	value_set(ATTRIBUTE_REACTION, 1, "id1", "x");
	store_rig_settle(&rig);
	value_set(ATTRIBUTE_REDACTION, 1, "", "Bob");
	rig_keeps("r epoch1: 1= 2=two redaction@1=Bob");
	ck_assert(history_get(rig.history, STR("r"), 1, STORE_RIG_NOW,
	    &message));
	ck_assert(message.is_redacted);
	ck_assert_int_eq(message.edited_ms, 0);
	ck_assert_int_eq(attribute_try(ATTRIBUTE_EDIT, 1, "", "Alice", "again"),
	    CHAT_MESSAGE_NOT_FOUND);
	ck_assert_int_eq(attribute_try(ATTRIBUTE_REACTION, 1, "id1", "x", NULL),
	    CHAT_MESSAGE_NOT_FOUND);
}
END_TEST

/* What was appended before the redaction was done does not come back. */
START_TEST(what_waits_with_a_redaction_is_done_in_order)
{
	value_set(ATTRIBUTE_REACTION, 1, "id1", "before");
	value_set(ATTRIBUTE_REDACTION, 1, "", "Bob");
	value_set(ATTRIBUTE_REACTION, 1, "id2", "after");
	message_edit(1, "after");
	store_rig_settle(&rig);
	ck_assert_int_eq(rig.last.kind, ENTRY_ATTRIBUTE);
	ck_assert_int_eq(rig.last.attribute.kind, ATTRIBUTE_EDIT);
	ck_assert_uint_eq(rig.lost, 2);
	rig_keeps("r epoch1: 1= 2=two redaction@1=Bob");
}
END_TEST

START_TEST(there_is_no_attribute_of_what_is_not_there)
{
	ck_assert_int_eq(attribute_try(ATTRIBUTE_REACTION, 3, "id1", "x", NULL),
	    CHAT_MESSAGE_NOT_FOUND);
	ck_assert_int_eq(attribute_try(ATTRIBUTE_EDIT, 3, "", "x", "body"),
	    CHAT_MESSAGE_NOT_FOUND);
	store_rig_remove(&rig, "r");
	ck_assert_int_eq(attribute_try(ATTRIBUTE_TOPIC, 0, "", "x", NULL),
	    CHAT_ROOM_NOT_FOUND);
	store_rig_settle(&rig);
	ck_assert_int_eq(attribute_try(ATTRIBUTE_TOPIC, 0, "", "x", NULL),
	    CHAT_ROOM_NOT_FOUND);
	ck_assert_uint_eq(attribute_store_bytes(rig.attributes), 0);
}
END_TEST

/* The message is dropped while its attributes wait for the disk. */
START_TEST(attributes_of_a_dropped_message_are_not_set)
{
	rig.limits.messages = 2;
	store_rig_append(&rig, "r", "three");
	value_set(ATTRIBUTE_REACTION, 1, "id1", "x");
	message_edit(1, "uno");
	value_set(ATTRIBUTE_REDACTION, 1, "", "Bob");
	value_set(ATTRIBUTE_REACTION, 2, "id1", "x");
	rig_keeps("r epoch1: 2=two 3=three reaction@2/id1=x");
	store_rig_append(&rig, "r", "four");
	rig_keeps("r epoch1: 3=three 4=four");
	ck_assert_uint_eq(attribute_store_bytes(rig.attributes), 0);
}
END_TEST

START_TEST(what_the_disk_refuses_is_not_set)
{
	value_set(ATTRIBUTE_TOPIC, 0, "", "first");
	store_rig_settle(&rig);
	memory_disk_fail(rig.memory,
	    (struct disk_fault){
		.call = DISK_CALL_PWRITE, .nth = 1, .error = ENOSPC });
	value_set(ATTRIBUTE_TOPIC, 0, "", "second");
	value_set(ATTRIBUTE_ROLE, 0, "id1", "owner");
	message_edit(1, "uno");
	value_set(ATTRIBUTE_REDACTION, 2, "", "Bob");
	rig.lost = 0;
	store_rig_settle(&rig);
	ck_assert_uint_eq(rig.lost, 4);
	rig_shows("r epoch1: 1=one 2=two topic=first");
	memory_disk_heal(rig.memory);
	memory_disk_advance(rig.memory, 5000);
	store_rig_settle(&rig);
	message_edit(1, "uno");
	rig_keeps("r epoch1: 1=uno 2=two topic=first edit@1=Alice");
}
END_TEST

START_TEST(those_of_a_room_that_is_not_kept_do_not_wait)
{
	struct attribute topic = { .kind = ATTRIBUTE_TOPIC,
		.value = STR("hi") };
	struct attribute redaction = { .kind = ATTRIBUTE_REDACTION,
		.seq = 1,
		.value = STR("Bob"),
		.at_ms = STORE_RIG_NOW };

	store_rig_put(&rig, "s", false);
	store_rig_append(&rig, "s", "one");
	ck_assert_int_eq(store_rig_set(&rig, "s", &topic), CHAT_OK);
	ck_assert_int_eq(store_rig_set(&rig, "s", &redaction), CHAT_OK);
	rig_shows("r epoch1: 1=one 2=two; s epoch2 ordinary: 1= topic=hi "
		  "redaction@1=Bob");
	ck_assert_int_eq(store_rig_set(&rig, "s", &redaction),
	    CHAT_MESSAGE_NOT_FOUND);
	store_rig_remove(&rig, "s");
	ck_assert_uint_eq(attribute_store_bytes(rig.attributes), 0);
}
END_TEST

START_TEST(is_closed_while_attributes_wait)
{
	value_set(ATTRIBUTE_TOPIC, 0, "", "hello");
	message_edit(1, "uno");
	value_set(ATTRIBUTE_REDACTION, 2, "", "Bob");
	if (_i > 0)
		memory_disk_fail(rig.memory,
		    (struct disk_fault){ .call = DISK_CALL_FDATASYNC,
			.nth = 1,
			.error = EIO,
			.forever = true });
	store_rig_close(&rig);
	memory_disk_heal(rig.memory);
	store_rig_open(&rig);
	if (_i == 0)
		rig_shows("r epoch1: 1=uno 2= topic=hello redaction@2=Bob "
			  "edit@1=Alice");
}
END_TEST

/*
 * A message and its number are lost, and another message gets the number: an
 * attribute of the first is not one of the second.
 */
START_TEST(an_attribute_is_not_of_a_message_that_came_later)
{
	static struct store_file file;
	struct attribute redaction = {
		.kind = ATTRIBUTE_REDACTION, .seq = 1, .value = STR("Bob")
	};
	char payload[200];

	store_rig_fini(&rig);
	store_rig_init(&rig);
	store_put_format(rig.memory);
	segment_begin(&file, 1);
	store_file_open(&file, 0, 'a');
	store_file_room(&file, "r");
	store_file_add(&file, RECORD_ATTRIBUTE,
	    str_slice(payload,
		attribute_payload_write(payload, STR("r"), &redaction)));
	store_file_message(&file, "r", 1);
	store_file_put(&file, rig.memory, 0);
	store_rig_open(&rig);
	ck_assert_ptr_nonnull(strstr(store_rig_show(&rig), "1=\""));
	ck_assert_uint_eq(attribute_store_bytes(rig.attributes), 0);
}
END_TEST

/* Files of a program that knew no attributes: FORMAT stays as it is. */
START_TEST(a_store_of_an_earlier_program_is_opened_unchanged)
{
	static struct store_file file;
	size_t len, was_len;
	char was[200];
	const char *format;

	store_rig_fini(&rig);
	store_rig_init(&rig);
	store_put_format(rig.memory);
	format = memory_disk_file(rig.memory, FORMAT_NAME, &was_len);
	ck_assert_uint_lt(was_len, sizeof(was));
	memcpy(was, format, was_len);
	segment_begin(&file, 1);
	store_file_open(&file, 0, 'a');
	store_file_room(&file, "r");
	store_file_message(&file, "r", 1);
	store_file_message(&file, "r", 2);
	store_file_put(&file, rig.memory, 0);
	store_rig_open(&rig);
	ck_assert_ptr_nonnull(strstr(store_rig_show(&rig), " 1=\""));
	ck_assert_ptr_nonnull(strstr(store_rig_show(&rig), " 2=\""));
	value_set(ATTRIBUTE_TOPIC, 0, "", "hello");
	store_rig_settle(&rig);
	store_rig_crash(&rig, CRASH_NOTHING);
	ck_assert_ptr_nonnull(strstr(store_rig_show(&rig), " topic=hello"));
	format = memory_disk_file(rig.memory, FORMAT_NAME, &len);
	ck_assert_mem_eq(format, was, was_len);
	ck_assert_uint_eq(len, was_len);
}
END_TEST

SUITE(file_attributes)
{
	tcase_add_checked_fixture(tests, attributes_begin, attributes_end);
	tcase_add_test(tests, attributes_are_kept);
	tcase_add_test(tests, an_edit_is_kept);
	tcase_add_test(tests, a_redaction_is_kept);
	tcase_add_test(tests, what_waits_with_a_redaction_is_done_in_order);
	tcase_add_test(tests, there_is_no_attribute_of_what_is_not_there);
	tcase_add_test(tests, attributes_of_a_dropped_message_are_not_set);
	tcase_add_test(tests, what_the_disk_refuses_is_not_set);
	tcase_add_test(tests, those_of_a_room_that_is_not_kept_do_not_wait);
	tcase_add_loop_test(tests, is_closed_while_attributes_wait, 0, 2);
	tcase_add_test(tests, an_attribute_is_not_of_a_message_that_came_later);
	tcase_add_test(tests,
	    a_store_of_an_earlier_program_is_opened_unchanged);
}
