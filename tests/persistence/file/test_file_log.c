/* The order in which a file store completes entries, and lost entries. */
#include <errno.h>
#include <stdio.h>

#include "tests/suite.h"
#include "tests/support/persistence/store_rig.h"

static struct store_rig rig;

/* The handler's calls, one for each entry: "message r 2 id1; lost message r 3".
 */
static char reported[1 << 16];

static void
entry_note(struct entry_handler *handler, const struct entry *entry,
    const struct command *requester, enum chat_error outcome)
{
	static const char *const words[] = { "message", "created", "removed",
		"attribute", "barrier" };
	size_t len = strlen(reported);

	(void)handler;
	ck_assert_uint_lt(len, sizeof(reported) - 200);
	len += (size_t)sprintf(reported + len, "%s%s%s %.*s",
	    len > 0 ? "; " : "", outcome == CHAT_OK ? "" : "lost ",
	    words[entry->kind], (int)entry->room_id.len,
	    entry->room_id.len > 0 ? entry->room_id.data : "");
	if (entry->message.seq > 0)
		len += (size_t)sprintf(reported + len, "%s%d",
		    entry->is_duplicate ? "=" : " ", (int)entry->message.seq);
	if (requester != NULL)
		sprintf(reported + len, " %.*s", (int)requester->author.len,
		    requester->author.data);
}

static const struct entry_handler_ops handler_ops = { entry_note };
static struct entry_handler handler = { &handler_ops };

static void
reports_expect(const char *expected)
{
	ck_assert_str_eq(reported, expected);
	reported[0] = '\0';
}

/* r is there. */
static void
setup(void)
{
	store_rig_init(&rig);
	store_rig_open(&rig);
	ck_assert_int_eq(store_rig_put(&rig, "r", true), CHAT_OK);
	store_rig_settle(&rig);
	rig.log->handler = &handler;
	reported[0] = '\0';
}

static void
teardown(void)
{
	store_rig_fini(&rig);
}

static void
log_disk_fill(void)
{
	memory_disk_fail(rig.memory,
	    (struct disk_fault){
		.call = DISK_CALL_PWRITE, .nth = 1, .error = ENOSPC });
}

static enum chat_error
log_append_entry(enum entry_kind kind, const char *room, const char *author)
{
	struct entry entry = { .kind = kind,
		.room_id = room != NULL ? str_from(room) : STR_ABSENT,
		.message = {
		    .at_ms = STORE_RIG_NOW,
		    .author = STR("Alice"),
		    .author_id = STR("a1"),
		    .body = STR("1"),
		} };
	char id[20];
	struct command requester = { .kind = COMMAND_BROADCAST };

	snprintf(id, sizeof(id), "%s", author);
	requester.author = str_from(id);
	return commit_log_append(rig.log, &entry, &requester);
}

START_TEST(does_entries_in_order_when_they_are_safe)
{
	log_append_entry(ENTRY_MESSAGE, "r", "id1");
	log_append_entry(ENTRY_MESSAGE, "r", "id2");
	log_append_entry(ENTRY_BARRIER, NULL, "id3");
	store_rig_put(&rig, "s", true);
	log_append_entry(ENTRY_MESSAGE, "s", "id1");
	file_store_poll(rig.store);
	reports_expect("");
	ck_assert_str_eq(store_rig_show(&rig), "r epoch1:");
	store_rig_settle(&rig);
	reports_expect(
	    "message r 1 id1; message r 2 id2; barrier  id3; created s; "
	    "message s 1 id1");
	ck_assert_str_eq(store_rig_show(&rig),
	    "r epoch1: 1=1 2=1; s epoch2: 1=1");
}
END_TEST

START_TEST(what_is_not_journaled_does_not_wait)
{
	log_append_entry(ENTRY_MESSAGE, "r", "id1");
	ck_assert_int_eq(store_rig_put(&rig, "t", false), CHAT_OK);
	ck_assert_int_eq(log_append_entry(ENTRY_MESSAGE, "t", "id2"), CHAT_OK);
	ck_assert_int_eq(store_rig_remove(&rig, "t"), CHAT_OK);
	reports_expect("created t; message t 1 id2; removed t");
	ck_assert_int_eq(log_append_entry(ENTRY_MESSAGE, "none", "id1"),
	    CHAT_ROOM_NOT_FOUND);
}
END_TEST

