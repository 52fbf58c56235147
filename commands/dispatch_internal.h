/* For the files of the dispatcher only. */
#ifndef COMMANDS_DISPATCH_INTERNAL_H
#define COMMANDS_DISPATCH_INTERNAL_H

#include "commands/command_table.h"
#include "commands/commands.h"

struct dispatcher {
	struct command_handler base;
	struct entry_handler entry_handler;
	struct ordered_handler ordered_handler;
	struct approval_handler approval_handler;
	struct chat *chat;
	struct dispatcher_state state;
};

static inline void
request_init(struct request *request, struct dispatcher *self,
    const struct command *command, int64_t now_ms)
{
	/* The large members are not cleared: this runs for every message. */
	request->chat = self->chat;
	request->state = &self->state;
	request->command = command;
	request->room = command->room;
	request->body = command->body;
	request->now_ms = now_ms;
	request->ordered = NULL;
	request->failure = (struct failure){ .error = CHAT_OK };
	request->file_id[0] = '\0';
}

static inline int64_t
dispatcher_now_ms(const struct dispatcher *self)
{
	return clock_wall_ms(self->chat->clock);
}

/* The command waits. A connection that ends receives nothing meanwhile. */
static inline void
dispatch_detach_if_ending(const struct chat *chat,
    const struct command *command)
{
	if (command->kind == COMMAND_DISCONNECT)
		publisher_detach(chat->publisher, command->author,
		    command->connection);
}

/* --- dispatch.c ----------------------------------------------------------- */

/*
 * The author is known. Runs the command, or proposes it to all nodes, or makes
 * it wait. The caller answers a failure.
 */
enum chat_error dispatch_run(struct request *);

/*
 * An entry of the author is done, which decided where it is or not: commands
 * that waited for it may run. Authors of other nodes have none here.
 */
void dispatch_author_go_on(struct dispatcher *, const struct command *,
    bool moves);

/* --- dispatch_ordered.c --------------------------------------------------- */

extern const struct ordered_handler_ops dispatch_ordered_ops;

/* Later commands of the author wait until it has run. */
enum chat_error dispatch_propose(struct request *);

/*
 * With other nodes only. True: the command waits, or cannot run, as *error
 * says.
 */
bool dispatch_waits_for_room(struct request *, const struct command_entry *,
    enum chat_error *error);

/* --- dispatch_approval.c -------------------------------------------------- */

extern const struct approval_handler_ops dispatch_approval_ops;

/*
 * With an approval only. Asks about what may run as far as is known here. True:
 * later commands of the author wait for the decision, or it cannot run, as
 * *error says.
 */
bool dispatch_waits_for_approval(struct request *, const struct command_entry *,
    enum chat_error *error);

#endif
