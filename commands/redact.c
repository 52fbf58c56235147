/* COMMAND_REDACT: remove the text of a message. */
#include <inttypes.h>
#include <stdio.h>

#include "commands/command_table.h"
#include "commands/support/files.h"
#include "commands/support/message_change.h"
#include "commands/support/moderation.h"

/* Members redact their own messages, moderators all of their room. */
static enum chat_error
redact_check(struct request *request, const struct message *message)
{
	struct room room;
	enum chat_error error;

	if (message_change_is_own(request, message))
		return CHAT_OK;
	error = room_store_get(request->chat->rooms, request->room, &room);
	if (error != CHAT_OK)
		return error;
	if (role_rights(room_roles_of_author(request, &room), false) &
	    RIGHT_MODERATE)
		return CHAT_OK;
	(void)request_lacks_right(request, RIGHT_MODERATE);
	return CHAT_FORBIDDEN;
}

/* A message that is redacted already needs no more. */
static enum chat_error
redact_run(struct request *request)
{
	struct attribute attribute = { .kind = ATTRIBUTE_REDACTION };
	const struct command *command = request->command;
	struct command with_file = *command;
	struct file_part part;
	struct message message;
	enum chat_error error;

	if (request->command->reason.len > REASON_MOST)
		return request_bad_field(request, "reason");
	error = message_change_find(request, &message);
	if (error != CHAT_OK)
		return error;
	error = redact_check(request, &message);
	if (error != CHAT_OK)
		return error;
	if (message.is_redacted) {
		message_change_answer(request);
		return CHAT_OK;
	}
	if (files_read_part(request, message.body, &part) == FILE_PART_FOUND) {
		with_file.file.id = str_from(part.id);
		request->command = &with_file;
	}
	error = message_change_append(request, &attribute, false);
	request->command = command;
	return error;
}

static enum chat_error
redact_finish(struct request *request, const struct entry *entry)
{
	struct event event = message_change_event(entry, EVENT_REDACTED);
	char detail[32];

	moderation_find_author(request);
	snprintf(detail, sizeof(detail), "seq=%" PRIu64, entry->attribute.seq);
	moderation_log(request, entry->room_id, STR_ABSENT, str_from(detail));
	event.reason = request->command->reason;
	message_change_publish(request, entry, &event);
	files_remove_from_room(request, request->command->file.id,
	    entry->room_id);
	return CHAT_OK;
}

const struct command_entry command_redact = {
	.needs = NEEDS_AUTHOR | NEEDS_ROOM | MAY_BE_TALK | NEEDS_HISTORY,
	.run = redact_run,
	.finish = redact_finish,
};
