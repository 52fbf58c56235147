/* The calls of the observer of presence. */
#include <stdarg.h>
#include <stdio.h>

#include "tests/suite.h"
#include "tests/support/commands/world.h"

static char noted[2048];

static void __attribute__((format(printf, 1, 2)))
noted_add(const char *format, ...)
{
	size_t len = strlen(noted);
	va_list args;

	ck_assert_uint_lt(len, sizeof(noted) - 200);
	va_start(args, format);
	vsnprintf(noted + len, sizeof(noted) - len, format, args);
	va_end(args);
}

static void
connected_note(struct presence_observer *observer, const struct member *member,
    uint32_t connection)
{
	(void)observer;
	noted_add("connected %s %u\n", member->id, connection);
}

static void
disconnected_note(struct presence_observer *observer,
    const struct member *member, uint32_t connection)
{
	(void)observer;
	noted_add("disconnected %s %u\n", member->id, connection);
}

static void
joined_note(struct presence_observer *observer, const struct member *member,
    const struct room *room)
{
	(void)observer;
	noted_add("joined %s %s %s %zu\n", member->id, member->name, room->id,
	    room->member_count);
}

static void
left_note(struct presence_observer *observer, const struct member *member,
    const struct room *room)
{
	(void)observer;
	noted_add("left %s %s %s %zu\n", member->id, member->name, room->id,
	    room->member_count);
}

static void
event_note(struct presence_observer *observer, const struct event *event)
{
	(void)observer;
	noted_add("%s %.*s\n", event_kind_word(event->kind),
	    (int)event->member_id.len, event->member_id.data);
}

static const struct presence_observer_ops observer_ops = {
	.connected = connected_note,
	.disconnected = disconnected_note,
	.joined = joined_note,
	.left = left_note,
	.event = event_note,
};
static struct presence_observer observer = { &observer_ops };

static void
noted_expect(const char *expected)
{
	ck_assert_str_eq(noted, expected);
	noted[0] = '\0';
}

static void
setup(void)
{
	world_begin();
	world.chat.observer = &observer;
	noted[0] = '\0';
}

START_TEST(notes_each_connection_and_each_room)
{
	CONNECT(.connection = 1);
	CONNECT(.connection = 2);
	DO(ROOM_JOIN, "id1", .room = STR("r"), .flags = COMMAND_MAY_CREATE);
	DO(ROOM_JOIN, "id2", .room = STR("r"));
	noted_expect("connected id1 1\nconnected id2 2\n"
		     "joined id1 member1 r 1\njoined id2 member2 r 2\n");
	DO(ROOM_LEAVE, "id1", .room = STR("r"));
	DO(DISCONNECT, "id2", .connection = 2);
	DO(DISCONNECT, "id1", .connection = 1);
	noted_expect("left id1 member1 r 1\nleft id2 member2 r 0\n"
		     "disconnected id2 2\ndisconnected id1 1\n");
}
END_TEST

START_TEST(a_user_is_in_its_rooms_once)
{
	const struct principal alice = {
		.user_id = STR("alice@example.com"),
		.member_id = STR("ualice"),
		.name = STR("alice"),
	};

	for (uint32_t i = 1; i <= 2; i++)
		CONNECT(.connection = i, .principal = &alice,
		    .name = alice.name, .flags = COMMAND_SHARED);
	DO(ROOM_CREATE, "ualice", .room = STR("r"), .name = STR("R"));
	DO(DISCONNECT, "ualice", .connection = 1);
	DO(DISCONNECT, "ualice", .connection = 2);
	noted_expect("connected ualice 1\nconnected ualice 2\n"
		     "joined ualice alice r 1\ndisconnected ualice 1\n"
		     "left ualice alice r 0\ndisconnected ualice 2\n");
}
END_TEST

START_TEST(notes_who_is_put_out)
{
	connect_members(2);
	fill_room("r", 2);
	noted[0] = '\0';
	DO(KICK, "id1", .room = STR("r"), .recipient = STR("id2"));
	noted_expect("kicked id2\nleft id2 member2 r 1\n");
	DO(ROOM_DELETE, "id1", .room = STR("r"));
	noted_expect("left id1 member1 r 0\n");
}
END_TEST

START_TEST(notes_names_and_texts_of_the_lobby)
{
	connect_members(1);
	noted[0] = '\0';
	DO(RENAME, "id1", .name = STR("ada"));
	DO(BROADCAST, "id1", .body = STR("1"));
	noted_expect("renamed id1\nmessage id1\n");
}
END_TEST

/* A guest has its name in the room only. */
START_TEST(notes_the_name_of_a_guest)
{
	CONNECT(.flags = COMMAND_GUEST | COMMAND_NO_LOBBY);
	DO(ROOM_JOIN, "id1", .room = STR("r"), .name = STR("eve"),
	    .flags = COMMAND_MAY_CREATE);
	DO(DISCONNECT, "id1");
	noted_expect("connected id1 0\njoined id1 eve r 1\n"
		     "left id1 eve r 0\ndisconnected id1 0\n");
}
END_TEST

SUITE(presence_observer)
{
	tcase_add_checked_fixture(tests, setup, world_end);
	tcase_add_test(tests, notes_each_connection_and_each_room);
	tcase_add_test(tests, a_user_is_in_its_rooms_once);
	tcase_add_test(tests, notes_who_is_put_out);
	tcase_add_test(tests, notes_names_and_texts_of_the_lobby);
	tcase_add_test(tests, notes_the_name_of_a_guest);
}
