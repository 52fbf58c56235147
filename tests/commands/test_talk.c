/* Private messages between users: the room of a talk. */
#include "tests/suite.h"
#include "tests/support/commands/world.h"

#define ALICE "uaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define BOB "ubbbbbbbbbbbbbbbbbbbbbbbbbb"
#define CAROL "ucccccccccccccccccccccccccc"
#define TALK "@" ALICE "+" BOB
#define PSST .body = STR("\"psst\"")

static void
talker_connect(const char *id, const char *name, uint32_t connection)
{
	struct principal principal = {
		.user_id = str_from(name),
		.member_id = str_from(id),
	};

	CONNECT(.flags = COMMAND_SHARED, .connection = connection,
	    .principal = &principal, .name = str_from(name));
	forget_events();
}

static void
alice_and_bob(void)
{
	talker_connect(BOB, "bob", 1);
	talker_connect(BOB, "bob", 2);
	talker_connect(ALICE, "alice", 3);
}

START_TEST(the_first_message_begins_the_talk)
{
	alice_and_bob();
	ck_assert_int_eq(DO(DM, BOB, .connection = 2, PSST,
			     .recipient = STR("Alice"), .ref = STR("9")),
	    CHAT_OK);
	EXPECT_EVENTS(BOB
	    " except=" BOB "/2: dm room=" TALK
	    " seq=1 at=1000 member=bob id=" BOB " body=\"psst\"\n" ALICE
	    ": dm room=" TALK " seq=1 at=1000 member=bob id=" BOB
	    " body=\"psst\"\n" BOB "/2: dm_sent ref=9 room=" TALK
	    " seq=1 at=1000 member=alice id=" ALICE " body=\"psst\"\n");
	DO(DM, ALICE, .connection = 3, .body = STR("\"yes?\""),
	    .recipient = STR(BOB));
	EXPECT_EVENTS(ALICE
	    " except=" ALICE "/3: dm room=" TALK
	    " seq=2 at=1000 member=alice id=" ALICE " body=\"yes?\"\n" BOB
	    ": dm room=" TALK " seq=2 at=1000 member=alice id=" ALICE
	    " body=\"yes?\"\n" ALICE "/3: dm_sent room=" TALK
	    " seq=2 at=1000 member=bob id=" BOB " body=\"yes?\"\n");
}
END_TEST

START_TEST(both_read_the_talk_and_others_do_not_find_it)
{
	alice_and_bob();
	talker_connect(CAROL, "carol", 4);
	DO(DM, BOB, .connection = 1, PSST, .recipient = STR("alice"));
	forget_events();
	DO(HISTORY, ALICE, .connection = 3, .room = STR(TALK), .limit = 10);
	EXPECT_EVENTS(ALICE "/3: history room=" TALK
			    " epoch=epoch1 [1 at=1000 bob " BOB " \"psst\"]\n");
	DO(ROOM_JOIN, BOB, .connection = 2, .room = STR(TALK), .limit = 10);
	EXPECT_EVENTS(BOB "/2: joined room=" TALK " name=" TALK
			  " epoch=epoch1 seq=1 at=1000 member=bob id=" BOB
			  " count=2 names_left_out [1 at=1000 bob " BOB
			  " \"psst\"]\n");
	DO(ROOM_JOIN, ALICE, .connection = 3, .room = STR(TALK),
	    .flags = COMMAND_HAS_SINCE, .since_epoch = STR("epoch1"),
	    .since_seq = 1);
	EXPECT_EVENTS(ALICE "/3: joined room=" TALK " name=" TALK
			    " epoch=epoch1 seq=1 at=1000 member=alice id=" ALICE
			    " count=2 names_left_out asked recovered\n");
	for (int i = 0; i < 3; i++) {
		static const unsigned flags[] = { 0, COMMAND_MAY_CREATE,
			COMMAND_MAY_CREATE | COMMAND_PERSISTENT };

		ck_assert_int_eq(DO(ROOM_JOIN, CAROL, .room = STR(TALK),
				     .flags = flags[i]),
		    CHAT_ROOM_NOT_FOUND);
	}
	ck_assert_int_eq(DO(HISTORY, CAROL, .room = STR(TALK)),
	    CHAT_ROOM_NOT_FOUND);
	ck_assert_int_eq(DO(LIST, CAROL, .room = STR(TALK)),
	    CHAT_ROOM_NOT_FOUND);
	ck_assert_int_eq(DO(ROOM_CREATE, CAROL, .room = STR(TALK),
			     .name = STR("x")),
	    CHAT_BAD_FIELD);
	forget_events();
	DO(ROOM_LIST, ALICE, .connection = 3);
	EXPECT_EVENTS(ALICE "/3: rooms at=1000\n");
}
END_TEST

