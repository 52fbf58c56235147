/* A command as the dispatcher knows it: one small file each. */
#ifndef COMMANDS_COMMAND_TABLE_H
#define COMMANDS_COMMAND_TABLE_H

#include "commands/support/request.h"

/* What the dispatcher sees to before a command runs. */
enum command_needs {
	NEEDS_AUTHOR = 1 << 0, /* request->author is who asks */
	NEEDS_BODY = 1 << 1,   /* there is a message, and it is not too large */
	NEEDS_ROOM = 1 << 2,   /* a room that the author is in … */
	NEEDS_PLACE = 1 << 3,  /* … or the lobby, if the author is in that */
	NEEDS_NO_GUEST = 1 << 4 /* guests get their name by joining */
};

struct command_entry {
	unsigned needs;
	unsigned rights; /* of enum right, which the author must have */
	/*
	 * Carries the command out. After a failure nothing has changed and
	 * nothing was said; with NEEDS_AUTHOR the dispatcher tells the author.
	 */
	enum chat_error (*run)(struct request *);
	/*
	 * The entry that run() appended is done. On failure the dispatcher
	 * tells the author.
	 */
	enum chat_error (*finish)(struct request *, const struct entry *);
	enum command_turn turn; /* while its author's entries wait */
};

#define X(constant, word) extern const struct command_entry command_##word;
COMMANDS(X)
#undef X

#endif
