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
	/*
	 * Carries the command out. After a failure nothing has changed and
	 * nothing was said; with NEEDS_AUTHOR the dispatcher tells the author.
	 */
	enum chat_error (*run)(struct request *);
};

extern const struct command_entry command_connect;
extern const struct command_entry command_disconnect;
extern const struct command_entry command_tick;
extern const struct command_entry command_replay;
extern const struct command_entry command_broadcast;
extern const struct command_entry command_list;
extern const struct command_entry command_me;
extern const struct command_entry command_dm;
extern const struct command_entry command_rename;
extern const struct command_entry command_room_create;
extern const struct command_entry command_room_join;
extern const struct command_entry command_room_leave;
extern const struct command_entry command_room_list;
extern const struct command_entry command_history;
extern const struct command_entry command_typing;
extern const struct command_entry command_ping;
extern const struct command_entry command_noop;

#endif
