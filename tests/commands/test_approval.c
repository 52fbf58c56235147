/* Commands that wait for the decision of another program. */
#include "domain/approval.h"

#include <stdio.h>
#include <stdlib.h>

#include "domain/command_copy.h"
#include "tests/suite.h"
#include "tests/support/commands/world.h"

/* Questions, oldest first, that the test answers. */
static struct {
	struct command command;
	char texts[1024];
} asked[8];
static size_t asked_count;
static char asked_body[64]; /* of the last one */
static enum approval_state state;

static bool
approval_test_concerns(struct approval *approval, const struct command *command)
{
	(void)approval;
	return command->kind == COMMAND_ROOM_JOIN || command->body.data != NULL;
}

static enum approval_state
approval_test_ask(struct approval *approval, const struct command *command,
    const struct member *author, struct str body)
{
	(void)approval;
	snprintf(asked_body, sizeof(asked_body), "%.*s", (int)body.len,
	    body.len > 0 ? body.data : "");
	ck_assert(str_equal(str_from(author->id), command->author) ||
		  (command->flags & COMMAND_OF_SERVER));
	if (state != APPROVAL_IS_AWAITED)
		return state;
	ck_assert_uint_lt(asked_count, COUNT_OF(asked));
	command_copy(command, &asked[asked_count].command,
	    asked[asked_count].texts);
	asked_count++;
	return APPROVAL_IS_AWAITED;
}

static const struct approval_ops approval_test_ops = {
	.concerns = approval_test_concerns,
	.ask = approval_test_ask,
};
static struct approval approval = { .ops = &approval_test_ops };

/* Decides about the n-th question. */
static void
question_decide(size_t n, enum chat_error error, struct str text)
{
	struct command command = asked[n].command;

	command.flags |= COMMAND_APPROVED;
	approval.handler->ops->decided(approval.handler, &command, error, text);
}

static void
setup(void)
{
	world_begin();
	connect_members(2);
	fill_room("r", 1);
	dispatcher_destroy(world.dispatcher);
	world.chat.approval = &approval;
	world.dispatcher = dispatcher_create(&world.chat);
	asked_count = 0;
	state = APPROVAL_IS_AWAITED;
}

/* The events since the last time contain a text. */
static void
approval_contains(const char *expected)
{
	ck_assert_msg(strstr(world.publisher.events.text, expected) != NULL,
	    "%s not in %s", expected, world.publisher.events.text);
}

static void
approval_take(const char *expected)
{
	approval_contains(expected);
	forget_events();
}

static enum chat_error
r_post(const char *who, struct str body)
{
	return DO(BROADCAST, who, .room = STR("r"), .body = body);
}

START_TEST(runs_once_it_is_allowed)
{
	ck_assert_int_eq(r_post("id1", STR("1")), CHAT_OK);
	EXPECT_EVENTS("");
	ck_assert_uint_eq(asked_count, 1);
	ck_assert(str_equal(asked[0].command.room, STR("r")));
	question_decide(0, CHAT_OK, STR_ABSENT);
	approval_take(
	    "message room=r seq=1 at=1000 member=member1 id=id1 body=1\n");
}
END_TEST

START_TEST(a_denied_command_fails_with_the_text)
{
	DO(BROADCAST, "id1", .room = STR("r"), .body = STR("1"),
	    .ref = STR("7"));
	question_decide(0, CHAT_MESSAGE_REFUSED, STR("Not here"));
	approval_take("id1: failed ref=7 message_refused text=Not here");
	DO(ROOM_JOIN, "id2", .room = STR("r"));
	question_decide(1, CHAT_FORBIDDEN, STR_ABSENT);
	approval_take("id2: failed forbidden");
	ck_assert(!room_store_has(world.chat.rooms, STR("r"), STR("id2")));
}
END_TEST

START_TEST(another_message_takes_its_place)
{
	r_post("id1", STR("1"));
	asked[0].command.body = STR("\"other\"");
	question_decide(0, CHAT_OK, STR_ABSENT);
	approval_take("member=member1 id=id1 body=\"other\"\n");
	/* It is checked like any other. */
	r_post("id1", STR("1"));
	world.chat.limits.message_bytes = 3;
	asked[1].command.body = STR("\"too long\"");
	question_decide(1, CHAT_OK, STR_ABSENT);
	approval_take("id1: failed message_too_large limit=3");
}
END_TEST

static enum filter_verdict
filter_mask(struct message_filter *filter, struct str body, struct str *out)
{
	(void)filter;
	if (!str_equal(body, STR("\"damn\"")))
		return FILTER_PASSED;
	*out = STR("\"****\"");
	return FILTER_CHANGED;
}