START_TEST(a_talk_is_not_entered)
{
	alice_and_bob();
	DO(DM, BOB, .connection = 1, PSST, .recipient = STR("alice"));
	DO(ROOM_JOIN, BOB, .connection = 1, .room = STR(TALK));
	ck_assert_int_eq(DO(ROOM_LEAVE, BOB, .room = STR(TALK)),
	    CHAT_NOT_IN_ROOM);
	ck_assert_int_eq(DO(TYPING, BOB, .room = STR(TALK)), CHAT_NOT_IN_ROOM);
	ck_assert_int_eq(DO(BROADCAST, BOB, .room = STR(TALK), PSST),
	    CHAT_NOT_IN_ROOM);
	ck_assert_uint_eq(room_store_rooms_of(world.chat.rooms, STR(BOB)), 0);
}
END_TEST

/* There is none before the first message. */
START_TEST(a_talk_is_not_joined_into_being)
{
	alice_and_bob();
	ck_assert_int_eq(DO(ROOM_JOIN, BOB, .room = STR(TALK),
			     .flags = COMMAND_MAY_CREATE),
	    CHAT_ROOM_NOT_FOUND);
	ck_assert_int_eq(DO(HISTORY, BOB, .room = STR(TALK)),
	    CHAT_ROOM_NOT_FOUND);
}
END_TEST

START_TEST(a_message_waits_for_a_user_who_is_away)
{
	talker_connect(BOB, "bob", 1);
	world.publisher.stalled = ALICE;
	DO(DM, BOB, .connection = 1, PSST, .recipient = STR(ALICE));
	EXPECT_EVENTS(BOB " except=" BOB "/1: dm room=" TALK
			  " seq=1 at=1000 member=bob id=" BOB
			  " body=\"psst\"\n" BOB "/1: dm_sent room=" TALK
			  " seq=1 at=1000 id=" ALICE " body=\"psst\" away\n");
	world.publisher.stalled = NULL;
	talker_connect(ALICE, "alice", 2);
	DO(HISTORY, ALICE, .connection = 2, .room = STR(TALK), .limit = 1);
	EXPECT_EVENTS(ALICE "/2: history room=" TALK
			    " epoch=epoch1 [1 at=1000 bob " BOB " \"psst\"]\n");
	/* By name only while it is connected. */
	ck_assert_int_eq(DO(DM, BOB, .connection = 1, PSST,
			     .recipient = STR("carol")),
	    CHAT_MEMBER_NOT_FOUND);
}
END_TEST

START_TEST(talks_are_among_the_rooms_of_a_member)
{
	alice_and_bob();
	talker_connect(CAROL, "carol", 4);
	DO(DM, BOB, .connection = 1, PSST, .recipient = STR("alice"));
	DO(ROOM_CREATE, ALICE, .connection = 3, .room = STR("r"),
	    .name = STR("R"));
	forget_events();
	DO(ROOM_LIST, ALICE, .connection = 3, .flags = COMMAND_MINE);
	ck_assert_ptr_nonnull(strstr(world.publisher.events.text,
	    "[" TALK " bob 2"));
	ck_assert_ptr_nonnull(strstr(world.publisher.events.text, "[r R 1"));
	forget_events();
	DO(ROOM_LIST, CAROL, .connection = 4, .flags = COMMAND_MINE);
	ck_assert_ptr_null(strstr(world.publisher.events.text, "["));
}
END_TEST

START_TEST(a_talk_has_the_name_of_the_other_who_may_be_away)
{
	alice_and_bob();
	DO(DM, BOB, .connection = 1, PSST, .recipient = STR("alice"));
	DO(DISCONNECT, ALICE, .connection = 3);
	forget_events();
	DO(ROOM_LIST, BOB, .connection = 1, .flags = COMMAND_MINE);
	ck_assert_ptr_nonnull(strstr(world.publisher.events.text,
	    "[" TALK " " TALK " 1"));
	talker_connect(ALICE, "alice", 3);
	DO(ROOM_CREATE, ALICE, .connection = 3, .room = STR("r"),
	    .name = STR("R"), .flags = COMMAND_PERSISTENT);
	DO(DISCONNECT, ALICE, .connection = 3);
	forget_events();
	DO(ROOM_LIST, BOB, .connection = 1, .flags = COMMAND_MINE);
	ck_assert_ptr_nonnull(strstr(world.publisher.events.text,
	    "[" TALK " alice 1"));
	DO(DM, BOB, .connection = 1, PSST, .recipient = STR(ALICE));
	DO(DISCONNECT, BOB, .connection = 1);
	DO(DISCONNECT, BOB, .connection = 2);
	talker_connect(ALICE, "alice", 3);
	DO(ROOM_LIST, ALICE, .connection = 3, .flags = COMMAND_MINE);
	ck_assert_ptr_nonnull(strstr(world.publisher.events.text,
	    "[" TALK " bob 1"));
}
END_TEST

