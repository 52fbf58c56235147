#include "persistence/compaction/compaction.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "persistence/format/store_names.h"
#include "tests/suite.h"
#include "tests/support/persistence/store_rig.h"

static struct store_rig rig;
static char before[1 << 16];

static struct {
	unsigned count;
	unsigned most; /* 0: no bound */
} rested;

static bool
rest_count(void *arg)
{
	ck_assert_ptr_eq(arg, &rested);
	return ++rested.count != rested.most;
}

static struct io_throttle rests = { .pause = rest_count, .arg = &rested };

/* Only the tests start compactions. */
static void
setup(void)
{
	store_rig_init(&rig);
	rig.options.segment_bytes = 1u << 14;
	rig.options.compact_after_bytes = SIZE_MAX;
	rig.limits.messages = 5;
	store_rig_open(&rig);
}

static void
teardown(void)
{
	store_rig_fini(&rig);
}

/* The number of files of each kind, and the first LSN of the newest segment. */
struct files {
	size_t segments, snapshots, others;
	uint64_t newest;
};

static struct files
count_files(void)
{
	struct files files = { 0 };
	const char *name;
	uint64_t lsn;

	for (size_t i = 0; (name = memory_disk_name(rig.memory, i)) != NULL;
	     i++)
		if (segment_name_read(name, &lsn)) {
			files.segments++;
			if (lsn > files.newest)
				files.newest = lsn;
		} else if (snapshot_name_read(name, &lsn))
			files.snapshots++;
		else
			files.others++;
	return files;
}

/* A few full segments of messages of two rooms, most of them evicted. */
static void
room_write_messages(unsigned messages)
{
	static char body[1000];

	for (unsigned i = 0; i < messages; i++) {
		snprintf(body, sizeof(body), "%0*u", (int)sizeof(body) - 1, i);
		store_rig_append(&rig, i % 3 == 0 ? "s" : "r", body);
		store_rig_settle(&rig);
	}
}

static void
make_rooms(void)
{
	store_rig_put(&rig, "r", true);
	store_rig_put(&rig, "s", true);
	store_rig_put(&rig, "quiet", true);
	store_rig_settle(&rig);
}

static int
compact_at(int64_t now_ms)
{
	uint8_t id[STORE_ID_SIZE];
	struct segment_head head;
	uint64_t live_bytes = 0;
	char name[STORE_NAME_SIZE];
	const char *bytes;
	size_t len;
	int error;

	segment_name(name, count_files().newest);
	bytes = memory_disk_file(rig.memory, name, &len);
	ck_assert_int_eq(segment_head_read(bytes, len, &head),
	    SEGMENT_HEAD_GOOD);
	memcpy(id, head.store_id, sizeof(id));
	error = compaction_run(memory_disk_disk(rig.memory), id,
	    count_files().newest - 1, &rig.limits, now_ms, &rests, &live_bytes);
	ck_assert_int_eq(error == 0, live_bytes > 0);
	return error;
}

static int
compact_now(void)
{
	return compact_at(STORE_RIG_NOW);
}

static void
store_remember(void)
{
	snprintf(before, sizeof(before), "%s", store_rig_show(&rig));
}

/* After a crash or a clean end, the store holds what it held. */
static void
assert_unchanged(bool crashed)
{
	if (crashed) {
		store_rig_crash(&rig, CRASH_NOTHING);
	} else {
		store_rig_close(&rig);
		store_rig_open(&rig);
	}
	ck_assert_str_eq(store_rig_show(&rig), before);
}

START_TEST(keeps_what_is_alive_and_nothing_else)
{
	struct files files;

	make_rooms();
	room_write_messages(60);
	store_remember();
	ck_assert_uint_ge(count_files().segments, 4);
	ck_assert_int_eq(compact_now(), 0);
	files = count_files();
	ck_assert_uint_eq(files.segments, 1);
	ck_assert_uint_eq(files.snapshots, 1);
	assert_unchanged(_i == 0);
	/* LOCK, FORMAT, DURABLE: no temporary files. */
	ck_assert_uint_eq(count_files().others, 3);
}
END_TEST