START_TEST(a_barrier_waits_for_what_is_before_it_only)
{
	log_append_entry(ENTRY_BARRIER, NULL, "id1");
	reports_expect("");
	file_store_poll(rig.store);
	reports_expect("barrier  id1");
	log_append_entry(ENTRY_MESSAGE, "r", "id1");
	log_append_entry(ENTRY_BARRIER, NULL, "id2");
	store_rig_fail_syncs(&rig);
	store_rig_settle(&rig);
	reports_expect("lost message r id1; lost barrier  id2");
}
END_TEST

START_TEST(a_retry_finds_its_first_in_every_state)
{
	ck_assert_uint_eq(store_rig_append_keyed(&rig, "r", "a", "k"), 1);
	ck_assert_uint_eq(store_rig_append_keyed(&rig, "r", "b", "k"), 1);
	ck_assert_uint_eq(store_rig_append(&rig, "r", "c"), 2);
	store_rig_settle(&rig);
	reports_expect("message r 1; message r=1; message r 2");
	ck_assert_uint_eq(store_rig_append_keyed(&rig, "r", "b", "k"), 1);
	reports_expect("message r=1");
	ck_assert_str_eq(store_rig_show(&rig), "r epoch1: 1=a 2=c");
}
END_TEST

START_TEST(a_retry_is_lost_with_its_first)
{
	store_rig_append_keyed(&rig, "r", "a", "k");
	store_rig_append_keyed(&rig, "r", "b", "k");
	log_disk_fill();
	store_rig_settle(&rig);
	reports_expect("lost message r; lost message r");
	memory_disk_heal(rig.memory);
	memory_disk_advance(rig.memory, 5000);
	store_rig_settle(&rig);
	ck_assert_uint_eq(store_rig_append_keyed(&rig, "r", "b", "k"), 1);
	store_rig_settle(&rig);
	reports_expect("message r 1");
}
END_TEST

START_TEST(a_room_that_is_being_made_is_not_seen)
{
	struct room room;

	store_rig_put(&rig, "s", true);
	ck_assert(commit_log_is_room_pending(rig.log, STR("s")));
	ck_assert(!commit_log_is_room_pending(rig.log, STR("r")));
	ck_assert_int_eq(room_store_get(rig.rooms, STR("s"), &room),
	    CHAT_ROOM_NOT_FOUND);
	ck_assert_int_eq(store_rig_put(&rig, "s", true), CHAT_ROOM_EXISTS);
	ck_assert_int_eq(store_rig_put(&rig, "s", false), CHAT_ROOM_EXISTS);
	store_rig_settle(&rig);
	ck_assert(!commit_log_is_room_pending(rig.log, STR("s")));
	ck_assert_int_eq(room_store_get(rig.rooms, STR("s"), &room), CHAT_OK);
}
END_TEST

START_TEST(a_room_that_is_being_removed_is_not_seen)
{
	log_append_entry(ENTRY_MESSAGE, "r", "id1");
	ck_assert_int_eq(store_rig_remove(&rig, "r"), CHAT_OK);
	ck_assert_int_eq(log_append_entry(ENTRY_MESSAGE, "r", "id2"),
	    CHAT_ROOM_NOT_FOUND);
	ck_assert_int_eq(store_rig_remove(&rig, "r"), CHAT_ROOM_NOT_FOUND);
	ck_assert_str_eq(store_rig_show(&rig), "");
	store_rig_settle(&rig);
	reports_expect("message r 1 id1; removed r");
	ck_assert_uint_eq(room_store_count(rig.rooms), 0);
	ck_assert_int_eq(store_rig_put(&rig, "r", true), CHAT_OK);
}
END_TEST

START_TEST(a_room_whose_removal_is_lost_is_there_again)
{
	log_append_entry(ENTRY_MESSAGE, "r", "id1");
	store_rig_settle(&rig);
	store_rig_remove(&rig, "r");
	log_disk_fill();
	store_rig_settle(&rig);
	reports_expect("message r 1 id1; lost removed r");
	ck_assert_str_eq(store_rig_show(&rig), "r epoch1: 1=1");
	ck_assert(!commit_log_is_room_pending(rig.log, STR("r")));
}
END_TEST

