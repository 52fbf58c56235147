/* COMMAND_LIST: who is in the lobby, or in a room. */
#include "commands/command_table.h"
#include "commands/support/name_list.h"

static enum chat_error
list_run(struct request *request)
{
	struct event event = {
		.kind = EVENT_LIST,
		.room = request->room,
	};
	struct string_list names = { .most = 0 };
	enum chat_error error;

	if (event.room.data == NULL)
		error = name_list_of_lobby(request->chat, &names);
	else
		error = name_list_of_room(request->chat, event.room, &names);
	if (error == CHAT_OK) {
		event.names = name_list_names(&names);
		request_answer(request, &event);
	}
	string_list_fini(&names);
	return error;
}

const struct command_entry command_list = {
	.needs = NEEDS_AUTHOR | NEEDS_PLACE,
	.run = list_run,
};
