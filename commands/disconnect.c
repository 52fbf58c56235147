/*
 * COMMAND_DISCONNECT: a connection goes. With its last one a member leaves its
 * rooms and the lobby.
 */
#include "commands/command_table.h"
#include "commands/support/presence.h"
#include "commands/support/room_ops.h"

static enum chat_error
disconnect_run(struct request *request)
{
	const struct chat *chat = request->chat;
	struct str author_id = str_from(request->author.id);
	struct event left = request_event(request, EVENT_LOBBY_LEFT);
	struct room room;

	/* It is still here if other nodes have taken this one for dead. */
	if (request->ordered != NULL)
		publisher_end(chat->publisher, author_id,
		    request->command->connection, CHAT_UNAVAILABLE);
	publisher_detach(chat->publisher, author_id,
	    request->command->connection);
	if (request->author.connections > 1) {
		member_store_set_connections(chat->members, author_id,
		    request->author.connections - 1);
		presence_observe_disconnected(request_observer(request),
		    &request->author, request_observed_connection(request));
		return CHAT_OK;
	}
	while (room_ops_first_of_author(request, STR_ABSENT, &room))
		room_ops_leave_detached(request, &room);
	presence_observe_disconnected(request_observer(request),
	    &request->author, request_observed_connection(request));
	lobby_publish(request, &left);
	if (request->author.in_lobby)
		request->state->in_lobby--;
	member_store_remove(chat->members, author_id);
	if (!request->author.is_guest)
		unique_name_release(&request->state->suffixes, CHAT_SCOPE,
		    str_from(request->author.name));
	return CHAT_OK;
}

const struct command_entry command_disconnect = {
	.needs = NEEDS_AUTHOR | IS_ORDERED,
	.run = disconnect_run,
};
