/*
 * COMMAND_BAN: a member leaves a room and may not join it, for a time or for
 * good. Its role is lost.
 */
#include "commands/command_table.h"
#include "commands/support/membership.h"
#include "commands/support/moderation.h"

static enum chat_error
ban_run(struct request *request)
{
	struct moderation moderation;
	enum chat_error error =
	    moderation_begin(request, MODERATION_BAN, &moderation);

	if (error != CHAT_OK)
		return error;
	moderation.standing = (struct standing){ ROLE_MEMBER, ROLE_BANNED,
		moderation_until_ms(request) };
	return room_roles_append(request, &moderation.room,
	    str_from(moderation.target.id), &moderation.standing, false);
}

static enum chat_error
ban_finish(struct request *request, const struct entry *entry)
{
	struct moderation moderation;
	struct event event;

	moderation_find_author(request);
	moderation_log(request, entry->room_id, entry->attribute.subject,
	    STR_ABSENT);
	if (moderation_resume(request, entry, &moderation)) {
		event = moderation_role_event(request, &moderation);
		membership_end(request, &moderation.room, event.member_id);
		moderation_remove(request, &moderation, &event);
	}
	moderation_answer(request);
	return CHAT_OK;
}

const struct command_entry command_ban = {
	.needs = NEEDS_AUTHOR | IS_ORDERED,
	.run = ban_run,
	.finish = ban_finish,
};
