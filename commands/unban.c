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

static enum chat_error
unban_finish(struct request *request, const struct entry *entry)
{
	struct moderation moderation;
	struct event event;

	moderation_find_author(request);
	moderation_log(request, entry->room_id, entry->attribute.subject,
	    STR_ABSENT);
	if (moderation_resume(request, entry, &moderation)) {
		event = moderation_role_event(request, &moderation);
		moderation_publish(request, &moderation, &event);
	}
	moderation_answer(request);
	return CHAT_OK;
}

const struct command_entry command_unban = {
	.needs = NEEDS_AUTHOR,
	.run = unban_run,
	.finish = unban_finish,
};
