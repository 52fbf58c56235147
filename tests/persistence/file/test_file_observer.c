/* The entries that the observer of a file store's log gets, also again after a
 * crash.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "persistence/format/watermark.h"
#include "persistence/journal/journal.h"
#include "tests/suite.h"
#include "tests/support/persistence/store_rig.h"

static struct store_rig rig;

/* "created r; message r 1; topic r; removed r; 3 lost". */
static char seen[4096];
static uint64_t last_lsn;

static void __attribute__((format(printf, 1, 2)))
seen_add(const char *format, ...)
{
	size_t len = strlen(seen);
	va_list args;

	ck_assert_uint_lt(len, sizeof(seen) - 100);
	if (len > 0)
		len += (size_t)sprintf(seen + len, "; ");
	va_start(args, format);
	vsnprintf(seen + len, sizeof(seen) - len, format, args);
	va_end(args);
}

static void
entry_see(struct entry_observer *observer, const struct entry *entry,
    const struct command *requester)
{
	static const char *const words[] = { "message", "created", "removed",
		"attribute", "barrier" };
	char number[24] = "";

	(void)observer;
	(void)requester;
	ck_assert_uint_gt(entry->lsn, last_lsn);
	last_lsn = entry->lsn;
	if (entry->kind == ENTRY_MESSAGE)
		snprintf(number, sizeof(number), " %d%s",
		    (int)entry->message.seq,
		    entry->message.body.len == 0 ? " bare" : "");
	seen_add("%s %.*s%s", words[entry->kind], (int)entry->room_id.len,
	    entry->room_id.data, number);
}

static void
loss_see(struct entry_observer *observer, uint64_t count)
{
	(void)observer;
	seen_add("%d lost", (int)count);
}

static const struct entry_observer_ops observer_ops = {
	.entry = entry_see,
	.lost = loss_see,
};
static struct entry_observer observer = { &observer_ops };

static void
seen_expect(const char *expected)
{
	ck_assert_str_eq(seen, expected);
	seen[0] = '\0';
}

static void
store_crash(enum crash_shape shape)
{
	last_lsn = 0;
	store_rig_crash(&rig, shape);
}

/* Up to the last entry that was seen. */
static void
observer_acknowledge(void)
{
	file_store_acknowledge(rig.store, last_lsn);
	store_rig_settle(&rig);
}

static void
observer_post(const char *body)
{
	ck_assert_uint_gt(store_rig_append(&rig, "r", body), 0);
	store_rig_settle(&rig);
}

static void
set_topic(const char *topic)
{
	struct attribute attribute = { .kind = ATTRIBUTE_TOPIC,
		.value = str_from(topic),
		.at_ms = STORE_RIG_NOW };

	ck_assert_int_eq(store_rig_set(&rig, "r", &attribute), CHAT_OK);
	store_rig_settle(&rig);
}

/* r is there, and was acknowledged. */
static void
setup(void)
{
	seen[0] = '\0';
	last_lsn = 0;
	store_rig_init(&rig);
	rig.observer = &observer;
	store_rig_open(&rig);
	ck_assert_int_eq(store_rig_put(&rig, "r", true), CHAT_OK);
	store_rig_settle(&rig);
	seen_expect("created r");
	observer_acknowledge();
}

static void
teardown(void)
{
	store_rig_fini(&rig);
}

START_TEST(sees_what_is_safe_and_again_what_it_did_not_acknowledge)
{
	ck_assert_uint_gt(store_rig_append(&rig, "r", "1"), 0);
	seen_expect("");
	store_rig_settle(&rig);
	seen_expect("message r 1");
	observer_acknowledge();
	observer_post("2");
	set_topic("t");
	seen_expect("message r 2; attribute r");
	store_crash(CRASH_KILL);
	seen_expect("message r 2; attribute r");
	observer_post("3");
	seen_expect("message r 3");
	store_crash(CRASH_KILL);
	seen_expect("message r 2; attribute r; message r 3");
	observer_acknowledge();
	store_crash(CRASH_KILL);
	seen_expect("");
}
END_TEST

START_TEST(sees_a_room_that_was_removed)
{
	observer_post("1");
	ck_assert_int_eq(store_rig_remove(&rig, "r"), CHAT_OK);
	store_rig_settle(&rig);
	seen_expect("message r 1; removed r");
	store_crash(CRASH_KILL);
	seen_expect("message r 1; removed r");
}
END_TEST

/* The file of the cursor is not synced: then more comes again, never less. */
START_TEST(sees_more_again_after_a_power_cut)
{
	static const char *const expected[] = {
		"created r; message r 1; message r 2", "message r 2"
	};

	observer_post("1");
	observer_acknowledge();
	observer_post("2");
	seen_expect("message r 1; message r 2");
	store_crash(_i == 0 ? CRASH_NOTHING : CRASH_ALL);
	seen_expect(expected[_i]);
}
END_TEST

