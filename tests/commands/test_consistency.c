/*
 * Members run random commands, some of which fail: stores, publisher and
 * answers always agree about the members of rooms.
 */
#include <stdio.h>

#include "tests/suite.h"
#include "tests/support/commands/world.h"

#define STEPS 1000
#define MEMBERS_MOST 20

static uint32_t state;

/* Numerical Recipes' generator: the same steps in every run. */
static uint32_t
random_below(uint32_t sides)
{
	state = state * 1664525 + 1013904223;
	return (state >> 16) % sides;
}

struct picking {
	uint32_t to_go;
	struct member picked;
};

static bool
pick_visit(const struct member *member, void *arg)
{
	struct picking *picking = arg;

	picking->picked = *member;
	return picking->to_go-- > 0;
}

/* A random connected member, or "x", which is not connected. */
static struct member
pick_member(void)
{
	size_t count = member_store_count(world.chat.members);
	struct picking picking = { random_below((uint32_t)count + 1),
		{ .id = "x" } };

	member_store_each(world.chat.members, pick_visit, &picking);
	return picking.picked;
}

static struct str
random_id(const char *prefix, uint32_t of, char out[ID_SIZE])
{
	snprintf(out, ID_SIZE, "%s%u", prefix, random_below(of));
	return str_from(out);
}

/* The traits of dialects. */
static const unsigned habits[] = { 0, 0, COMMAND_LEAVES_OTHERS,
	COMMAND_OF_GUESTS, COMMAND_GUEST | COMMAND_NO_LOBBY,
	COMMAND_NAMED_BY_ID | COMMAND_NO_LOBBY };

static uint32_t connections;

/* Counts of the run. */
static size_t most_guests;
static unsigned most_connections;

/* A user connects, perhaps once more. */
static void
user_connect(void)
{
	char id[ID_SIZE], name[ID_SIZE];
	struct principal user = {
		.user_id = STR("x"),
		.member_id = random_id("user", 4, id),
	};

	CONNECT(.flags = COMMAND_SHARED, .connection = ++connections,
	    .principal = &user, .name = random_id("n", 4, name));
}

/* One of the author's connections; 0: the author has none. */
static uint32_t
pick_connection(const char *member_id)
{
	const struct recording_publisher *publisher = &world.publisher;
	uint32_t picked = 0, of = 0;

	for (size_t i = 0; i < publisher->attached_count; i++)
		if (strcmp(publisher->attached[i].member_id, member_id) == 0 &&
		    random_below(++of) == 0)
			picked = publisher->attached[i].connection;
	return picked;
}

static void
do_something(void)
{
	static const enum command_kind kinds[] = { COMMAND_CONNECT,
		COMMAND_CONNECT, COMMAND_DISCONNECT, COMMAND_TICK,
		COMMAND_BROADCAST, COMMAND_LIST, COMMAND_DM, COMMAND_RENAME,
		COMMAND_ROOM_CREATE, COMMAND_ROOM_JOIN, COMMAND_ROOM_JOIN,
		COMMAND_ROOM_JOIN, COMMAND_ROOM_JOIN, COMMAND_ROOM_LEAVE,
		COMMAND_HISTORY, COMMAND_ROOM_LIST };
	char room[ID_SIZE], name[ID_SIZE];
	struct member author = pick_member();
	struct command command = {
		.kind = kinds[random_below(COUNT_OF(kinds))],
		.flags = COMMAND_MAY_CREATE |
			 habits[random_below(COUNT_OF(habits))] |
			 (random_below(32) == 0 ? COMMAND_PERSISTENT : 0),
		.peer = &world,
		.author = str_from(author.id),
		.connection = ++connections,
		.room = random_id("r", 6, room),
		.name = random_id("n", 4, name),
		.recipient = STR("n1"),
		.body = STR("1"),
		.limit = random_below(5),
		.max_rooms = 3,
	};

	if (member_store_count(world.chat.members) > MEMBERS_MOST)
		command.kind = COMMAND_DISCONNECT;
	if (command.kind != COMMAND_CONNECT)
		command.connection = pick_connection(author.id);
	world.fault.to_go = random_below(8) == 0 ? 1 + random_below(3) : 0;
	if (command.kind == COMMAND_CONNECT && random_below(3) == 0)
		user_connect();
	else
		world_do(&command);
	world.fault.to_go = 0;
	fake_clock_pass(&world.clock, random_below(400));
}

