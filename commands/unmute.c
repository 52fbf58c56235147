/* COMMAND_UNMUTE: a member of a room may post again. */
#include "commands/command_table.h"
#include "commands/support/moderation.h"

static enum chat_error
unmute_run(struct request *request)
{
	struct moderation moderation;
	enum chat_error error =
	    moderation_begin(request, MODERATION_MUTE, &moderation);

	if (error != CHAT_OK)
		return error;
	if (standing_role(&moderation.standing, request->now_ms) != ROLE_MUTED)
		return moderation_nothing_to_end(request, ROLE_MUTED);
	moderation.standing.penalty = ROLE_MEMBER;
	moderation.standing.until_ms = 0;
	return room_roles_append(request, &moderation.room,
	    str_from(moderation.target.id), &moderation.standing, false);
}

const struct command_entry command_unmute = {
	.needs = NEEDS_AUTHOR | IS_ORDERED,
	.run = unmute_run,
	.finish = moderation_finish_role,
};