START_TEST(goes_on_from_one_snapshot_to_the_next)
{
	make_rooms();
	for (int i = 0; i < 4; i++) {
		room_write_messages(40);
		store_remember();
		ck_assert_int_eq(compact_now(), 0);
		ck_assert_uint_eq(count_files().snapshots, 1);
		assert_unchanged(i % 2 == 0);
	}
	ck_assert_uint_gt(store_rig_append(&rig, "r", "on"), 100);
}
END_TEST

/* The numbering goes on, although no message is left. */
START_TEST(keeps_the_numbers_of_evicted_messages)
{
	struct history_span span;

	make_rooms();
	room_write_messages(30);
	rig.limits.age_ms = 1000;
	rig.options.clock_trust_ms = 0;
	ck_assert_int_eq(compact_at(STORE_RIG_NOW + 1000), 0);
	store_rig_close(&rig);
	store_rig_open(&rig);
	ck_assert_int_eq(history_span(rig.history, STR("r"),
			     STORE_RIG_NOW + 1000, &span),
	    CHAT_OK);
	ck_assert_uint_eq(span.last, 20);
	ck_assert_uint_eq(store_rig_append(&rig, "s", "on"), 11);
}
END_TEST

static uint64_t
number_of_retry(const char *key)
{
	struct message found = { 0 };

	return history_find_key(rig.history, STR("r"), str_from(key),
		   STORE_RIG_NOW, &found)
		   ? found.seq
		   : 0;
}

START_TEST(keeps_keys_of_evicted_messages)
{
	rig.limits.key_age_ms = 60000;
	make_rooms();
	store_rig_append_keyed(&rig, "r", "\"hello\"", "k");
	room_write_messages(60);
	ck_assert_uint_eq(number_of_retry("k"), 1);
	ck_assert_int_eq(compact_at(STORE_RIG_NOW + 59999), 0);
	store_rig_close(&rig);
	store_rig_open(&rig);
	ck_assert_uint_eq(number_of_retry("k"), 1);
	ck_assert_int_eq(compact_at(STORE_RIG_NOW + 60000), 0);
	store_rig_close(&rig);
	store_rig_open(&rig);
	ck_assert_uint_eq(number_of_retry("k"), 0);
}
END_TEST

/* A run that ended with CLOSE in an earlier boot. */
START_TEST(keeps_the_records_that_keep_epochs_valid)
{
	struct memory_disk *next_boot;

	rig.options.sync = STORE_SYNC_INTERVAL;
	store_rig_close(&rig);
	store_rig_open(&rig);
	make_rooms();
	room_write_messages(60);
	store_rig_close(&rig);
	next_boot = memory_disk_crash(rig.memory, CRASH_ALL, 0);
	memory_disk_destroy(rig.memory);
	rig.memory = next_boot;
	store_rig_open(&rig);
	store_remember();
	ck_assert_int_eq(compact_now(), 0);
	ck_assert_uint_eq(count_files().snapshots, 1);
	store_rig_crash(&rig, CRASH_KILL);
	ck_assert_str_eq(store_rig_show(&rig), before);
}
END_TEST

/* Whether any file has these bytes. */
static bool
disk_has_text(const char *text)
{
	const char *name;

	for (size_t i = 0; (name = memory_disk_name(rig.memory, i)) != NULL;
	     i++) {
		size_t len = 0;
		const char *bytes = memory_disk_file(rig.memory, name, &len);

		if (memmem(bytes, len, text, strlen(text)) != NULL)
			return true;
	}
	return false;
}

