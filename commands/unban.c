/*
 * COMMAND_UNBAN: a member may join a room again; a private one if it is
 * invited.
 */
#include "commands/command_table.h"
#include "commands/support/moderation.h"

static enum chat_error
unban_run(struct request *request)
{
	struct moderation moderation;
	enum chat_error error =
	    moderation_begin(request, MODERATION_BAN, &moderation);

	if (error != CHAT_OK)
		return error;
	if (standing_role(&moderation.standing, request->now_ms) != ROLE_BANNED)
		return moderation_nothing_to_end(request, ROLE_BANNED);
	return room_roles_append(request, &moderation.room,
	    str_from(moderation.target.id), &STANDING_PLAIN, true);
}

const struct command_entry command_unban = {
	.needs = NEEDS_AUTHOR | IS_ORDERED,
	.run = unban_run,
	.finish = moderation_finish_role,
};