/* How many connections of a member the publisher has in a room. */
static size_t
count_listening(const char *member_id, const char *place)
{
	size_t count = 0;

	for (size_t i = 0; i < world.publisher.count; i++)
		count += strcmp(world.publisher.listeners[i].member_id,
			     member_id) == 0 &&
			 strcmp(world.publisher.listeners[i].place, place) == 0;
	return count;
}

/* A member without a room has a name, unless it is a guest. */
static void
check_nameless(const struct member *member)
{
	bool is_nowhere =
	    room_store_rooms_of(world.chat.rooms, str_from(member->id)) == 0;

	ck_assert_int_eq(member->name[0] == '\0',
	    member->is_guest && is_nowhere);
}

static bool
check_lobby(const struct member *member, void *places)
{
	size_t count = member->in_lobby ? member->connections : 0;

	ck_assert_uint_eq(count_listening(member->id, ""), count);
	check_nameless(member);
	most_connections = member->connections > most_connections
			       ? member->connections
			       : most_connections;
	*(size_t *)places += count;
	return true;
}

struct checking {
	const struct room *room;
	size_t members;
	size_t connections;
	size_t guests;
};

/* A guest has its name in the room where it is, and is in one only. */
static void
member_name_check(const struct member *member, const char *room)
{
	struct str scope = member->is_guest ? str_from(room) : CHAT_SCOPE;

	ck_assert_str_ne(member->name, "");
	ck_assert(member_store_is_taken(world.chat.members, scope,
	    str_from(member->name)));
	if (member->is_guest)
		ck_assert_uint_eq(room_store_rooms_of(world.chat.rooms,
				      str_from(member->id)),
		    1);
}

static bool
checking_add_member(struct str member_id, void *arg)
{
	struct checking *checking = arg;
	struct member member;

	ck_assert_int_eq(member_store_get(world.chat.members, member_id,
			     &member),
	    CHAT_OK);
	ck_assert_uint_eq(count_listening(member.id, checking->room->id),
	    member.connections);
	member_name_check(&member, checking->room->id);
	checking->members++;
	checking->connections += member.connections;
	checking->guests += member.is_guest;
	return true;
}

static bool
room_check(const struct room *room, void *places)
{
	struct checking checking = { .room = room };
	struct str id = str_from(room->id);
	struct history_span span;

	room_store_each_member(world.chat.rooms, id, checking_add_member,
	    &checking);
	ck_assert_uint_eq(checking.members, room->member_count);
	ck_assert_uint_eq(checking.guests, room->guest_count);
	ck_assert(checking.members > 0 || room->persistent);
	ck_assert_uint_le(checking.members, world.chat.limits.room_members);
	ck_assert_int_eq(history_span(world.chat.history, id,
			     world.clock.wall_ms, &span),
	    CHAT_OK);
	*(size_t *)places += checking.connections;
	return true;
}

static void
check_everything(void)
{
	struct room_guests guests;
	size_t places = 0;

	room_store_guests(world.chat.rooms, &guests);
	if (most_guests < guests.members)
		most_guests = guests.members;

	member_store_each(world.chat.members, check_lobby, &places);
	room_store_each(world.chat.rooms, room_check, &places);
	ck_assert_uint_eq(places, world.publisher.count);
}

START_TEST(stores_and_publisher_always_agree)
{
	state = (uint32_t)_i;
	most_guests = 0;
	most_connections = 0;
	for (int i = 0; i < STEPS; i++) {
		do_something();
		check_everything();
		forget_events();
	}
	ck_assert_uint_gt(most_guests, 2);
	ck_assert_uint_gt(most_connections, 1);
	ck_assert_uint_gt(room_store_count(world.chat.rooms), 0);
	ck_assert_uint_gt(member_store_count(world.chat.members), 0);
}
END_TEST

SUITE(consistency)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_loop_test(tests, stores_and_publisher_always_agree, 0, 3);
}
