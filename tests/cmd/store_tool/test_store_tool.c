#include "cmd/parleyd/store_tool/store_tool.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "persistence/format/record_payload.h"
#include "persistence/format/store_lock.h"
#include "persistence/journal/journal.h"
#include "persistence/recovery/recovery.h"
#include "tests/suite.h"

#define SEGMENT "seg-0000000000000001.log"

static char dir[64], store[96];
static char *out_text;
static size_t out_len;

static bool
ignore_record(struct replay *replay, const struct record *record)
{
	(void)replay;
	(void)record;
	return true;
}

static void
record_append(struct journal *journal, enum record_type type,
    struct str payload)
{
	enum chat_error error;
	char *at = journal_reserve(journal, payload.len, &error);

	ck_assert_ptr_nonnull(at);
	memcpy(at, payload.data, payload.len);
	journal_commit(journal, type);
}

static void
room_append(struct journal *journal, const char *id)
{
	struct room room = { .persistent = true, .created_ms = 99 };
	char payload[256];

	snprintf(room.id, sizeof(room.id), "%s", id);
	snprintf(room.name, sizeof(room.name), "The \"%s\"", id);
	snprintf(room.epoch, sizeof(room.epoch), "e");
	record_append(journal, RECORD_ROOM,
	    str_slice(payload, room_payload_write(payload, &room)));
}

static void
message_append(struct journal *journal, const char *room, uint64_t seq,
    const char *key)
{
	struct message message = { .seq = seq,
		.at_ms = 1000,
		.author = STR("Ann\n"),
		.author_id = STR("a1"),
		.body = STR("{\"a\":\r\n1}") };
	char payload[256];

	if (key != NULL)
		message.key = str_from(key);
	record_append(journal, RECORD_MESSAGE,
	    str_slice(payload,
		message_payload_write(payload, str_from(room), &message)));
}

/* LSN 1: OPEN, 2 and 3: rooms, 4 to 7: messages, 8: CLOSE. */
static void
fill_store(void)
{
	struct disk *disk = system_disk_open(store);
	struct replay replay = { .record = ignore_record };
	struct recovery_config config = { .disk = disk };
	struct store_options options = { .segment_bytes = 1 << 20,
		.queue_bytes = 1 << 20,
		.probe_ms = 5000 };
	struct recovery_result result;
	struct journal *journal;

	ck_assert_int_eq(recovery_run(&config, &replay, &result), RECOVERY_OK);
	journal = journal_create(&(struct journal_config){
	    .disk = disk, .options = &options, .recovered = &result });
	ck_assert_ptr_nonnull(journal);
	room_append(journal, "kitchen");
	room_append(journal, "attic");
	message_append(journal, "kitchen", 1, "k\\1");
	message_append(journal, "kitchen", 2, NULL);
	message_append(journal, "attic", 1, NULL);
	message_append(journal, "kitchen", 3, NULL);
	journal_destroy(journal);
	recovery_result_fini(&result);
	disk_destroy(disk);
}

static void
setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/test_store_tool.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(store, sizeof(store), "%s/store", dir);
}

