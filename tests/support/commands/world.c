#include "tests/support/commands/world.h"

#include <stdio.h>

#include "persistence/memory/memory_attributes.h"
#include "persistence/memory/memory_history.h"
#include "persistence/memory/memory_members.h"
#include "persistence/memory/memory_rooms.h"

struct world world;

static const struct chat_limits limits = {
	.message_bytes = 100,
	.rooms = 5,
	.rooms_per_member = 3,
	.connections_per_user = 3,
	.room_members = 6,
	.room_attributes = 20,
	.reactions = 3,
	.edit_ms = 1000,
	.page_messages = 4,
	.page_bytes = 4000,
	.announce_up_to = 3,
	.presence_up_to = 3,
	.list_bytes = 1000,
};

static const struct history_limits history_limits = {
	.messages = 10,
	.bytes = 1 << 20,
	.age_ms = 60000,
	.total_bytes = 1 << 24,
};

void
world_begin(void)
{
	struct chat *chat = &world.chat;

	world.fault = (struct fault){ 0, CHAT_UNAVAILABLE };
	world.history_limits = history_limits;
	fake_clock_init(&world.clock);
	fixed_ids_init(&world.ids);
	recording_publisher_init(&world.publisher, &world.fault);
	*chat = (struct chat){
		.members = memory_members_create(),
		.rooms = memory_rooms_create(),
		.history = memory_history_create(&world.history_limits),
		.attributes = memory_attributes_create(),
		.publisher = &world.publisher.base,
		.clock = &world.clock.base,
		.ids = &world.ids.base,
		.limits = limits,
		.profile.server = STR("parley"),
	};
	memory_attributes_follow(chat->attributes, chat->history);
	failing_members(chat->members, &world.fault);
	failing_rooms(chat->rooms, &world.fault);
	failing_history(chat->history, &world.fault);
	failing_attributes(chat->attributes, &world.fault);
	world.log = (struct slow_log){ .rooms = chat->rooms,
		.history = chat->history,
		.attributes = chat->attributes };
	slow_log_init(&world.log);
	chat->log = &world.log.base;
	world.dispatcher = dispatcher_create(chat);
	ck_assert_ptr_nonnull(world.dispatcher);
}

void
world_end(void)
{
	dispatcher_destroy(world.dispatcher);
	commit_log_destroy(world.chat.log);
	history_destroy(world.chat.history);
	attribute_store_destroy(world.chat.attributes);
	room_store_destroy(world.chat.rooms);
	member_store_destroy(world.chat.members);
}

enum chat_error
world_do(const struct command *command)
{
	struct command copy = *command;

	if (copy.rights == 0)
		copy.rights = RIGHTS_USUAL;
	return command_handle(dispatcher_handler(world.dispatcher), &copy);
}

void
forget_events(void)
{
	transcript_clear(&world.publisher.events);
}

void
connect_members(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		ck_assert_int_eq(CONNECT(.name = STR_ABSENT), CHAT_OK);
	forget_events();
}

void
fill_room(const char *room, unsigned n)
{
	char id[16];

	for (unsigned i = 1; i <= n; i++) {
		snprintf(id, sizeof(id), "id%u", i);
		ck_assert_int_eq(DO(ROOM_JOIN, id, .room = str_from(room),
				     .flags = COMMAND_MAY_CREATE),
		    CHAT_OK);
	}
	forget_events();
}

void
post(const char *who, const char *room, unsigned n)
{
	char body[16];

	for (unsigned i = 1; i <= n; i++) {
		snprintf(body, sizeof(body), "%u", i);
		ck_assert_int_eq(DO(BROADCAST, who, .room = str_from(room),
				     .body = str_from(body)),
		    CHAT_OK);
	}
	forget_events();
}

static bool
dump_member(const struct member *member, void *arg)
{
	transcript_add(arg, "member %s %s%s", member->id, member->name,
	    member->in_lobby ? "" : " outside");
	if (member->connections != 1)
		transcript_add(arg, " ×%u", member->connections);
	transcript_add(arg, "\n");
	return true;
}

static bool
dump_member_of_room(struct str member_id, void *arg)
{
	transcript_add(arg, " %.*s", (int)member_id.len, member_id.data);
	return true;
}

static bool
dump_message(const struct message *message, void *arg)
{
	transcript_add(arg, " %d=%.*s", (int)message->seq,
	    (int)message->body.len, message->body.data);
	return true;
}

static bool
dump_attribute(const struct attribute *attribute, void *arg)
{
	transcript_add(arg, " %s%s%d%.*s%.*s=%.*s",
	    attribute_kind_word(attribute->kind), attribute->seq > 0 ? "@" : "",
	    (int)attribute->seq, (int)attribute->label.len,
	    attribute->label.data, (int)attribute->subject.len,
	    attribute->subject.data, (int)attribute->value.len,
	    attribute->value.data);
	return true;
}

static void
dump_attributes(struct str room, void *arg)
{
	for (unsigned kind = 0; kind < ATTRIBUTE_KINDS; kind++)
		if (attribute_kind_exists(kind))
			attribute_store_each(world.chat.attributes, room,
			    (enum attribute_kind)kind, dump_attribute, arg);
}

static bool
dump_room(const struct room *room, void *arg)
{
	struct str id = str_from(room->id);

	transcript_add(arg, "room %s %s %s (%zu):", room->id, room->name,
	    room->epoch, room->member_count);
	room_store_each_member(world.chat.rooms, id, dump_member_of_room, arg);
	history_each(world.chat.history, id, 1, world.clock.wall_ms,
	    dump_message, arg);
	dump_attributes(id, arg);
	transcript_add(arg, "\n");
	return true;
}

void
world_dump(struct transcript *out)
{
	transcript_clear(out);
	member_store_each(world.chat.members, dump_member, out);
	room_store_each(world.chat.rooms, dump_room, out);
	transcript_add(out, "history: %zu bytes\n",
	    history_bytes(world.chat.history));
	recording_publisher_dump(&world.publisher, out);
}