static void
room_set_attribute(enum attribute_kind kind, uint64_t seq, const char *subject,
    const char *value, const char *body)
{
	struct attribute attribute = { .kind = kind,
		.seq = seq,
		.subject = str_from(subject),
		.value = str_from(value),
		.at_ms = STORE_RIG_NOW,
		.body = body != NULL ? str_from(body) : STR_ABSENT };

	ck_assert_int_eq(store_rig_set(&rig, "r", &attribute), CHAT_OK);
	store_rig_settle(&rig);
}

/* So that the newest segment is none of those with the records before. */
static void
fill_segment(void)
{
	unsigned segments = (unsigned)count_files().segments;

	for (int i = 0; count_files().segments == segments; i++) {
		ck_assert_int_lt(i, 100);
		store_rig_put(&rig, "t", true);
		store_rig_remove(&rig, "t");
		for (int j = 0; j < 50; j++)
			room_set_attribute(ATTRIBUTE_TOPIC, 0, "",
			    "another topic", NULL);
	}
}

START_TEST(a_text_that_was_removed_leaves_the_disk)
{
	make_rooms();
	store_rig_append(&rig, "r", "\"the first\"");
	store_rig_append(&rig, "r", "\"the second\"");
	store_rig_append(&rig, "r", "\"the third\"");
	store_rig_settle(&rig);
	room_set_attribute(ATTRIBUTE_REDACTION, 1, "", "Alice", NULL);
	room_set_attribute(ATTRIBUTE_EDIT, 2, "", "Alice", "\"an edit\"");
	room_set_attribute(ATTRIBUTE_EDIT, 2, "", "Alice", "\"the last edit\"");
	room_set_attribute(ATTRIBUTE_EDIT, 3, "", "Alice", "\"edited, too\"");
	room_set_attribute(ATTRIBUTE_REDACTION, 3, "", "Bob", NULL);
	fill_segment();
	store_remember();
	ck_assert(disk_has_text("the first"));
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(compact_now(), 0);
		ck_assert(!disk_has_text("the first"));
		ck_assert(!disk_has_text("the second"));
		ck_assert(!disk_has_text("an edit"));
		ck_assert(!disk_has_text("the third"));
		ck_assert(!disk_has_text("edited, too"));
		ck_assert(disk_has_text("the last edit"));
		assert_unchanged(i == 0);
		fill_segment();
		store_remember();
	}
}
END_TEST

START_TEST(keeps_the_last_value_of_an_attribute)
{
	make_rooms();
	store_rig_append(&rig, "r", "\"hello\"");
	store_rig_settle(&rig);
	room_set_attribute(ATTRIBUTE_ROLE, 0, "id1", "an early role", NULL);
	room_set_attribute(ATTRIBUTE_ROLE, 0, "id1", "owner", NULL);
	room_set_attribute(ATTRIBUTE_ROLE, 0, "id2", "moderator", NULL);
	room_set_attribute(ATTRIBUTE_ROLE, 0, "id2", "", NULL);
	room_set_attribute(ATTRIBUTE_REACTION, 1, "id1", "x", NULL);
	fill_segment();
	store_remember();
	ck_assert_int_eq(compact_now(), 0);
	ck_assert(!disk_has_text("an early role"));
	ck_assert(!disk_has_text("moderator"));
	ck_assert(!disk_has_text("id2"));
	assert_unchanged(_i == 0);
}
END_TEST

/* Attributes are removed with their message or room. */
START_TEST(attributes_go_with_what_they_are_about)
{
	make_rooms();
	store_rig_append(&rig, "r", "\"hello\"");
	store_rig_settle(&rig);
	room_set_attribute(ATTRIBUTE_REACTION, 1, "id1", "a reaction", NULL);
	room_set_attribute(ATTRIBUTE_TOPIC, 0, "", "an early topic", NULL);
	if (_i == 0) {
		store_rig_remove(&rig, "r");
		store_rig_settle(&rig);
		store_rig_put(&rig, "r", true);
	}
	room_write_messages(60);
	store_remember();
	ck_assert_int_eq(compact_now(), 0);
	ck_assert(!disk_has_text("a reaction"));
	ck_assert_int_eq(disk_has_text("an early topic"), _i != 0);
	assert_unchanged(false);
}
END_TEST

