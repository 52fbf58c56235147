#include "commands/preconditions.h"

#include <string.h>

#include "commands/support/files.h"
#include "commands/support/room_access.h"
#include "commands/support/room_roles.h"

static bool
copy_id(const struct room *room, void *arg)
{
	memcpy(arg, room->id, sizeof(room->id));
	return true;
}

/* The id is copied: the room may be removed by the command. */
enum chat_error
preconditions_find_room(struct request *request)
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

/* A new room is listed with its id. */
static struct str
new_room_id(const struct request *request)
{
	struct room room;

	if (!command_may_create_room(request->command) ||
	    request->room.data == NULL ||
	    room_store_get(request->chat->rooms, request->room, &room) ==
		CHAT_OK)
		return STR_ABSENT;
	return request->room;
}

enum chat_error
preconditions_check_words(struct request *request)
{
	const struct command *command = request->command;
	bool is_users_name = command->flags & COMMAND_USERS_NAME;
	enum chat_error error = CHAT_OK;

	if (request->chat->filter == NULL)
		return CHAT_OK;
	if (!is_users_name)
		error = request_check_words(request, "name", command->name);
	if (error == CHAT_OK)
		error =
		    request_check_words(request, "name", command->file.name);
	if (error == CHAT_OK)
		error =
		    request_check_words(request, "room", new_room_id(request));
	if (error == CHAT_OK)
		error = request_check_words(request, "topic", command->topic);
	if (error == CHAT_OK)
		error = request_check_words(request, "reason", command->reason);
	return error;
}

static enum chat_error
check_body(struct request *request)
{
	const struct command *command = request->command;
	size_t most = request->chat->limits.message_bytes;

	if (str_is_empty(command->body))
		return request_bad_field(request, "message");
	/* The author's node has added what is known of a file. */
	if (request->ordered != NULL)
		return CHAT_OK;
	if (command->body.len > most && !(command->flags & COMMAND_ANY_SIZE))
		return request_over_limit(request, CHAT_MESSAGE_TOO_LARGE,
		    most);
	return CHAT_OK;
}

/* Most who post are in the room. */
static bool
finds_place(struct request *request)
{
	return room_store_get_joined(request->chat->rooms, request->room,
	    request->command->author, &request->place);
}

static enum chat_error
check_place(struct request *request, unsigned needs)
{
	if (request->room.data == NULL)
		return request->author.in_lobby ? CHAT_OK : CHAT_NOT_IN_ROOM;
	request->has_place = (needs & NEEDS_VOICE) && finds_place(request);
	return request->has_place
		   ? CHAT_OK
		   : room_access_check(request, needs & MAY_BE_TALK);
}

/* In the lobby there are no roles. A room that is being removed has none. */
static enum chat_error
check_voice(struct request *request)
{
	const struct chat *chat = request->chat;

	if (!request->has_place)
		request->has_place = request->room.data != NULL &&
				     room_store_get(chat->rooms, request->room,
					 &request->place) == CHAT_OK;
	if (!request->has_place)
		return CHAT_OK;
	request->place_is_plain =
	    attribute_store_count(chat->attributes, request->room) == 0;
	if (request->place_is_plain && !request->place.is_moderated)
		return CHAT_OK;
	return room_roles_check_post(request, &request->place);
}

enum chat_error
preconditions_check(struct request *request, const struct command_entry *entry)
{
	unsigned needs = entry->needs;
	enum chat_error error = request_check_rights(request, entry->rights);

	request->has_place = false;
	if (error == CHAT_OK && request->room.data != NULL)
		error = request_check_scope(request, request->room);
	if (error != CHAT_OK)
		return error;
	if ((needs & NEEDS_NO_GUEST) && request->author.is_guest)
		return CHAT_FORBIDDEN;
	if (needs & NEEDS_BODY)
		error = check_body(request);
	if (error == CHAT_OK && (needs & NEEDS_ROOM))
		error = room_access_check(request, needs & MAY_BE_TALK);
	if (error == CHAT_OK && (needs & NEEDS_PLACE))
		error = check_place(request, needs);
	if (error == CHAT_OK && (needs & NEEDS_VOICE))
		error = check_voice(request);
	if (error == CHAT_OK && (needs & NEEDS_BODY))
		error = files_prepare_body(request);
	return error;
}
