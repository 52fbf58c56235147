#include "persistence/file/commit_gate.h"

#include <stdarg.h>
#include <stdio.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

#define ROOMY (1 << 20)
#define HEARING 7 /* so many hear whatever is said */

/* Writes down, word by word, what comes through: the order is what counts. */
struct recorder {
	struct publisher base;
	bool is_full; /* nobody may enter */
	char text[4096];
};

static struct recorder recorder;
static struct commit_gate *gate;
static struct publisher *door;

__attribute__((format(printf, 1, 2))) static void
note(const char *format, ...)
{
	size_t len = strlen(recorder.text);
	va_list args;

	va_start(args, format);
	vsnprintf(recorder.text + len, sizeof(recorder.text) - len, format,
	    args);
	va_end(args);
}

#define TEXT(str) (int)(str).len, (str).data

static enum chat_error
note_attach(struct publisher *base, void *peer, struct str member_id)
{
	(void)base;
	(void)peer;
	note("attach:%.*s ", TEXT(member_id));
	return CHAT_OK;
}

static enum chat_error
note_enter(struct publisher *base, struct str member_id, struct str room)
{
	(void)base;
	if (recorder.is_full)
		return CHAT_UNAVAILABLE;
	note("enter:%.*s,%.*s ", TEXT(member_id), TEXT(room));
	return CHAT_OK;
}

static void
note_leave(struct publisher *base, struct str member_id, struct str room)
{
	(void)base;
	note("leave:%.*s,%.*s ", TEXT(member_id), TEXT(room));
}

static void
note_detach(struct publisher *base, struct str member_id)
{
	(void)base;
	note("detach:%.*s ", TEXT(member_id));
}

static void
note_lose(struct publisher *base, const struct audience *audience)
{
	(void)base;
	note("lose:%.*s%.*s ", TEXT(audience->room), TEXT(audience->member_id));
}

static const char *
word_of(const struct event *event)
{
	switch (event->kind) {
	case EVENT_SAID:
		return "said";
	case EVENT_DELIVERED:
		return "ack";
	case EVENT_ROOM_CREATED:
		return "made";
	case EVENT_ROOM_JOINED:
		return "joined";
	case EVENT_ROOMS:
		return "rooms";
	case EVENT_ENTERED:
		return "entered";
	case EVENT_TYPING:
		return "typing";
	case EVENT_PONG:
		return "pong";
	case EVENT_REPLAYED:
		return "replayed";
	case EVENT_FAILED:
		return chat_error_word(event->failure.error);
	default:
		return "?";
	}
}

static size_t
note_publish(struct publisher *base, const struct event *event,
    const struct audience *audience)
{
	(void)base;
	note("%s:%.*s%.*s", word_of(event), TEXT(audience->room),
	    TEXT(audience->member_id));
	if (event->seq != 0)
		note(",%d", (int)event->seq);
	if (event->ref.data != NULL)
		note(",ref=%.*s", TEXT(event->ref));
	if (event->recipients != 0)
		note(",heard=%zu", event->recipients);
	if (event->failure.error != CHAT_OK) {
		ck_assert_int_gt(event->failure.retry_after_ms, 0);
		ck_assert(str_equal(event->failure.command, STR("word")));
	}
	note(" ");
	return HEARING;
}

static bool
note_is_congested(struct publisher *base, struct str member_id)
{
	(void)base;
	return str_equal(member_id, STR("stalled"));
}

static const struct publisher_ops recorder_ops = {
	.attach = note_attach,
	.enter = note_enter,
	.leave = note_leave,
	.detach = note_detach,
	.publish = note_publish,
	.is_congested = note_is_congested,
	.lose = note_lose,
};

static void
begin_with(size_t most)
{
	recorder = (struct recorder){ .base.ops = &recorder_ops };
	gate = commit_gate_create(&recorder.base, most);
	ck_assert_ptr_nonnull(gate);
	door = commit_gate_publisher(gate);
	commit_gate_open(gate, 10);
}

static void
begin(void)
{
	begin_with(ROOMY);
}

static void
end(void)
{
	commit_gate_destroy(gate);
}

/* What came through since the last time. */
static void
came_through(const char *expected)
{
	ck_assert_str_eq(recorder.text, expected);
	recorder.text[0] = '\0';
}

static size_t
tell_room(enum event_kind kind, const char *room, uint64_t lsn)
{
	struct event event = { .kind = kind,
		.lsn = lsn,
		.room = str_from(room),
		.seq = lsn,
		.member_id = STR("author"),
		.body = STR("\"hello\""),
		.failure.command = STR("word") };

	return publisher_publish(door, &event, audience_room(event.room));
}