START_TEST(without_a_cursor_sees_what_comes)
{
	store_crash(CRASH_KILL);
	store_rig_close(&rig);
	memory_disk_put(rig.memory, WATERMARK_NAME, "", 0);
	store_rig_open(&rig);
	seen_expect("");
	observer_post("1");
	seen_expect("message r 1");
}
END_TEST

/* LSNs of records that were cut are given out again. */
START_TEST(sees_what_has_the_number_of_what_was_cut)
{
	char durable[WATERMARK_SIZE];
	struct memory_disk *left;
	size_t len;

	rig.options.sync = STORE_SYNC_NEVER;
	store_crash(CRASH_KILL);
	for (int i = 0; i < 3; i++)
		observer_post("1");
	observer_acknowledge();
	memcpy(durable, memory_disk_file(rig.memory, WATERMARK_NAME, &len),
	    sizeof(durable));
	left = memory_disk_crash(rig.memory, CRASH_NOTHING, 1);
	store_rig_close(&rig);
	memory_disk_destroy(rig.memory);
	memory_disk_put(left, WATERMARK_NAME, durable, len);
	rig.memory = left;
	last_lsn = 0;
	store_rig_open(&rig);
	seen_expect("message r 1; message r 2; message r 3");
	observer_post("2");
	seen_expect("message r 1");
	store_crash(CRASH_KILL);
	seen_expect("message r 1");
}
END_TEST

/* Until a snapshot has only the live entries. */
START_TEST(knows_how_much_a_snapshot_may_lack)
{
	rig.limits.messages = 2;
	rig.options.compact_after_bytes = 1;
	rig.options.segment_bytes = 8192;
	store_crash(CRASH_KILL);
	for (int i = 0; i < 40; i++)
		observer_post(
		    "\"0123456789012345678901234567890123456789012345678901234"
		    "56789012345678901234567890123456789\"");
	seen[0] = '\0';
	store_crash(CRASH_KILL);
	ck_assert_ptr_nonnull(strstr(seen, " lost; message r "));
	ck_assert_ptr_nonnull(strstr(seen, "message r 40"));
}
END_TEST

START_TEST(acknowledges_all_that_was_seen)
{
	observer_post("1");
	ck_assert_uint_gt(store_rig_append(&rig, "r", "2"), 0);
	file_store_acknowledge(rig.store, 0);
	store_rig_settle(&rig);
	store_crash(CRASH_KILL);
	seen_expect("message r 1; message r 2; message r 2");
}
END_TEST

/* Bits of the messages of r that were seen. */
static unsigned
seen_messages(void)
{
	unsigned bits = 0;

	for (const char *at = seen; (at = strstr(at, "message r ")) != NULL;
	     at++)
		bits |= 1u << atoi(at + strlen("message r "));
	return bits;
}

#define PROOF_STEPS 24

/* Messages, and acknowledgements of every second one. */
static void
proof_play(unsigned *posted, unsigned *acknowledged)
{
	for (unsigned i = 1; i <= 8; i++) {
		seen[0] = '\0';
		if (store_rig_append(&rig, "r", "1") == 0)
			return;
		store_rig_settle(&rig);
		*posted |= seen_messages();
		if (i % 2 == 0 && seen_messages() != 0) {
			observer_acknowledge();
			*acknowledged = *posted;
		}
	}
}

/*
 * After a crash at any call: a message that was seen was acknowledged, or is
 * seen again.
 */
START_TEST(no_crash_hides_an_entry)
{
	for (unsigned calls = 1; calls < PROOF_STEPS; calls++) {
		unsigned posted = 0, acknowledged = 0;

		store_rig_close(&rig);
		store_rig_fini(&rig);
		setup();
		seen[0] = '\0';
		memory_disk_stop_after(rig.memory, calls);
		proof_play(&posted, &acknowledged);
		seen[0] = '\0';
		store_crash((enum crash_shape)_i);
		ck_assert_msg((posted & ~acknowledged & ~seen_messages()) == 0,
		    "after %u calls: sent %x, acknowledged %x, seen %x", calls,
		    posted, acknowledged, seen_messages());
	}
}
END_TEST

SUITE(file_observer)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests,
	    sees_what_is_safe_and_again_what_it_did_not_acknowledge);
	tcase_add_test(tests, sees_a_room_that_was_removed);
	tcase_add_loop_test(tests, sees_more_again_after_a_power_cut, 0, 2);
	tcase_add_test(tests, without_a_cursor_sees_what_comes);
	tcase_add_test(tests, sees_what_has_the_number_of_what_was_cut);
	tcase_add_test(tests, knows_how_much_a_snapshot_may_lack);
	tcase_add_test(tests, acknowledges_all_that_was_seen);
	tcase_add_loop_test(tests, no_crash_hides_an_entry, 0, CRASH_SHAPES);
}
