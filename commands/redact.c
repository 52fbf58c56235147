/* COMMAND_REDACT: remove the text of a message. */
#include "commands/command_table.h"
#include "commands/support/message_change.h"

/* Longer than any sentence that explains it. */
#define REASON_MOST 300

static bool
may_redact(const struct request *request, const struct message *message)
{
	return message_change_is_own(request, message) ||
	       (request->command->rights & RIGHT_MODERATE);
}

/* A message that is redacted already needs no more. */
static enum chat_error
redact_run(struct request *request)
{
	struct attribute attribute = { .kind = ATTRIBUTE_REDACTION };
	struct message message;
	enum chat_error error;

	if (request->command->reason.len > REASON_MOST)
		return request_bad_field(request, "reason");
	error = message_change_find(request, &message);
	if (error != CHAT_OK)
		return error;
	if (!may_redact(request, &message)) {
		(void)request_lacks_right(request, RIGHT_MODERATE);
		return CHAT_FORBIDDEN;
	}
	if (message.is_redacted) {
		message_change_answer(request);
		return CHAT_OK;
	}
	return message_change_append(request, &attribute, false);
}

static enum chat_error
redact_finish(struct request *request, const struct entry *entry)
{
	struct event event = message_change_event(entry, EVENT_REDACTED);

	event.reason = request->command->reason;
	message_change_publish(request, entry, &event);
	return CHAT_OK;
}

const struct command_entry command_redact = {
	.needs = NEEDS_AUTHOR | NEEDS_ROOM | MAY_BE_TALK,
	.run = redact_run,
	.finish = redact_finish,
};