static size_t
answer(enum event_kind kind, const char *who, const char *room, uint64_t lsn,
    const char *ref)
{
	struct event event = { .kind = kind,
		.lsn = lsn,
		.ref = str_from(ref),
		.room = str_from(room),
		.seq = lsn,
		.failure.command = STR("word") };

	if (room[0] == '\0')
		event.room.data = NULL;
	return publisher_publish(door, &event, audience_one(str_from(who)));
}

static void
enter(const char *who, const char *room)
{
	ck_assert_int_eq(publisher_enter(door, str_from(who), str_from(room)),
	    CHAT_OK);
}

static void
leave(const char *who, const char *room)
{
	publisher_leave(door, str_from(who), str_from(room));
}

START_TEST(what_is_committed_comes_through_at_once)
{
	ck_assert_uint_eq(tell_room(EVENT_SAID, "r", 10), HEARING);
	ck_assert_uint_eq(answer(EVENT_PONG, "a", "", 0, "1"), HEARING);
	enter("a", "r");
	leave("a", "r");
	publisher_attach(door, &recorder, STR("b"));
	came_through("said:r,10 pong:a,ref=1 enter:a,r leave:a,r attach:b ");
	ck_assert_uint_eq(commit_gate_bytes(gate), 0);
}
END_TEST

START_TEST(what_is_not_committed_waits)
{
	ck_assert_uint_eq(tell_room(EVENT_SAID, "r", 11), 0);
	tell_room(EVENT_SAID, "r", 12);
	came_through("");
	ck_assert_uint_gt(commit_gate_bytes(gate), 0);
	commit_gate_open(gate, 11);
	came_through("said:r,11 ");
	commit_gate_open(gate, 12);
	came_through("said:r,12 ");
	ck_assert_uint_eq(commit_gate_bytes(gate), 0);
	ck_assert_uint_eq(tell_room(EVENT_SAID, "r", 12), HEARING);
}
END_TEST

START_TEST(others_have_their_turn_when_much_may_go)
{
	const char *last = "entered:r ";

	for (uint64_t lsn = 11; lsn <= 700; lsn++)
		tell_room(EVENT_SAID, "r", lsn);
	ck_assert(commit_gate_open(gate, 700));
	ck_assert_uint_gt(commit_gate_bytes(gate), 0);
	recorder.text[0] = '\0';
	tell_room(EVENT_ENTERED, "r", 0);
	came_through("");
	ck_assert(!commit_gate_open(gate, 700));
	ck_assert_uint_eq(commit_gate_bytes(gate), 0);
	ck_assert_str_eq(recorder.text + strlen(recorder.text) - strlen(last),
	    last);
}
END_TEST

START_TEST(whatever_concerns_the_room_waits_behind_it)
{
	tell_room(EVENT_SAID, "r", 11);
	enter("b", "r");
	answer(EVENT_ROOM_JOINED, "b", "r", 11, "2");
	tell_room(EVENT_ENTERED, "r", 0);
	leave("c", "r");
	answer(EVENT_PONG, "d", "r", 0, "3");
	tell_room(EVENT_SAID, "r", 12);
	enter("e", "r");
	came_through("");
	commit_gate_open(gate, 11);
	came_through("said:r,11 enter:b,r joined:b,11,ref=2 entered:r "
		     "leave:c,r pong:d,ref=3 ");
	commit_gate_open(gate, 12);
	came_through("said:r,12 enter:e,r ");
}
END_TEST

START_TEST(other_rooms_do_not_notice)
{
	tell_room(EVENT_SAID, "r", 11);
	tell_room(EVENT_SAID, "other", 0);
	tell_room(EVENT_ENTERED, "other", 0);
	enter("a", "other");
	leave("a", "other");
	answer(EVENT_PONG, "a", "", 0, "1");
	enter("a", "");
	came_through("said:other entered:other enter:a,other leave:a,other "
		     "pong:a,ref=1 enter:a, ");
}
END_TEST

START_TEST(all_rooms_go_on_in_the_order_of_what_was_said)
{
	tell_room(EVENT_SAID, "r", 11);
	tell_room(EVENT_SAID, "s", 12);
	tell_room(EVENT_SAID, "r", 13);
	tell_room(EVENT_SAID, "s", 14);
	commit_gate_open(gate, 13);
	came_through("said:r,11 said:s,12 said:r,13 ");
	commit_gate_open(gate, 14);
	came_through("said:s,14 ");
}
END_TEST

START_TEST(a_list_of_rooms_waits_for_the_newest)
{
	answer(EVENT_ROOMS, "a", "", 11, "1");
	answer(EVENT_ROOMS, "b", "", 10, "2");
	came_through("rooms:b,10,ref=2 ");
	commit_gate_open(gate, 11);
	came_through("rooms:a,11,ref=1 ");
}
END_TEST