START_TEST(a_retry_is_answered_and_not_sent_again)
{
	alice_and_bob();
	DO(DM, BOB, .connection = 1, PSST, .recipient = STR("alice"),
	    .key = STR("k"));
	forget_events();
	DO(DM, BOB, .connection = 2, PSST, .recipient = STR("alice"),
	    .key = STR("k"), .ref = STR("9"));
	EXPECT_EVENTS(BOB "/2: dm_sent ref=9 room=" TALK
			  " seq=1 at=1000 member=alice id=" ALICE
			  " duplicate\n");
}
END_TEST

/* The name belongs to another user meanwhile: the talk does not. */
START_TEST(a_talk_stays_with_its_users_after_a_change_of_names)
{
	alice_and_bob();
	talker_connect(CAROL, "carol", 4);
	DO(DM, BOB, .connection = 1, PSST, .recipient = STR("alice"));
	DO(RENAME, ALICE, .connection = 3, .name = STR("al"));
	DO(RENAME, CAROL, .connection = 4, .name = STR("alice"));
	forget_events();
	DO(DM, BOB, .connection = 1, PSST, .recipient = STR(ALICE));
	EXPECT_EVENTS(BOB
	    " except=" BOB "/1: dm room=" TALK
	    " seq=2 at=1000 member=bob id=" BOB " body=\"psst\"\n" ALICE
	    ": dm room=" TALK " seq=2 at=1000 member=bob id=" BOB
	    " body=\"psst\"\n" BOB "/1: dm_sent room=" TALK
	    " seq=2 at=1000 member=al id=" ALICE " body=\"psst\"\n");
	ck_assert_int_eq(DO(HISTORY, CAROL, .connection = 4, .room = STR(TALK)),
	    CHAT_ROOM_NOT_FOUND);
}
END_TEST

/* Messages without an account, and to oneself, are not stored. */
START_TEST(other_private_messages_are_not_kept)
{
	alice_and_bob();
	CONNECT(.name = STR("guest"), .connection = 9);
	forget_events();
	DO(DM, BOB, .connection = 1, PSST, .recipient = STR("guest"));
	EXPECT_EVENTS("id1: dm member=bob id=" BOB " body=\"psst\"\n" BOB
		      "/1: dm_sent member=guest id=id1 body=\"psst\"\n");
	DO(DM, "id1", .connection = 9, PSST, .recipient = STR(BOB));
	EXPECT_EVENTS(BOB ": dm member=guest id=id1 body=\"psst\"\n"
			  "id1/9: dm_sent member=bob id=" BOB
			  " body=\"psst\"\n");
	DO(DM, BOB, .connection = 1, PSST, .recipient = STR("bob"));
	EXPECT_EVENTS(BOB ": dm member=bob id=" BOB " body=\"psst\"\n" BOB
			  "/1: dm_sent member=bob id=" BOB " body=\"psst\"\n");
	ck_assert_int_eq(DO(DM, "id1", .connection = 9, PSST,
			     .recipient = STR(ALICE CAROL)),
	    CHAT_MEMBER_NOT_FOUND);
	ck_assert_int_eq(DO(DM, "id1", .connection = 9, PSST,
			     .recipient = STR(CAROL)),
	    CHAT_MEMBER_NOT_FOUND);
	ck_assert_int_eq(DO(DM, BOB, .connection = 1, PSST,
			     .recipient = STR("guest"), .key = STR("k")),
	    CHAT_BAD_FIELD);
	ck_assert_uint_eq(room_store_count(world.chat.rooms), 0);
}
END_TEST

