/* COMMAND_MUTE: a member of a room may not post, for a time or for good. */
#include "commands/command_table.h"
#include "commands/support/moderation.h"

static enum chat_error
mute_run(struct request *request)
{
	struct moderation moderation;
	enum chat_error error =
	    moderation_begin(request, MODERATION_MUTE, &moderation);

	if (error != CHAT_OK)
		return error;
	if (standing_role(&moderation.standing, request->now_ms) ==
	    ROLE_BANNED) {
		request->failure.text = STR("This member is banned");
		return request_bad_field(request, "member");
	}
	moderation.standing.penalty = ROLE_MUTED;
	moderation.standing.until_ms = moderation_until_ms(request);
	return room_roles_append(request, &moderation.room,
	    str_from(moderation.target.id), &moderation.standing, false);
}

static enum chat_error
mute_finish(struct request *request, const struct entry *entry)
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

const struct command_entry command_mute = {
	.needs = NEEDS_AUTHOR,
	.run = mute_run,
	.finish = mute_finish,
};
