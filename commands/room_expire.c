/*
 * COMMAND_ROOM_EXPIRE: with other nodes, the end of an empty room, at the same
 * place at all of them. That nothing was posted in it is known to the node that
 * proposes it.
 */
#include "commands/command_table.h"
#include "commands/support/room_ops.h"

static enum chat_error
room_expire_run(struct request *request)
{
	struct room room;

	if (room_store_get(request->chat->rooms, request->room, &room) ==
		CHAT_OK &&
	    room.member_count == 0 &&
	    request->now_ms - room.active_ms >= request->command->duration_ms)
		room_ops_remove(request, &room);
	return CHAT_OK;
}

const struct command_entry command_room_expire = {
	.needs = IS_ORDERED,
	.run = room_expire_run,
};
