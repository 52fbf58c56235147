#include "commands/support/file_completion.h"

#include <stdlib.h>

#include "commands/support/files.h"
#include "domain/command_copy.h"

struct file_completion {
	struct blob_waiter waiter;
	struct list link;
	struct chat *chat;
	struct dispatcher_state *state;
	struct command command;
	char texts[];
};

static struct file_completion *
file_completion_create(const struct request *request)
{
	const struct command *command = request->command;
	struct file_completion *completion =
	    malloc(sizeof(*completion) + command_text_bytes(command));

	if (completion == NULL)
		return NULL;
	completion->chat = request->chat;
	completion->state = request->state;
	command_copy(command, &completion->command, completion->texts);
	list_append(&request->state->file_completions, &completion->link);
	return completion;
}

static void
file_completion_free(struct file_completion *completion)
{
	list_remove(&completion->link);
	free(completion);
}

/* With other nodes, each of them does it. */
static void
file_completion_announce(struct request *request, const struct blob *blob)
{
	struct command_order *order = request->chat->order;
	struct command announce = *request->command;

	if (!(announce.flags & COMMAND_ANNOUNCED) ||
	    request_find_author(request) != CHAT_OK)
		return;
	if (order == NULL) {
		files_announce(request, blob);
		return;
	}
	announce.kind = COMMAND_FILE_ANNOUNCE;
	if (command_order_propose(order, &announce) == CHAT_OK)
		command_queues_entry_added(&request->state->queues,
		    announce.author, true);
}

/* The author may be gone: then nothing is sent. */
static void
file_completion_answer(const struct file_completion *completion,
    enum chat_error error)
{
	struct command command = completion->command;
	struct request request = {
		.chat = completion->chat,
		.state = completion->state,
		.command = &command,
		.now_ms = clock_wall_ms(completion->chat->clock),
	};
	const struct blob *blob =
	    blob_store_find(completion->chat->blobs, command.file.id);

	*str_put(request.author.id,
	    command.flags & COMMAND_OF_SERVER ? STR("") : command.author) =
	    '\0';
	if (error == CHAT_OK && blob == NULL)
		error = CHAT_FILE_NOT_FOUND;
	if (error == CHAT_OK) {
		files_answer(&request, blob);
		file_completion_announce(&request, blob);
	} else
		request_answer_failure(&request, error);
}

static void
file_completion_done(struct blob_waiter *waiter, enum chat_error error)
{
	struct file_completion *completion =
	    LIST_OWNER(waiter, struct file_completion, waiter);
	struct dispatcher_state *state = completion->state;
	struct str author = completion->command.author;

	if (error == CHAT_OK)
		state->file_totals.completed++;
	else
		state->file_totals.failed++;
	file_completion_answer(completion, error);
	if (command_queues_entry_done(&state->queues, author, true))
		(void)request_run_waiting_later(completion->chat, state,
		    author);
	file_completion_free(completion);
}

enum chat_error
file_completion_begin(struct request *request, struct str id, const char *type)
{
	struct file_completion *completion = file_completion_create(request);

	if (completion == NULL)
		return CHAT_UNAVAILABLE;
	completion->waiter.done = file_completion_done;
	command_queues_entry_added(&request->state->queues,
	    completion->command.author, true);
	blob_store_complete(request->chat->blobs, id, str_from(type),
	    &completion->waiter);
	return CHAT_OK;
}

void
file_completions_free(struct list *list)
{
	while (!list_is_empty(list))
		file_completion_free(LIST_OWNER(list->next,
		    struct file_completion, link));
}
