/* COMMAND_MUTE: a member of a room may not post, for a time or for good. */
#include "commands/command_table.h"
#include "commands/support/moderation.h"

static enum chat_error
mute_run(struct request *request)
{
	struct moderation moderation;
	enum chat_error error =
	    moderation_begin_unbanned(request, MODERATION_MUTE, &moderation);

	if (error != CHAT_OK)
		return error;
	moderation.standing.penalty = ROLE_MUTED;
	moderation.standing.until_ms = moderation_until_ms(request);
	return room_roles_append(request, &moderation.room,
	    str_from(moderation.target.id), &moderation.standing, false);
}

const struct command_entry command_mute = {
	.needs = NEEDS_AUTHOR | IS_ORDERED,
	.run = mute_run,
	.finish = moderation_finish_role,
};
