/*
 * COMMAND_INVITE: the member gets an event with the room, and may join it if it
 * is private.
 */
#include "commands/command_table.h"
#include "commands/support/moderation.h"

static void
invite_publish(const struct request *request,
    const struct moderation *moderation)
{
	struct event event = request_event(request, EVENT_INVITED);

	event.room = str_from(moderation->room.id);
	event.room_name = str_from(moderation->room.name);
	if (moderation->is_connected)
		publisher_publish(request->chat->publisher, &event,
		    audience_one(str_from(moderation->target.id)));
}

static void
invite_done(const struct request *request, const struct moderation *moderation)
{
	moderation_log(request, str_from(moderation->room.id),
	    str_from(moderation->target.id), STR_ABSENT);
	invite_publish(request, moderation);
	moderation_answer(request);
}

static enum chat_error
invite_run(struct request *request)
{
	struct moderation moderation;
	enum chat_error error =
	    moderation_begin_unbanned(request, MODERATION_INVITE, &moderation);

	if (error != CHAT_OK)
		return error;
	if (moderation.room.is_private)
		return room_roles_append(request, &moderation.room,
		    str_from(moderation.target.id), &moderation.standing,
		    false);
	invite_done(request, &moderation);
	return CHAT_OK;
}

static enum chat_error
invite_finish(struct request *request, const struct entry *entry)
{
	struct moderation moderation;

	moderation_find_author(request);
	if (moderation_resume(request, entry, &moderation))
		invite_done(request, &moderation);
	return CHAT_OK;
}

const struct command_entry command_invite = {
	.needs = NEEDS_AUTHOR | IS_ORDERED,
	.run = invite_run,
	.finish = invite_finish,
};
