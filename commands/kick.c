/*
 * COMMAND_KICK: put a member out of a room. It may join again, unless the room
 * is private: then it needs an invitation.
 */
#include "commands/command_table.h"
#include "commands/support/membership.h"
#include "commands/support/moderation.h"

/* If that cannot be written the member may come back. */
static void
kick_forget(struct request *request, const struct moderation *moderation)
{
	struct str id = str_from(moderation->target.id);
	struct standing standing;

	membership_end(request, &moderation->room, id);
	if (moderation->room.is_private &&
	    room_roles_standing(request, &moderation->room, id, &standing))
		(void)room_roles_append_silently(request, &moderation->room, id,
		    &STANDING_PLAIN, true);
}

static enum chat_error
kick_run(struct request *request)
{
	struct moderation moderation;
	struct event event;
	enum chat_error error =
	    moderation_begin(request, MODERATION_KICK, &moderation);

	if (error == CHAT_OK && !moderation.is_here)
		error = request_member_not_found(request);
	if (error != CHAT_OK)
		return error;
	event = moderation_event(request, &moderation, EVENT_KICKED);
	kick_forget(request, &moderation);
	moderation_log(request, event.room, event.member_id, STR_ABSENT);
	presence_observe_event(request_observer(request), &event);
	moderation_remove(request, &moderation, &event);
	moderation_answer(request);
	return CHAT_OK;
}

const struct command_entry command_kick = {
	.needs = NEEDS_AUTHOR | IS_ORDERED,
	.run = kick_run,
};
