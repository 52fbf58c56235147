#include "domain/command.h"

#include <assert.h>
#include <stddef.h>

static const char *const words[COMMAND_KINDS] = {
	[COMMAND_CONNECT] = "connect",
	[COMMAND_DISCONNECT] = "disconnect",
	[COMMAND_TICK] = "tick",
	[COMMAND_REPLAY] = "replay",
	[COMMAND_BROADCAST] = "broadcast",
	[COMMAND_LIST] = "list",
	[COMMAND_ME] = "me",
	[COMMAND_DM] = "dm",
	[COMMAND_RENAME] = "rename",
	[COMMAND_ROOM_CREATE] = "room_create",
	[COMMAND_ROOM_JOIN] = "room_join",
	[COMMAND_ROOM_LEAVE] = "room_leave",
	[COMMAND_ROOM_LIST] = "room_list",
	[COMMAND_HISTORY] = "history",
	[COMMAND_TYPING] = "typing",
	[COMMAND_PING] = "ping",
	[COMMAND_NOOP] = "noop",
};

const char *
command_kind_word(enum command_kind kind)
{
	assert((size_t)kind < COMMAND_KINDS);
	return words[kind];
}
