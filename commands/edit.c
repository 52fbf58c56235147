/* COMMAND_EDIT: replace the text of an own message. */
#include "commands/command_table.h"
#include "commands/support/files.h"
#include "commands/support/message_change.h"

static enum chat_error
check_age(struct request *request, const struct message *message)
{
	int64_t edit_ms = request->chat->limits.edit_ms;

	if (edit_ms == 0 || request->now_ms - message->at_ms < edit_ms)
		return CHAT_OK;
	request->failure.text = STR("The message is too old to be edited");
	return request_over_limit(request, CHAT_FORBIDDEN, (size_t)edit_ms);
}

static enum chat_error
edit_run(struct request *request)
{
	struct attribute attribute = { .kind = ATTRIBUTE_EDIT,
		.body = request->body };
	struct message message;
	enum chat_error error = message_change_find(request, &message);

	if (error != CHAT_OK)
		return error;
	if (!message_change_is_own(request, &message))
		return CHAT_FORBIDDEN;
	if (message.is_redacted)
		return CHAT_MESSAGE_NOT_FOUND;
	error = check_age(request, &message);
	if (error == CHAT_OK)
		error = files_grant(request, BLOB_ROOM, request->room);
	return error == CHAT_OK
		   ? message_change_append(request, &attribute, false)
		   : error;
}

static struct log_limit edit_lines;

static enum chat_error
edit_finish(struct request *request, const struct entry *entry)
{
	struct event event = message_change_event(entry, EVENT_EDITED);

	event.body = entry->attribute.body;
	message_change_log(request, entry, &edit_lines, LOG_INFO);
	message_change_publish(request, entry, &event);
	return CHAT_OK;
}

const struct command_entry command_edit = {
	.needs = NEEDS_AUTHOR | NEEDS_BODY | NEEDS_ROOM | MAY_BE_TALK |
		 NEEDS_VOICE | NEEDS_HISTORY,
	.rights = RIGHT_POST,
	.run = edit_run,
	.finish = edit_finish,
};