START_TEST(a_room_is_made_and_removed_before_either_is_safe)
{
	store_rig_put(&rig, "s", true);
	store_rig_append(&rig, "s", "a");
	store_rig_remove(&rig, "s");
	if (_i > 0)
		store_rig_fail_syncs(&rig);
	store_rig_settle(&rig);
	if (_i > 0)
		reports_expect(
		    "lost created s; lost message s; lost removed s");
	else
		reports_expect("created s; message s 1; removed s");
	ck_assert_str_eq(store_rig_show(&rig), "r epoch1:");
}
END_TEST

/* The second failure finds entries of the first still waiting for their turn.
 */
START_TEST(does_a_part_at_once)
{
	for (int i = 0; i < 1200; i++)
		log_append_entry(ENTRY_MESSAGE, "r", "id1");
	while (journal_step(file_store_journal(rig.store)))
		continue;
	file_store_poll(rig.store);
	ck_assert_str_eq(store_rig_show(&rig) + strlen(store_rig_show(&rig)) -
			     5,
	    "512=1");
	store_rig_append(&rig, "r", "later");
	if (_i > 0)
		store_rig_fail_syncs(&rig);
	while (journal_step(file_store_journal(rig.store)))
		continue;
	for (int i = 0; i < 3; i++)
		file_store_poll(rig.store);
	ck_assert_uint_eq(commit_log_bytes(rig.log), 0);
	ck_assert_ptr_nonnull(strstr(reported,
	    _i > 0 ? "1200 id1; lost message r" : "1200 id1; message r 1201"));
}
END_TEST

START_TEST(keeps_no_more_waiting_than_it_may)
{
	enum chat_error error = CHAT_OK;
	unsigned count = 0;

	rig.options.queue_bytes = 1000;
	while (error == CHAT_OK) {
		error = log_append_entry(ENTRY_BARRIER, NULL, "id1");
		if (count++ == 0)
			log_append_entry(ENTRY_MESSAGE, "r", "id1");
		ck_assert_uint_lt(count, 100);
	}
	ck_assert_int_eq(error, CHAT_UNAVAILABLE);
	ck_assert(file_store_is_under_pressure(rig.store));
	ck_assert_uint_le(commit_log_bytes(rig.log), 4000);
	store_rig_settle(&rig);
	ck_assert_uint_eq(commit_log_bytes(rig.log), 0);
	ck_assert(!file_store_is_under_pressure(rig.store));
}
END_TEST

/*
 * All is written, but the log was not polled; the sanitizer would find a
 * leak.
 */
START_TEST(is_closed_while_entries_wait)
{
	log_append_entry(ENTRY_MESSAGE, "r", "id1");
	store_rig_put(&rig, "s", true);
	log_append_entry(ENTRY_MESSAGE, "s", "id1");
	store_rig_remove(&rig, "r");
	log_append_entry(ENTRY_BARRIER, NULL, "id1");
	if (_i > 0)
		store_rig_fail_syncs(&rig);
	store_rig_close(&rig);
	reports_expect("");
	memory_disk_heal(rig.memory);
	store_rig_open(&rig);
	if (_i == 0)
		ck_assert_str_eq(store_rig_show(&rig), "s epoch2: 1=1");
}
END_TEST

SUITE(file_log)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, does_entries_in_order_when_they_are_safe);
	tcase_add_test(tests, what_is_not_journaled_does_not_wait);
	tcase_add_test(tests, a_barrier_waits_for_what_is_before_it_only);
	tcase_add_test(tests, a_retry_finds_its_first_in_every_state);
	tcase_add_test(tests, a_retry_is_lost_with_its_first);
	tcase_add_test(tests, a_room_that_is_being_made_is_not_seen);
	tcase_add_test(tests, a_room_that_is_being_removed_is_not_seen);
	tcase_add_test(tests, a_room_whose_removal_is_lost_is_there_again);
	tcase_add_loop_test(tests,
	    a_room_is_made_and_removed_before_either_is_safe, 0, 2);
	tcase_add_loop_test(tests, does_a_part_at_once, 0, 2);
	tcase_add_test(tests, keeps_no_more_waiting_than_it_may);
	tcase_add_loop_test(tests, is_closed_while_entries_wait, 0, 2);
}