static void
teardown(void)
{
	char command[128];

	free(out_text);
	out_text = NULL;
	snprintf(command, sizeof(command), "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

/* Its exit status; what it prints is in out_text. */
static int
tool_run(const char *verb, const char *flag, const char *value)
{
	char *argv[] = { (char *)verb, store, (char *)flag, (char *)value };
	int argc = flag == NULL ? 2 : value == NULL ? 3 : 4;
	FILE *out;
	int status;

	free(out_text);
	out = open_memstream(&out_text, &out_len);
	status = store_tool_run(argc, argv, out);
	fclose(out);
	return status;
}

/* Overwrites bytes of the segment. */
static void
segment_overwrite(off_t at, size_t len)
{
	char path[160], bytes[256];
	int file;

	snprintf(path, sizeof(path), "%s/" SEGMENT, store);
	memset(bytes, 0x3c, sizeof(bytes));
	file = open(path, O_WRONLY);
	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(pwrite(file, bytes, len, at), (ssize_t)len);
	close(file);
}

/* The offset of the record with an LSN. */
static off_t
find_record(uint64_t lsn)
{
	char path[160], *bytes = calloc(1, 1 << 20);
	struct segment_head head;
	size_t at = SEGMENT_HEAD_SIZE, size;
	struct record record;
	int file;

	snprintf(path, sizeof(path), "%s/" SEGMENT, store);
	file = open(path, O_RDONLY);
	ck_assert_int_gt(read(file, bytes, 1 << 20), 0);
	close(file);
	ck_assert_int_eq(segment_head_read(bytes, SEGMENT_HEAD_SIZE, &head),
	    SEGMENT_HEAD_GOOD);
	while (record_read(bytes + at, (1 << 20) - at, head.salt, &record,
		   &size) == RECORD_GOOD &&
	       record.lsn != lsn)
		at += size;
	free(bytes);
	return (off_t)at;
}

START_TEST(a_whole_store_is_whole)
{
	fill_store();
	ck_assert_int_eq(tool_run("check", NULL, NULL), 0);
	ck_assert_str_eq(out_text,
	    "whole: 8 records, next LSN 9, 0 records lost\n");
}
END_TEST

START_TEST(dump_is_one_object_in_a_line)
{
	fill_store();
	ck_assert_int_eq(tool_run("dump", NULL, NULL), 0);
	ck_assert_str_eq(out_text,
	    "{\"type\":\"room\",\"lsn\":2,\"room\":\"kitchen\","
	    "\"name\":\"The \\\"kitchen\\\"\",\"epoch\":\"e\",\"ttl_ms\":0,"
	    "\"max_members\":0,\"created\":99}\n"
	    "{\"type\":\"room\",\"lsn\":3,\"room\":\"attic\","
	    "\"name\":\"The \\\"attic\\\"\",\"epoch\":\"e\",\"ttl_ms\":0,"
	    "\"max_members\":0,\"created\":99}\n"
	    "{\"type\":\"message\",\"lsn\":4,\"room\":\"kitchen\",\"seq\":1,"
	    "\"at\":1000,\"member\":\"Ann\\u000a\",\"member_id\":\"a1\","
	    "\"key\":\"k\\\\1\",\"message\":{\"a\":  1}}\n"
	    "{\"type\":\"message\",\"lsn\":5,\"room\":\"kitchen\",\"seq\":2,"
	    "\"at\":1000,\"member\":\"Ann\\u000a\",\"member_id\":\"a1\","
	    "\"message\":{\"a\":  1}}\n"
	    "{\"type\":\"message\",\"lsn\":6,\"room\":\"attic\",\"seq\":1,"
	    "\"at\":1000,\"member\":\"Ann\\u000a\",\"member_id\":\"a1\","
	    "\"message\":{\"a\":  1}}\n"
	    "{\"type\":\"message\",\"lsn\":7,\"room\":\"kitchen\",\"seq\":3,"
	    "\"at\":1000,\"member\":\"Ann\\u000a\",\"member_id\":\"a1\","
	    "\"message\":{\"a\":  1}}\n");
}
END_TEST

START_TEST(dump_shows_one_room_if_asked)
{
	fill_store();
	ck_assert_int_eq(tool_run("dump", "--room", "attic"), 0);
	ck_assert_ptr_nonnull(strstr(out_text, "\"lsn\":3"));
	ck_assert_ptr_nonnull(strstr(out_text, "\"lsn\":6"));
	ck_assert_ptr_null(strstr(out_text, "kitchen"));
}
END_TEST

START_TEST(stats_count_room_by_room)
{
	fill_store();
	ck_assert_int_eq(tool_run("stats", NULL, NULL), 0);
	ck_assert_ptr_nonnull(strstr(out_text,
	    "rooms 2\nmessages 4\nmessage_bytes 36\n"
	    "room kitchen messages 3 bytes 27 seq 1-3\n"
	    "room attic messages 1 bytes 9 seq 1-1\n"));
	ck_assert_ptr_nonnull(strstr(out_text, "next_lsn 9\n"));
}
END_TEST

START_TEST(a_torn_tail_is_reported_and_not_changed)
{
	char path[160];

	fill_store();
	segment_overwrite(find_record(8), 100);
	/* CLOSE was synced, but no record of that was. */
	snprintf(path, sizeof(path), "%s/DURABLE", store);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(tool_run("check", NULL, NULL), 1);
	ck_assert_ptr_nonnull(strstr(out_text, "unfinished, from LSN 8 on"));
	ck_assert_int_eq(tool_run("check", NULL, NULL), 1);
}
END_TEST

START_TEST(damage_is_reported_with_its_place_and_repaired_once)
{
	char expected[128], path[160];
	off_t at, behind;

	fill_store();
	at = find_record(5);
	behind = find_record(6);
	segment_overwrite(at, 4);
	snprintf(expected, sizeof(expected),
	    SEGMENT ": byte %lld, %lld bytes: 1 records lost, LSN 5 to 5\n",
	    (long long)at, (long long)(behind - at));
	ck_assert_int_eq(tool_run("check", NULL, NULL), 2);
	ck_assert_ptr_nonnull(strstr(out_text, expected));
	ck_assert_int_eq(tool_run("check", NULL, NULL), 2);
	ck_assert_int_eq(tool_run("repair", NULL, NULL), 0);
	ck_assert_ptr_nonnull(strstr(out_text, "before-repair-1\n"));
	ck_assert_ptr_nonnull(strstr(out_text, "1 records lost"));
	ck_assert_int_eq(tool_run("check", NULL, NULL), 0);
	ck_assert_ptr_nonnull(strstr(out_text, "(known before)"));
	ck_assert_int_eq(tool_run("dump", NULL, NULL), 0);
	ck_assert_ptr_null(strstr(out_text, "\"lsn\":5,"));
	ck_assert_ptr_nonnull(strstr(out_text, "\"lsn\":7,"));
	snprintf(path, sizeof(path), "%s", store);
	snprintf(store, sizeof(store), "%.60s.before-repair-1", path);
	ck_assert_int_eq(tool_run("check", NULL, NULL), 2);
}
END_TEST

static int
run_delete_room(const char *room)
{
	char verb[] = "delete-room", id[64];
	char *argv[] = { verb, store, id };
	FILE *out;
	int status;

	snprintf(id, sizeof(id), "%s", room);
	free(out_text);
	out = open_memstream(&out_text, &out_len);
	status = store_tool_run(3, argv, out);
	fclose(out);
	return status;
}

START_TEST(rooms_are_listed_with_what_they_hold)
{
	fill_store();
	ck_assert_int_eq(tool_run("rooms", NULL, NULL), 0);
	ck_assert_ptr_nonnull(strstr(out_text,
	    "{\"room\":\"kitchen\",\"name\":\"The \\\"kitchen\\\"\","
	    "\"messages\":3,\"bytes\":27,\"max_members\":0,\"created\":99,"
	    "\"active\":1000}\n"));
	ck_assert_ptr_nonnull(strstr(out_text, "{\"room\":\"attic\","));
}
END_TEST

START_TEST(a_room_can_be_deleted_with_its_messages)
{
	fill_store();
	ck_assert_int_eq(run_delete_room("kitchen"), 0);
	ck_assert_str_eq(out_text, "deleted room kitchen\n");
	ck_assert_int_eq(tool_run("check", NULL, NULL), 0);
	ck_assert_int_eq(tool_run("rooms", NULL, NULL), 0);
	ck_assert_ptr_null(strstr(out_text, "kitchen"));
	ck_assert_ptr_nonnull(strstr(out_text, "attic"));
	ck_assert_int_eq(run_delete_room("kitchen"), 5);
	ck_assert_int_eq(run_delete_room("nowhere"), 5);
	ck_assert_str_eq(out_text, "");
}
END_TEST

START_TEST(a_store_in_use_is_left_alone)
{
	struct disk *disk;
	int lock;

	fill_store();
	disk = system_disk_open(store);
	ck_assert_int_eq(store_lock_take(disk, &lock), 0);
	ck_assert_int_eq(tool_run("check", NULL, NULL), 4);
	ck_assert_int_eq(tool_run("repair", NULL, NULL), 4);
	ck_assert_int_eq(run_delete_room("kitchen"), 4);
	ck_assert_str_eq(out_text, "");
	store_lock_release(disk, lock);
	disk_destroy(disk);
}
END_TEST

START_TEST(what_is_no_store_is_not_made_one)
{
	struct stat status;
	char path[160];

	ck_assert_int_eq(tool_run("check", NULL, NULL), 3);
	ck_assert_int_ne(stat(store, &status), 0);
	ck_assert_int_eq(mkdir(store, 0700), 0);
	ck_assert_int_eq(tool_run("check", NULL, NULL), 3);
	ck_assert_int_eq(tool_run("repair", NULL, NULL), 3);
	ck_assert_int_eq(rmdir(store), 0);
	snprintf(path, sizeof(path), "%s", store);
	fclose(fopen(path, "w"));
	ck_assert_int_eq(tool_run("stats", NULL, NULL), 3);
}
END_TEST

static const char *const wrong[][4] = {
	{ NULL },
	{ "check", NULL },
	{ "mend", "x", NULL },
	{ "check", "x", "y", NULL },
	{ "check", "--room", "x", NULL },
	{ "dump", "x", "--room", NULL },
};

START_TEST(unknown_arguments_are_reported)
{
	char *const *argv = (char *const *)wrong[_i];
	int argc = 0;

	while (argv[argc] != NULL)
		argc++;
	ck_assert_int_eq(store_tool_run(argc, argv, stdout), 64);
}
END_TEST

START_TEST(what_cannot_be_printed_is_no_success)
{
	char *const argv[] = { "dump", store };
	FILE *full = fopen("/dev/full", "w");

	fill_store();
	ck_assert_int_eq(store_tool_run(2, argv, full), 74);
	fclose(full);
}
END_TEST

START_TEST(help_is_answered_in_80_columns)
{
	ck_assert_int_eq(tool_run("check", "--help", NULL), 0);
	for (const char *at = out_text; *at != '\0'; at++) {
		ck_assert_uint_lt(strcspn(at, "\n"), 80);
		at += strcspn(at, "\n");
	}
}
END_TEST

SUITE(store_tool)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, a_whole_store_is_whole);
	tcase_add_test(tests, dump_is_one_object_in_a_line);
	tcase_add_test(tests, dump_shows_one_room_if_asked);
	tcase_add_test(tests, stats_count_room_by_room);
	tcase_add_test(tests, a_torn_tail_is_reported_and_not_changed);
	tcase_add_test(tests,
	    damage_is_reported_with_its_place_and_repaired_once);
	tcase_add_test(tests, rooms_are_listed_with_what_they_hold);
	tcase_add_test(tests, a_room_can_be_deleted_with_its_messages);
	tcase_add_test(tests, a_store_in_use_is_left_alone);
	tcase_add_test(tests, what_is_no_store_is_not_made_one);
	tcase_add_loop_test(tests, unknown_arguments_are_reported, 0,
	    COUNT_OF(wrong));
	tcase_add_test(tests, what_cannot_be_printed_is_no_success);
	tcase_add_test(tests, help_is_answered_in_80_columns);
}