START_TEST(drops_removed_rooms)
{
	make_rooms();
	room_write_messages(30);
	store_rig_remove(&rig, "r");
	store_rig_settle(&rig);
	store_rig_put(&rig, "r", true);
	room_write_messages(30);
	store_rig_remove(&rig, "s");
	store_rig_settle(&rig);
	store_rig_put(&rig, "t", true);
	for (int i = 0; i < 40; i++)
		store_rig_append(&rig, "t", "................................");
	room_write_messages(30);
	store_remember();
	ck_assert_int_eq(compact_now(), 0);
	assert_unchanged(false);
}
END_TEST

/* A later record replaces the epoch of an earlier one. */
START_TEST(keeps_the_last_record_of_a_room)
{
	store_rig_close(&rig);
	rig.options.sync = STORE_SYNC_INTERVAL;
	store_rig_open(&rig);
	make_rooms();
	room_write_messages(20);
	store_rig_crash(&rig, CRASH_ALL);
	room_write_messages(40);
	store_remember();
	ck_assert_ptr_nonnull(strstr(before, "r epoch4"));
	ck_assert_int_eq(compact_now(), 0);
	assert_unchanged(false);
}
END_TEST

/*
 * A compaction that stops after any call leaves the store unchanged: by an
 * error of that call, or by errors of all later ones and a power cut.
 */
START_TEST(may_be_stopped_anywhere)
{
	struct memory_disk *master;
	bool is_done = false;
	unsigned n;

	make_rooms();
	room_write_messages(25);
	store_remember();
	store_rig_close(&rig);
	master = rig.memory;
	for (n = 1; !is_done; n++) {
		rig.memory = memory_disk_crash(master, CRASH_KILL, 1);
		memory_disk_fail(rig.memory,
		    (struct disk_fault){ .call = DISK_CALL_ANY,
			.nth = n,
			.error = EIO,
			.forever = _i == 0 });
		(void)compact_now();
		is_done = memory_disk_failures(rig.memory) == 0;
		memory_disk_heal(rig.memory);
		store_rig_crash(&rig, _i == 0 ? CRASH_NOTHING : CRASH_KILL);
		ck_assert_str_eq(store_rig_show(&rig), before);
		ck_assert_uint_le(count_files().snapshots, 1);
		store_rig_close(&rig);
		memory_disk_destroy(rig.memory);
	}
	ck_assert_uint_gt(n, 20);
	rig.memory = master;
}
END_TEST

static void
file_damage(const char *name)
{
	const char *bytes;
	char *copy;
	size_t len;

	bytes = memory_disk_file(rig.memory, name, &len);
	ck_assert_ptr_nonnull(bytes);
	copy = malloc(len);
	memcpy(copy, bytes, len);
	copy[len / 2] ^= 1;
	memory_disk_put(rig.memory, name, copy, len);
	free(copy);
}

/* In a segment, or in the snapshot that there is. */
START_TEST(stops_at_unknown_damage)
{
	char name[STORE_NAME_SIZE];

	make_rooms();
	room_write_messages(40);
	segment_name(name, 1);
	if (_i == 1) {
		snapshot_name(name, count_files().newest - 1);
		ck_assert_int_eq(compact_now(), 0);
		room_write_messages(40);
	}
	file_damage(name);
	ck_assert_int_eq(compact_now(), EIO);
	ck_assert_uint_eq(count_files().snapshots, (size_t)_i);
	/* The next start reports the gap, once. */
	store_rig_close(&rig);
	store_rig_open(&rig);
	room_write_messages(40);
	store_remember();
	ck_assert_int_eq(compact_now(), 0);
	assert_unchanged(false);
}
END_TEST

