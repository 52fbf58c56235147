/* The table of commands; each command has a file. */
#ifndef COMMANDS_COMMAND_TABLE_H
#define COMMANDS_COMMAND_TABLE_H

#include "commands/support/request.h"

/* Preconditions that the dispatcher checks before a command runs. */
enum command_needs {
	NEEDS_AUTHOR = 1 << 0, /* the author is connected: request->author */
	NEEDS_BODY = 1 << 1,   /* there is a message, and it is not too large */
	NEEDS_ROOM = 1 << 2,   /* the author is in the room */
	NEEDS_PLACE = 1 << 3,  /* the author is in the room or the lobby */
	NEEDS_NO_GUEST = 1 << 4, /* guests get their name by joining */
	/* with NEEDS_ROOM: or the room is a private talk of the author */
	MAY_BE_TALK = 1 << 5,
	NEEDS_VOICE = 1 << 6,   /* the author's role allows it to post */
	NEEDS_HISTORY = 1 << 7, /* the room's history is in the stores */
	/* With other nodes: it runs on each, in the order of all. */
	IS_ORDERED = 1 << 8,
	IS_ORDERED_IN_LOBBY = 1 << 9 /* if it has no room */
};

struct command_entry {
	unsigned needs;
	unsigned rights; /* of enum right, which the author must have */
	/*
	 * Carries the command out. After a failure nothing has changed and
	 * nothing was published; with NEEDS_AUTHOR the dispatcher answers.
	 */
	enum chat_error (*run)(struct request *);
	/*
	 * With other nodes: what the author's node does before it proposes the
	 * command, which may be refused still. NULL: nothing.
	 */
	enum chat_error (*prepare)(struct request *);
	/*
	 * The entry that run() appended is done. The dispatcher answers a
	 * failure.
	 */
	enum chat_error (*finish)(struct request *, const struct entry *);
	enum command_turn turn; /* while its author's entries wait */
};

#define X(constant, word) extern const struct command_entry command_##word;
COMMANDS(X)
#undef X

#endif