START_TEST(a_replay_does_not_wait)
{
	tell_room(EVENT_SAID, "r", 11);
	answer(EVENT_REPLAYED, "a", "r", 0, "1");
	answer(EVENT_PRESENCE, "a", "r", 0, "2");
	came_through("replayed:a,ref=1 ");
	commit_gate_open(gate, 11);
	came_through("said:r,11 ?:a,ref=2 ");
}
END_TEST

START_TEST(asks_who_is_congested)
{
	ck_assert(publisher_is_congested(door, STR("stalled")));
	ck_assert(!publisher_is_congested(door, STR("a")));
}
END_TEST

START_TEST(an_author_learns_how_many_heard_it)
{
	tell_room(EVENT_SAID, "r", 11);
	answer(EVENT_DELIVERED, "author", "r", 11, "1");
	tell_room(EVENT_SAID, "r", 12);
	tell_room(EVENT_SAID, "r", 13);
	answer(EVENT_DELIVERED, "author", "r", 13, "3");
	commit_gate_open(gate, 13);
	came_through("said:r,11 ack:author,11,ref=1,heard=7 said:r,12 "
		     "said:r,13 ack:author,13,ref=3,heard=7 ");
}
END_TEST

START_TEST(who_is_typing_is_not_told_late)
{
	tell_room(EVENT_SAID, "r", 11);
	tell_room(EVENT_TYPING, "r", 0);
	tell_room(EVENT_TYPING, "s", 0);
	commit_gate_open(gate, 11);
	came_through("typing:s said:r,11 ");
}
END_TEST

START_TEST(who_is_gone_is_gone_at_once)
{
	tell_room(EVENT_SAID, "r", 11);
	enter("b", "r");
	publisher_detach(door, STR("b"));
	came_through("detach:b ");
	commit_gate_open(gate, 11);
	/* The publisher behind ignores what is asked for nobody. */
	came_through("said:r,11 enter:b,r ");
}
END_TEST

START_TEST(who_cannot_enter_after_all_is_cut_off)
{
	tell_room(EVENT_SAID, "r", 11);
	enter("b", "r");
	recorder.is_full = true;
	commit_gate_open(gate, 11);
	came_through("said:r,11 lose:b ");
}
END_TEST

START_TEST(a_failure_is_told_to_authors_only)
{
	tell_room(EVENT_SAID, "r", 11);
	tell_room(EVENT_SAID, "r", 12);
	answer(EVENT_DELIVERED, "author", "r", 12, "1");
	answer(EVENT_ROOM_CREATED, "b", "s", 13, "2");
	tell_room(EVENT_SAID, "s", 14);
	commit_gate_open(gate, 11);
	came_through("said:r,11 ");
	commit_gate_fail(gate, 12);
	/* The last one did not ask for an answer, and is told all the same. */
	came_through("store_failed:author,ref=1 store_failed:b,ref=2 "
		     "store_failed:author ");
	ck_assert_uint_eq(commit_gate_bytes(gate), 0);
}
END_TEST

START_TEST(who_would_have_read_what_failed_may_ask_again)
{
	tell_room(EVENT_SAID, "r", 11);
	enter("b", "r");
	answer(EVENT_ROOM_JOINED, "b", "r", 11, "1");
	answer(EVENT_ROOMS, "c", "", 11, "2");
	commit_gate_fail(gate, 11);
	came_through("store_failed:author enter:b,r unavailable:b,ref=1 "
		     "unavailable:c,ref=2 ");
}
END_TEST

START_TEST(comings_and_goings_outlive_a_failure)
{
	tell_room(EVENT_SAID, "r", 11);
	tell_room(EVENT_ENTERED, "r", 0);
	leave("b", "r");
	tell_room(EVENT_SAID, "r", 12);
	commit_gate_fail(gate, 11);
	came_through(
	    "store_failed:author entered:r leave:b,r store_failed:author ");
}
END_TEST

/* The numbers are given out again, to what then waits for them. */
START_TEST(goes_on_after_a_failure)
{
	tell_room(EVENT_SAID, "r", 11);
	commit_gate_fail(gate, 11);
	came_through("store_failed:author ");
	tell_room(EVENT_SAID, "r", 11);
	tell_room(EVENT_SAID, "s", 12);
	came_through("");
	commit_gate_open(gate, 11);
	came_through("said:r,11 ");
	commit_gate_open(gate, 12);
	came_through("said:s,12 ");
}
END_TEST