/* One byte of the first record behind the middle of the file. */
static void
damage_next_record(const char *name)
{
	const char *bytes, *at;
	char *copy;
	size_t len;

	bytes = memory_disk_file(rig.memory, name, &len);
	ck_assert_ptr_nonnull(bytes);
	at = memmem(bytes + len / 2, len / 2, "pRec", 4);
	ck_assert_ptr_nonnull(at);
	copy = malloc(len);
	memcpy(copy, bytes, len);
	copy[at - bytes + 100] ^= 1;
	memory_disk_put(rig.memory, name, copy, len);
	free(copy);
}

START_TEST(neighbours_that_were_lost_one_after_the_other_are_known)
{
	char name[STORE_NAME_SIZE];

	make_rooms();
	room_write_messages(40);
	segment_name(name, 1);
	file_damage(name);
	store_rig_close(&rig);
	store_rig_open(&rig);
	damage_next_record(name);
	store_rig_close(&rig);
	store_rig_open(&rig);
	room_write_messages(40);
	store_remember();
	ck_assert_int_eq(compact_now(), 0);
	assert_unchanged(false);
}
END_TEST

/* All records are read twice, and the live ones a third time. */
START_TEST(pauses_between_reads)
{
	size_t bytes, all = 600 * 1100;

	rig.limits.messages = 0;
	make_rooms();
	room_write_messages(600);
	rested.count = 0;
	rests.done = 0;
	ck_assert_int_eq(compact_now(), 0);
	bytes = rested.count * (256u << 10);
	ck_assert_uint_ge(bytes, 3 * all - (512u << 10));
	ck_assert_uint_le(bytes, 3 * all);
}
END_TEST

/* During the search for live records, the copy, and the verification. */
START_TEST(may_be_ended_by_a_pause)
{
	rig.limits.messages = 0;
	make_rooms();
	room_write_messages(600);
	store_remember();
	rested.count = 0;
	rested.most = (unsigned)_i + 1;
	rests.done = 0;
	ck_assert_int_eq(compact_now(), ECANCELED);
	rested.most = 0;
	ck_assert_uint_eq(count_files().snapshots, 0);
	assert_unchanged(false);
}
END_TEST

START_TEST(is_done_by_the_journal_when_it_is_worth_it)
{
	store_rig_close(&rig);
	rig.options.compact_after_bytes = 1u << 16;
	store_rig_open(&rig);
	make_rooms();
	room_write_messages(500);
	store_remember();
	ck_assert_uint_eq(count_files().snapshots, 1);
	ck_assert_uint_lt(count_files().segments, 10);
	assert_unchanged(true);
}
END_TEST

SUITE(compaction)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, keeps_what_is_alive_and_nothing_else, 0, 2);
	tcase_add_test(tests, goes_on_from_one_snapshot_to_the_next);
	tcase_add_test(tests, keeps_keys_of_evicted_messages);
	tcase_add_test(tests, keeps_the_numbers_of_evicted_messages);
	tcase_add_test(tests, keeps_the_records_that_keep_epochs_valid);
	tcase_add_test(tests, a_text_that_was_removed_leaves_the_disk);
	tcase_add_loop_test(tests, keeps_the_last_value_of_an_attribute, 0, 2);
	tcase_add_loop_test(tests, attributes_go_with_what_they_are_about, 0,
	    2);
	tcase_add_test(tests, drops_removed_rooms);
	tcase_add_test(tests, keeps_the_last_record_of_a_room);
	tcase_add_loop_test(tests, may_be_stopped_anywhere, 0, 2);
	tcase_add_loop_test(tests, stops_at_unknown_damage, 0, 2);
	tcase_add_test(tests,
	    neighbours_that_were_lost_one_after_the_other_are_known);
	tcase_add_test(tests, pauses_between_reads);
	tcase_add_loop_test(tests, may_be_ended_by_a_pause, 0, 7);
	tcase_add_test(tests, is_done_by_the_journal_when_it_is_worth_it);
}
