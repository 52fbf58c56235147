/*
 * Keeps the order of each member's commands while its entries wait in the log:
 * a queue for each such member.
 */
#ifndef COMMANDS_COMMAND_QUEUE_H
#define COMMANDS_COMMAND_QUEUE_H

#include <stdbool.h>

#include "domain/base/id_map.h"
#include "domain/base/list.h"
#include "domain/command.h"

/* When a command may run while earlier ones of its author wait. */
enum command_turn {
	TURN_LAST,    /* it reads or moves: when no entry waits any more */
	TURN_APPENDS, /* when no command waits, and it is known where it is */
	TURN_AT_ONCE  /* always: its answer may overtake others */
};

/* The bound of the memory of waiting commands, of all members. */
#define COMMAND_QUEUES_MOST ((size_t)32 << 20)

/* The queues of all members; empty ones are freed. */
struct command_queues {
	struct id_map by_author;
	struct list all;
	/* NULL, or one of them: the next is often about the same author. */
	struct command_queue *recent;
	size_t bytes; /* of the commands that wait */
};

void command_queues_init(struct command_queues *);
void command_queues_fini(struct command_queues *);

/* Whether a command has to wait for earlier ones of its author. */
bool command_queues_must_wait(const struct command_queues *, struct str author,
    enum command_turn);

/* The same for the first command that waits; there is one. */
bool command_queues_may_resume(const struct command_queues *, struct str author,
    enum command_turn);

/* Whether entries of the author wait in the log. */
bool command_queues_has_entries(const struct command_queues *,
    struct str author);

/* Copy a command to the end. False: no memory, or more than may wait. */
bool command_queues_add(struct command_queues *, const struct command *);

/*
 * The author has one more entry in the log, or one less. With `moves` it is not
 * known where the author is until then. Without memory for it commands do not
 * wait. The second returns whether commands of the author do.
 */
void command_queues_entry_added(struct command_queues *, struct str author,
    bool moves);
bool command_queues_entry_done(struct command_queues *, struct str author,
    bool moves);

/* The author's first command; NULL: none waits. Borrowed until removed. */
const struct command *command_queues_first(const struct command_queues *,
    struct str author);
void command_queues_remove_first(struct command_queues *, struct str author);

/*
 * Whether something that waits decides where the author is in the end: then
 * whether that is a room.
 */
bool command_queues_move(const struct command_queues *, struct str author,
    bool *is_in_room);

#endif
