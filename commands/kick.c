/*
 * COMMAND_KICK: put a member out of a room, also one that is away. It may join
 * again, unless the room is private: then it needs an invitation. What lets it
 * in is taken from it first, so that it cannot come back in between.
 */
#include "commands/command_table.h"
#include "commands/support/membership.h"
#include "commands/support/moderation.h"

static void
kick_put_out(struct request *request, struct moderation *moderation)
{
	struct event event =
	    moderation_event(request, moderation, EVENT_KICKED);

	moderation_log(request, event.room, event.member_id, STR_ABSENT);
	presence_observe_event(request_observer(request), &event);
	moderation_remove(request, moderation, &event);
	moderation_answer(request);
}

/* What lets it in a private room: an invitation, or a role. */
static bool
target_has_standing(const struct request *request,
    const struct moderation *moderation)
{
	struct standing standing;

	return moderation->room.is_private &&
	       room_roles_standing(request, &moderation->room,
		   str_from(moderation->target.id), &standing);
}

static bool
target_has_membership(const struct request *request,
    const struct moderation *moderation)
{
	return membership_has(request, &moderation->room,
	    str_from(moderation->target.id));
}

/* `written` is the last entry that there is; NULL: none. */
static enum chat_error
kick_go_on(struct request *request, struct moderation *moderation,
    const struct entry *written)
{
	struct str id = str_from(moderation->target.id);
	enum chat_error error = CHAT_OK;

	if (written == NULL && target_has_standing(request, moderation))
		error = room_roles_append(request, &moderation->room, id,
		    &STANDING_PLAIN, true);
	else if ((written == NULL ||
		     written->attribute.kind == ATTRIBUTE_ROLE) &&
		 target_has_membership(request, moderation))
		error =
		    membership_append_end_of(request, &moderation->room, id);
	else
		kick_put_out(request, moderation);
	if (error != CHAT_UNAVAILABLE)
		return error;
	/* If nothing can be written the member may come back. */
	kick_put_out(request, moderation);
	return CHAT_OK;
}

static enum chat_error
kick_run(struct request *request)
{
	struct moderation moderation;
	enum chat_error error =
	    moderation_begin(request, MODERATION_KICK, &moderation);

	if (error == CHAT_OK && !moderation.is_here &&
	    !target_has_membership(request, &moderation) &&
	    !target_has_standing(request, &moderation))
		error = request_member_not_found(request);
	return error == CHAT_OK ? kick_go_on(request, &moderation, NULL)
				: error;
}

static enum chat_error
kick_finish(struct request *request, const struct entry *entry)
{
	struct moderation moderation;

	moderation_find_author(request);
	if (moderation_resume(request, entry, &moderation))
		return kick_go_on(request, &moderation, entry);
	moderation_answer(request);
	return CHAT_OK;
}

const struct command_entry command_kick = {
	.needs = NEEDS_AUTHOR | IS_ORDERED,
	.run = kick_run,
	.finish = kick_finish,
};
