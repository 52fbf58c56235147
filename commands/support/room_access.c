#include "commands/support/room_access.h"

#include "commands/support/room_roles.h"
#include "domain/private_talk.h"

/* A private talk exists for the two users only, who are never in it. */
static enum chat_error
talk_access_check(struct request *request, bool may_be_talk)
{
	struct room room;

	if (talk_other(request->room, request->command->author).data == NULL ||
	    room_store_get(request->chat->rooms, request->room, &room) !=
		CHAT_OK)
		return request_room_not_found(request);
	return may_be_talk ? CHAT_OK : CHAT_NOT_IN_ROOM;
}

/* The room is looked up only if the author is not in it. */
enum chat_error
room_access_check(struct request *request, bool may_be_talk)
{
	struct str id = request->room;
	struct room_store *rooms = request->chat->rooms;
	struct room room;

	if (id.data == NULL)
		return request_bad_field(request, "room");
	if (talk_id_is_valid(id))
		return talk_access_check(request, may_be_talk);
	if (room_store_has(rooms, id, request->command->author))
		return CHAT_OK;
	if (room_store_get(rooms, id, &room) != CHAT_OK ||
	    !room_roles_is_visible(request, &room))
		return request_room_not_found(request);
	/* A user that reads over HTTP needs what it would need to join. */
	return request->command->flags & COMMAND_OF_SERVER
		   ? room_roles_check_join(request, &room)
		   : CHAT_NOT_IN_ROOM;
}