/* The message before the question, and its replacement. */
START_TEST(words_are_filtered_twice)
{
	const struct message_filter_ops ops = { .apply = filter_mask };
	struct message_filter filter = { &ops };

	world.chat.filter = &filter;
	r_post("id1", STR("\"damn\""));
	ck_assert_str_eq(asked_body, "\"****\"");
	question_decide(0, CHAT_OK, STR_ABSENT);
	approval_take("id=id1 body=\"****\"\n");
	r_post("id1", STR("1"));
	asked[1].command.body = STR("\"damn\"");
	question_decide(1, CHAT_OK, STR_ABSENT);
	approval_take("id=id1 body=\"****\"\n");
}
END_TEST

START_TEST(later_commands_of_the_member_wait)
{
	DO(ROOM_JOIN, "id2", .room = STR("r"));
	r_post("id2", STR("1"));
	r_post("id2", STR("2"));
	DO(ROOM_LEAVE, "id2", .room = STR("r"));
	ck_assert_uint_eq(asked_count, 1);
	/* Others do not. */
	DO(PING, "id1");
	approval_take("id1: pong");
	for (size_t i = 0; i < 3; i++) {
		ck_assert_uint_eq(asked_count, i + 1);
		question_decide(i, CHAT_OK, STR_ABSENT);
	}
	approval_contains("id=id2 body=1\n");
	approval_contains("id=id2 body=2\n");
	ck_assert(!room_store_has(world.chat.rooms, STR("r"), STR("id2")));
}
END_TEST

START_TEST(what_fails_here_is_not_asked_about)
{
	r_post("id2", STR("1"));
	approval_take("id2: failed not_in_room");
	r_post("id1", STR(""));
	approval_take("id1: failed bad_field field=message");
	ck_assert_uint_eq(asked_count, 0);
}
END_TEST

/* The state of the chat may change between question and decision. */
START_TEST(is_checked_again_once_it_is_allowed)
{
	DO(ROOM_JOIN, "id2", .room = STR("r"));
	question_decide(0, CHAT_OK, STR_ABSENT);
	r_post("id2", STR("1"));
	DO(KICK, "id1", .room = STR("r"), .recipient = STR("id2"));
	forget_events();
	question_decide(1, CHAT_OK, STR_ABSENT);
	approval_take("id2: failed not_in_room");
}
END_TEST

START_TEST(a_member_leaves_after_the_decision)
{
	r_post("id1", STR("1"));
	DO(DISCONNECT, "id1");
	ck_assert_uint_eq(member_store_count(world.chat.members), 2);
	question_decide(0, CHAT_OK, STR_ABSENT);
	approval_contains("id=id1 body=1\n");
	ck_assert_uint_eq(member_store_count(world.chat.members), 1);
}
END_TEST

START_TEST(the_policy_may_decide_at_once)
{
	state = APPROVAL_IS_GIVEN;
	r_post("id1", STR("1"));
	approval_take(
	    "message room=r seq=1 at=1000 member=member1 id=id1 body=1\n");
	state = APPROVAL_IS_IMPOSSIBLE;
	r_post("id1", STR("1"));
	approval_take("id1: failed unavailable");
}
END_TEST

/* With a slow log, later entries wait for a decision. */
START_TEST(keeps_the_order_of_entries_that_wait)
{
	world.log.is_slow = true;
	r_post("id1", STR("1"));
	question_decide(0, CHAT_OK, STR_ABSENT);
	r_post("id1", STR("2"));
	question_decide(1, CHAT_OK, STR_ABSENT);
	EXPECT_EVENTS("");
	slow_log_do_all(&world.log);
	approval_take(
	    "seq=1 at=1000 member=member1 id=id1 body=1\n"
	    "room r: message room=r seq=2 at=1000 member=member1 id=id1 "
	    "body=2\n");
}
END_TEST

SUITE(approval)
{
	tcase_add_checked_fixture(tests, setup, world_end);
	tcase_add_test(tests, runs_once_it_is_allowed);
	tcase_add_test(tests, a_denied_command_fails_with_the_text);
	tcase_add_test(tests, another_message_takes_its_place);
	tcase_add_test(tests, words_are_filtered_twice);
	tcase_add_test(tests, later_commands_of_the_member_wait);
	tcase_add_test(tests, what_fails_here_is_not_asked_about);
	tcase_add_test(tests, is_checked_again_once_it_is_allowed);
	tcase_add_test(tests, a_member_leaves_after_the_decision);
	tcase_add_test(tests, the_policy_may_decide_at_once);
	tcase_add_test(tests, keeps_the_order_of_entries_that_wait);
}