START_TEST(what_was_kept_after_all_still_waits)
{
	tell_room(EVENT_SAID, "r", 11);
	tell_room(EVENT_ENTERED, "r", 0);
	tell_room(EVENT_SAID, "s", 12);
	tell_room(EVENT_ENTERED, "s", 0);
	commit_gate_fail(gate, 12);
	came_through("");
	commit_gate_open(gate, 11);
	came_through("said:r,11 entered:r store_failed:author entered:s ");
}
END_TEST

/* There is place for a message and somebody who comes, and no more. */
START_TEST(who_cannot_be_told_is_cut_off)
{
	size_t most;

	tell_room(EVENT_SAID, "r", 11);
	enter("b", "r");
	most = commit_gate_bytes(gate);
	end();
	begin_with(most);
	tell_room(EVENT_SAID, "r", 11);
	enter("b", "r");
	for (int i = 0; i < 2; i++)
		tell_room(EVENT_SAID, "r", 12);
	came_through("lose:r lose:b lose:r lose:b ");
	commit_gate_open(gate, 11);
	came_through("said:r,11 enter:b,r ");
	ck_assert_uint_eq(commit_gate_bytes(gate), 0);
}
END_TEST

/* Its place, one more for the first in a room, one more for the map. */
START_TEST(without_memory_nobody_has_a_hole)
{
	if (!malloc_can_fail())
		return;
	for (unsigned n = 1; n <= 3; n++) {
		end();
		begin();
		malloc_fail_at(n);
		tell_room(EVENT_SAID, "r", 11);
		malloc_fail_at(0);
		ck_assert(malloc_has_failed());
		ck_assert_uint_eq(commit_gate_bytes(gate), 0);
		came_through("lose:r ");
	}
	tell_room(EVENT_SAID, "r", 11);
	commit_gate_open(gate, 11);
	came_through("said:r,11 ");
}
END_TEST

/* What comes next needs memory of its own. */
static void
tell_at_length(const char *room, uint64_t lsn)
{
	static char body[65536];
	struct event event = { .kind = EVENT_SAID,
		.lsn = lsn,
		.room = str_from(room),
		.seq = lsn,
		.body = str_slice(body, sizeof(body)) };

	publisher_publish(door, &event, audience_room(event.room));
}

START_TEST(without_memory_nobody_enters_unheard)
{
	bool failed;
	enum chat_error error;

	if (!malloc_can_fail())
		return;
	tell_at_length("r", 11);
	malloc_fail_at(1);
	error = publisher_enter(door, STR("b"), STR("r"));
	failed = malloc_has_failed();
	malloc_fail_at(1);
	leave("c", "r");
	malloc_fail_at(0);
	ck_assert(failed);
	ck_assert_int_eq(error, CHAT_UNAVAILABLE);
	came_through("lose:c ");
	commit_gate_open(gate, 11);
	came_through("said:r,11 ");
}
END_TEST

START_TEST(is_not_made_without_memory)
{
	struct commit_gate *none;

	if (!malloc_can_fail())
		return;
	malloc_fail_at(1);
	none = commit_gate_create(&recorder.base, ROOMY);
	malloc_fail_at(0);
	ck_assert_ptr_null(none);
	commit_gate_destroy(none);
}
END_TEST

SUITE(commit_gate)
{
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, what_is_committed_comes_through_at_once);
	tcase_add_test(tests, what_is_not_committed_waits);
	tcase_add_test(tests, others_have_their_turn_when_much_may_go);
	tcase_add_test(tests, whatever_concerns_the_room_waits_behind_it);
	tcase_add_test(tests, other_rooms_do_not_notice);
	tcase_add_test(tests, all_rooms_go_on_in_the_order_of_what_was_said);
	tcase_add_test(tests, a_list_of_rooms_waits_for_the_newest);
	tcase_add_test(tests, a_replay_does_not_wait);
	tcase_add_test(tests, asks_who_is_congested);
	tcase_add_test(tests, an_author_learns_how_many_heard_it);
	tcase_add_test(tests, who_is_typing_is_not_told_late);
	tcase_add_test(tests, who_is_gone_is_gone_at_once);
	tcase_add_test(tests, who_cannot_enter_after_all_is_cut_off);
	tcase_add_test(tests, a_failure_is_told_to_authors_only);
	tcase_add_test(tests, who_would_have_read_what_failed_may_ask_again);
	tcase_add_test(tests, comings_and_goings_outlive_a_failure);
	tcase_add_test(tests, goes_on_after_a_failure);
	tcase_add_test(tests, what_was_kept_after_all_still_waits);
	tcase_add_test(tests, who_cannot_be_told_is_cut_off);
	tcase_add_test(tests, without_memory_nobody_has_a_hole);
	tcase_add_test(tests, without_memory_nobody_enters_unheard);
	tcase_add_test(tests, is_not_made_without_memory);
}
