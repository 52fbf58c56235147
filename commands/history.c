/*
 * COMMAND_HISTORY: a page of a room's messages; with `since`, also what became
 * of those before it.
 */
#include "commands/command_table.h"
#include "commands/support/resume.h"

static enum chat_error
history_check(struct request *request)
{
	const unsigned both = COMMAND_HAS_AFTER | COMMAND_HAS_BEFORE;

	if (request->command->limit > HISTORY_PAGE_MOST)
		return request_bad_field(request, "limit");
	if ((request->command->flags & both) == both)
		return request_bad_field(request, "before");
	return CHAT_OK;
}

/* Without a seq: the newest messages. */
static enum chat_error
history_collect(const struct request *request, struct history_page *out)
{
	const struct command *command = request->command;
	uint64_t before = UINT64_MAX;

	if (command->flags & COMMAND_HAS_AFTER)
		return history_page_after(request, request->room,
		    command->from_seq, command->limit, out);
	if (command->flags & COMMAND_HAS_BEFORE)
		before = command->from_seq;
	return history_page_before(request, request->room, before,
	    command->limit, out);
}

static enum chat_error
history_run(struct request *request)
{
	struct history_page history = { .messages = NULL };
	struct history_page changes = { .messages = NULL };
	struct event event = { .kind = EVENT_HISTORY };
	struct room room;
	enum chat_error error;

	error = history_check(request);
	if (error == CHAT_OK)
		error =
		    room_store_get(request->chat->rooms, request->room, &room);
	if (error == CHAT_OK)
		error = history_collect(request, &history);
	if (error == CHAT_OK && (request->command->flags & COMMAND_HAS_SINCE) &&
	    str_equal(request->command->since_epoch, str_from(room.epoch)))
		error = resume_collect_changes(request, &room, &changes);
	if (error == CHAT_OK) {
		event.room = request->room;
		event.epoch = str_from(room.epoch);
		event.page = history.page;
		event.changes = changes.page;
		request_answer(request, &event);
	}
	history_page_fini(&history);
	history_page_fini(&changes);
	return error;
}

const struct command_entry command_history = {
	.needs = NEEDS_AUTHOR | NEEDS_ROOM | MAY_BE_TALK | NEEDS_HISTORY,
	.rights = RIGHT_READ,
	.run = history_run,
};
