#include "commands/support/guest.h"

#include "domain/text/names.h"

enum chat_error
guest_check_rooms(struct request *request, const struct room *room)
{
	size_t most = request->command->max_rooms;
	struct room_guests guests;

	if (!(request->command->flags & COMMAND_OF_GUESTS) ||
	    room->guest_count > 0)
		return CHAT_OK;
	room_store_guests(request->chat->rooms, &guests);
	if (guests.rooms < most)
		return CHAT_OK;
	return request_over_limit(request, CHAT_TOO_MANY_ROOMS, most);
}

static enum chat_error
guest_read_name(const struct command *command, char out[MEMBER_NAME_SIZE])
{
	struct str wish = command->name;

	if (command->flags & COMMAND_USERS_NAME)
		return member_name_normalize(wish, out);
	if (!name_is_plain(wish, MEMBER_NAME_CHARS))
		return CHAT_NAME_INVALID;
	memcpy(out, wish.data, wish.len);
	return CHAT_OK;
}

static enum chat_error
guest_choose_name(struct request *request, struct str room)
{
	char name[MEMBER_NAME_SIZE] = "";
	enum chat_error error = guest_read_name(request->command, name);

	if (error != CHAT_OK)
		return error;
	return unique_name_choose(&request->state->suffixes,
	    request->chat->members, room, name, STR_ABSENT,
	    request->author.name);
}

enum chat_error
guest_take_name(struct request *request, const struct room *room)
{
	struct member *author = &request->author;
	struct str id = str_from(room->id);
	enum chat_error error;

	if (!author->is_guest)
		return CHAT_OK;
	error = guest_choose_name(request, id);
	if (error != CHAT_OK)
		return error;
	return member_store_rename(request->chat->members, str_from(author->id),
	    id, str_from(author->name));
}

void
guest_release_name(struct request *request, const struct room *room)
{
	const struct member *author = &request->author;

	if (!author->is_guest)
		return;
	(void)member_store_rename(request->chat->members, str_from(author->id),
	    CHAT_SCOPE, STR(""));
	unique_name_release(&request->state->suffixes, str_from(room->id),
	    str_from(author->name));
}
