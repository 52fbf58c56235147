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

/* An invitation is taken back, too. */
static bool
kick_has_effect(const struct request *request,
    const struct moderation *moderation)
{
	struct str id = str_from(moderation->target.id);
	struct standing standing;

	return moderation->is_here ||
	       membership_has(request, &moderation->room, id) ||
	       (moderation->room.is_private &&
		   room_roles_standing(request, &moderation->room, id,
		       &standing));
}

/* `written` is the last entry that there is; NULL: none. */
static enum chat_error
kick_go_on(struct request *request, struct moderation *moderation,
    const struct entry *written)
{
	struct str id = str_from(moderation->target.id);
	struct standing standing;
	enum chat_error error = CHAT_OK;

	if (written == NULL && moderation->room.is_private &&
	    room_roles_standing(request, &moderation->room, id, &standing))
		error = room_roles_append(request, &moderation->room, id,
		    &STANDING_PLAIN, true);
	else if ((written == NULL ||
		     written->attribute.kind == ATTRIBUTE_ROLE) &&
		 membership_has(request, &moderation->room, id))
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

	if (error == CHAT_OK && !kick_has_effect(request, &moderation))
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
