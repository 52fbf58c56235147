/*
 * COMMAND_AUTH: the transport carries it out, since rights and their end are
 * those of a connection. What is left is that the new token may name other
 * rooms than the one before.
 */
#include "commands/command_table.h"

struct renewal {
	const struct request *request;
	enum chat_error error;
};

static bool
room_enter_again(const struct room *room, void *arg)
{
	struct renewal *renewal = arg;
	const struct command *command = renewal->request->command;

	renewal->error = publisher_enter(renewal->request->chat->publisher,
	    command->author, command->connection, str_from(room->id));
	return renewal->error == CHAT_OK;
}

static enum chat_error
auth_run(struct request *request)
{
	struct renewal renewal = { request, CHAT_OK };

	room_store_each_room_of(request->chat->rooms, request->command->author,
	    room_enter_again, &renewal);
	return renewal.error;
}

const struct command_entry command_auth = {
	.needs = NEEDS_AUTHOR,
	.run = auth_run,
	.turn = TURN_AT_ONCE,
};
