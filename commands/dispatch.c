#include <assert.h>
#include <stdlib.h>

#include "commands/command_table.h"
#include "commands/commands.h"

struct dispatcher {
	struct command_handler base;
	struct chat *chat;
	struct dispatcher_state memory;
};

static const struct command_entry *const entries[COMMAND_KINDS] = {
#define X(constant, word) [constant] = &command_##word,
	COMMANDS(X)
#undef X
};

static bool
copy_id(const struct room *room, void *arg)
{
	memcpy(arg, room->id, sizeof(room->id));
	return true;
}

/*
 * Who is in several rooms means the one it entered last. The id is copied: a
 * room may end while it is spoken of.
 */
static enum chat_error
find_current_room(struct request *request)
{
	if (!(request->command->flags & COMMAND_CURRENT_ROOM) ||
	    request->room.data != NULL)
		return CHAT_OK;
	request->room_id[0] = '\0';
	room_store_each_room_of(request->chat->rooms, request->command->author,
	    copy_id, request->room_id);
	if (request->room_id[0] == '\0')
		return CHAT_NOT_IN_ROOM;
	request->room = str_from(request->room_id);
	return CHAT_OK;
}

static enum chat_error
check_body(struct request *request)
{
	const struct command *command = request->command;
	size_t most = request->chat->limits.message_bytes;

	if (str_is_empty(command->body))
		return request_bad_field(request, "message");
	if (command->body.len > most && !(command->flags & COMMAND_ANY_SIZE))
		return request_over_limit(request, CHAT_MESSAGE_TOO_LARGE,
		    most);
	return CHAT_OK;
}

/* Looked up only once: whether there is such a room is asked of strangers. */
static enum chat_error
check_room(struct request *request)
{
	struct str id = request->room;
	struct room_store *rooms = request->chat->rooms;
	struct room room;

	if (id.data == NULL)
		return request_bad_field(request, "room");
	if (room_store_has(rooms, id, request->command->author))
		return CHAT_OK;
	if (room_store_get(rooms, id, &room) == CHAT_OK)
		return CHAT_NOT_IN_ROOM;
	return request_room_not_found(request);
}

static enum chat_error
check_place(struct request *request)
{
	if (request->room.data != NULL)
		return check_room(request);
	return request->author.in_lobby ? CHAT_OK : CHAT_NOT_IN_ROOM;
}

static enum chat_error
check_needs(struct request *request, unsigned needs)
{
	enum chat_error error = CHAT_OK;

	if ((needs & NEEDS_NO_GUEST) && request->author.is_guest)
		return CHAT_FORBIDDEN;
	if (needs & NEEDS_BODY)
		error = check_body(request);
	if (error == CHAT_OK && (needs & NEEDS_ROOM))
		error = check_room(request);
	if (error == CHAT_OK && (needs & NEEDS_PLACE))
		error = check_place(request);
	return error;
}

/* Somebody who is gone has nobody who could be told of a failure. */
static enum chat_error
run_for_author(struct request *request, const struct command_entry *entry)
{
	enum chat_error error;

	error = member_store_get(request->chat->members,
	    request->command->author, &request->author);
	if (error != CHAT_OK)
		return error;
	error = find_current_room(request);
	if (error == CHAT_OK)
		error = check_needs(request, entry->needs);
	if (error == CHAT_OK)
		error = entry->run(request);
	if (error != CHAT_OK)
		request_answer_failure(request, error);
	return error;
}

static enum chat_error
dispatcher_handle(struct command_handler *handler,
    const struct command *command)
{
	struct dispatcher *self = (struct dispatcher *)handler;
	const struct command_entry *entry;
	struct request request;

	assert((unsigned)command->kind < COMMAND_KINDS);
	entry = entries[command->kind];
	/* The large parts stay as they are: this is on every message's way. */
	request.chat = self->chat;
	request.memory = &self->memory;
	request.command = command;
	request.room = command->room;
	request.now_ms = clock_wall_ms(self->chat->clock);
	request.failure = (struct failure){ .error = CHAT_OK };
	if (entry->needs & NEEDS_AUTHOR)
		return run_for_author(&request, entry);
	return entry->run(&request);
}

static bool
dispatcher_is_in_room(struct command_handler *handler, struct str member_id)
{
	const struct dispatcher *self = (struct dispatcher *)handler;

	return room_store_rooms_of(self->chat->rooms, member_id) > 0;
}

static const struct command_handler_ops dispatcher_ops = {
	.handle = dispatcher_handle,
	.is_in_room = dispatcher_is_in_room,
};

struct dispatcher *
dispatcher_create(struct chat *chat)
{
	struct dispatcher *self = calloc(1, sizeof(*self));

	if (self == NULL)
		return NULL;
	self->base.ops = &dispatcher_ops;
	self->chat = chat;
	unique_name_init(&self->memory.suffixes);
	presence_init(&self->memory.presence);
	return self;
}

void
dispatcher_destroy(struct dispatcher *self)
{
	if (self == NULL)
		return;
	unique_name_fini(&self->memory.suffixes);
	presence_fini(&self->memory.presence);
	listings_fini(&self->memory.listings);
	free(self);
}

struct command_handler *
dispatcher_handler(struct dispatcher *self)
{
	return &self->base;
}
