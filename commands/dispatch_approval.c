/* Commands that another program must approve: questions and decisions. */
#include "commands/dispatch_internal.h"
#include "commands/preconditions.h"

static bool
needs_approval(const struct request *request)
{
	struct approval *approval = request->chat->approval;

	return request->ordered == NULL &&
	       !(request->command->flags & COMMAND_APPROVED) &&
	       approval->ops->concerns(approval, request->command);
}

bool
dispatch_waits_for_approval(struct request *request,
    const struct command_entry *entry, enum chat_error *error)
{
	struct approval *approval = request->chat->approval;
	struct command command = *request->command;

	if (!needs_approval(request))
		return false;
	*error = preconditions_check(request, entry);
	if (*error != CHAT_OK)
		return true;
	command.room = request->room;
	switch (approval->ops->ask(approval, &command, &request->author,
	    request->body)) {
	case APPROVAL_IS_GIVEN:
		return false;
	case APPROVAL_IS_AWAITED:
		command_queues_entry_added(&request->state->queues,
		    command.author, true);
		return true;
	case APPROVAL_IS_IMPOSSIBLE:
		break;
	}
	*error = CHAT_UNAVAILABLE;
	return true;
}

static enum chat_error
run_approved(struct request *request, enum chat_error decision, struct str text)
{
	if (decision == CHAT_OK)
		return dispatch_run(request);
	request->failure.text = text;
	return decision;
}

static void
dispatcher_decided(struct approval_handler *handler,
    const struct command *command, enum chat_error decision, struct str text)
{
	struct dispatcher *self =
	    LIST_OWNER(handler, struct dispatcher, approval_handler);
	struct request request;
	enum chat_error error;

	request_init(&request, self, command, dispatcher_now_ms(self));
	error = request_find_author(&request);
	if (error == CHAT_OK)
		error = run_approved(&request, decision, text);
	if (error != CHAT_OK && error != CHAT_MEMBER_NOT_FOUND)
		request_answer_failure(&request, error);
	dispatch_author_go_on(self, command, true);
}

const struct approval_handler_ops dispatch_approval_ops = {
	.decided = dispatcher_decided,
};