/* The room, then the message: both wait, also of both at once. */
START_TEST(a_talk_begins_when_the_log_has_it)
{
	alice_and_bob();
	world.log.is_slow = true;
	DO(DM, BOB, .connection = 1, .body = STR("1"),
	    .recipient = STR("alice"), .ref = STR("1"));
	DO(DM, BOB, .connection = 1, .body = STR("2"),
	    .recipient = STR("alice"), .ref = STR("2"));
	DO(DM, ALICE, .connection = 3, .body = STR("3"),
	    .recipient = STR("bob"), .ref = STR("3"));
	EXPECT_EVENTS("");
	slow_log_do_all(&world.log);
	forget_events();
	world.log.is_slow = false;
	ck_assert_uint_eq(room_store_count(world.chat.rooms), 1);
	DO(HISTORY, ALICE, .connection = 3, .room = STR(TALK), .limit = 10);
	EXPECT_EVENTS(ALICE
	    "/3: history room=" TALK " epoch=epoch1 [1 at=1000 bob " BOB
	    " 1] [2 at=1000 bob " BOB " 2] [3 at=1000 alice " ALICE " 3]\n");
}
END_TEST

START_TEST(what_the_log_loses_is_answered)
{
	alice_and_bob();
	world.log.is_slow = true;
	DO(DM, BOB, .connection = 1, PSST, .recipient = STR("alice"),
	    .ref = STR("1"));
	slow_log_lose(&world.log);
	EXPECT_EVENTS(BOB "/1: failed ref=1 store_failed retry=1000\n");
	DO(DM, BOB, .connection = 1, PSST, .recipient = STR("alice"),
	    .ref = STR("1"));
	slow_log_do(&world.log);
	EXPECT_EVENTS("");
	slow_log_lose(&world.log);
	EXPECT_EVENTS(BOB "/1: failed ref=1 store_failed retry=1000\n");
}
END_TEST

START_TEST(made_up_recipients_count_as_persistent_rooms)
{
	char id[] = "uaaaaaaaaaaaaaaaaaaaaaaaaaa";

	talker_connect(BOB, "bob", 1);
	world.chat.limits.persistent_rooms_per_hour = 2;
	world.chat.limits.rooms = 100;
	for (int i = 0; i < 3; i++) {
		id[26] = (char)('c' + i);
		ck_assert_int_eq(DO(DM, BOB, .connection = 1, PSST, .origin = 7,
				     .recipient = str_from(id)),
		    i < 2 ? CHAT_OK : CHAT_TOO_MANY_ROOMS);
	}
	/* A talk that exists goes on, one with a connected user begins. */
	id[26] = 'c';
	ck_assert_int_eq(DO(DM, BOB, .connection = 1, PSST, .origin = 7,
			     .recipient = str_from(id)),
	    CHAT_OK);
	talker_connect(ALICE, "alice", 2);
	ck_assert_int_eq(DO(DM, BOB, .connection = 1, PSST, .origin = 7,
			     .recipient = STR("alice")),
	    CHAT_OK);
	/* Talks leave room for rooms. */
	world.chat.limits.persistent_rooms = 1;
	ck_assert_int_eq(DO(ROOM_CREATE, ALICE, .connection = 2,
			     .name = STR("x"), .flags = COMMAND_PERSISTENT),
	    CHAT_OK);
	world.chat.limits.rooms = 4;
	id[26] = 'z';
	talker_connect(id, "zoe", 3);
	ck_assert_int_eq(DO(DM, BOB, .connection = 1, PSST,
			     .recipient = STR("zoe")),
	    CHAT_TOO_MANY_ROOMS);
}
END_TEST

START_TEST(is_refused_while_no_connection_of_the_recipient_reads)
{
	alice_and_bob();
	world.publisher.congested = ALICE;
	ck_assert_int_eq(DO(DM, BOB, .connection = 1, PSST,
			     .recipient = STR("alice")),
	    CHAT_UNAVAILABLE);
	ck_assert_uint_eq(room_store_count(world.chat.rooms), 0);
}
END_TEST

SUITE(talk)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, the_first_message_begins_the_talk);
	tcase_add_test(tests, both_read_the_talk_and_others_do_not_find_it);
	tcase_add_test(tests, a_talk_is_not_entered);
	tcase_add_test(tests, a_talk_is_not_joined_into_being);
	tcase_add_test(tests, a_message_waits_for_a_user_who_is_away);
	tcase_add_test(tests, talks_are_among_the_rooms_of_a_member);
	tcase_add_test(tests, a_talk_has_the_name_of_the_other_who_may_be_away);
	tcase_add_test(tests, a_retry_is_answered_and_not_sent_again);
	tcase_add_test(tests,
	    a_talk_stays_with_its_users_after_a_change_of_names);
	tcase_add_test(tests, other_private_messages_are_not_kept);
	tcase_add_test(tests, a_talk_begins_when_the_log_has_it);
	tcase_add_test(tests, what_the_log_loses_is_answered);
	tcase_add_test(tests, made_up_recipients_count_as_persistent_rooms);
	tcase_add_test(tests,
	    is_refused_while_no_connection_of_the_recipient_reads);
}
