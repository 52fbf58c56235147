/* Events say up to where the store must be for them to be told. */
#include "tests/suite.h"
#include "tests/support/commands/world.h"

/* A store that has everything safe later: rooms at 50, messages at 70 + seq. */
static const struct room_store_ops *rooms;
static const struct history_ops *history;
static struct room_store_ops slow_rooms;
static struct history_ops slow_history;

static enum chat_error
put(struct room_store *store, struct room *room)
{
	enum chat_error error = rooms->put(store, room);

	room->lsn = 50;
	return error;
}

static enum chat_error
get(struct room_store *store, struct str id, struct room *out)
{
	enum chat_error error = rooms->get(store, id, out);

	out->lsn = 50;
	return error;
}

struct passing_on {
	room_visit *visit;
	void *arg;
};

static bool
pass_on(const struct room *room, void *arg)
{
	const struct passing_on *passing_on = arg;
	struct room copy = *room;

	copy.lsn = 50;
	return passing_on->visit(&copy, passing_on->arg);
}

static void
each(struct room_store *store, room_visit *visit, void *arg)
{
	struct passing_on passing_on = { visit, arg };

	rooms->each(store, pass_on, &passing_on);
}

static enum chat_error
append(struct history *base, struct str room, struct message *message)
{
	enum chat_error error = history->append(base, room, message);

	message->lsn = 70 + message->seq;
	return error;
}

static bool
find_key(struct history *base, struct str room, struct str key, int64_t now_ms,
    struct message *out)
{
	bool found = history->find_key(base, room, key, now_ms, out);

	if (found)
		out->lsn = 70 + out->seq;
	return found;
}

static enum chat_error
span(struct history *base, struct str room, int64_t now_ms,
    struct history_span *out)
{
	enum chat_error error = history->span(base, room, now_ms, out);

	out->lsn = out->last > 0 ? 70 + out->last : 0;
	return error;
}

static void
begin(void)
{
	world_begin();
	people(2);
	rooms = world.chat.rooms->ops;
	history = world.chat.history->ops;
	slow_rooms = *rooms;
	slow_rooms.put = put;
	slow_rooms.get = get;
	slow_rooms.each = each;
	slow_history = *history;
	slow_history.append = append;
	slow_history.find_key = find_key;
	slow_history.span = span;
	world.chat.rooms->ops = &slow_rooms;
	world.chat.history->ops = &slow_history;
}

static void
check(const char *expected)
{
	ck_assert_msg(strstr(world.publisher.heard.text, expected) != NULL,
	    "%s", world.publisher.heard.text);
	forget_what_was_heard();
}

START_TEST(a_room_waits_for_its_record)
{
	DO(ROOM_CREATE, "id1", .room = STR("r"), .name = STR("R"));
	check("id1: created room=r lsn=50 ");
	DO(ROOM_LIST, "id2");
	check("id2: rooms lsn=50 ");
	DO(ROOM_JOIN, "id2", .room = STR("r"));
	check("id2: joined room=r lsn=50 ");
}
END_TEST

START_TEST(a_message_waits_for_its_record)
{
	gather("r", 1);
	DO(BROADCAST, "id1", .ref = STR("1"), .room = STR("r"),
	    .body = STR("1"), .key = STR("k"));
	check("room r: said room=r lsn=71 ");
	DO(BROADCAST, "id1", .ref = STR("1"), .room = STR("r"),
	    .body = STR("2"));
	check("id1: delivered ref=1 room=r lsn=72 ");
	DO(BROADCAST, "id1", .ref = STR("2"), .room = STR("r"),
	    .body = STR("1"), .key = STR("k"));
	check("id1: delivered ref=2 room=r lsn=71 ");
}
END_TEST

START_TEST(whoever_reads_waits_for_the_newest)
{
	gather("r", 1);
	say("id1", "r", 3);
	DO(HISTORY, "id1", .room = STR("r"), .limit = 1);
	check("id1: history room=r lsn=73 ");
	DO(ROOM_JOIN, "id2", .room = STR("r"));
	check("id2: joined room=r lsn=73 ");
}
END_TEST

START_TEST(what_changes_nothing_waits_for_nothing)
{
	gather("r", 2);
	DO(TYPING, "id1", .room = STR("r"));
	DO(LIST, "id1", .room = STR("r"));
	DO(ROOM_LEAVE, "id1", .room = STR("r"));
	DO(BROADCAST, "id1", .body = STR("1"));
	ck_assert_ptr_null(strstr(world.publisher.heard.text, "lsn"));
}
END_TEST

SUITE(safe)
{
	tcase_add_checked_fixture(tests, begin, world_end);
	tcase_add_test(tests, a_room_waits_for_its_record);
	tcase_add_test(tests, a_message_waits_for_its_record);
	tcase_add_test(tests, whoever_reads_waits_for_the_newest);
	tcase_add_test(tests, what_changes_nothing_waits_for_nothing);
}
