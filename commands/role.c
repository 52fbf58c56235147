/*
 * COMMAND_ROLE: make a member of a room its owner, a moderator, one with a
 * voice, or an ordinary member.
 */
#include "commands/command_table.h"
#include "commands/support/moderation.h"

static enum chat_error
role_read_word(struct request *request, enum role *role)
{
	if (role_of_word(request->command->role, role))
		return CHAT_OK;
	request->failure.text =
	    STR("A role is owner, moderator, voice or member");
	return request_bad_field(request, "role");
}

/* Only owners make and unmake owners and moderators. */
static enum moderation_act
act_of(enum role role)
{
	return role > ROLE_VOICE ? MODERATION_ROLE : MODERATION_VOICE;
}

static enum chat_error
check_last_owner(struct request *request, const struct moderation *moderation,
    enum role role)
{
	if (role == ROLE_OWNER || moderation->standing.role != ROLE_OWNER ||
	    room_roles_count_owners(request, &moderation->room,
		str_from(moderation->target.id)) > 0)
		return CHAT_OK;
	request->failure.text = STR("A room keeps its last owner");
	return CHAT_FORBIDDEN;
}

static enum chat_error
role_run(struct request *request)
{
	struct moderation moderation;
	enum role role = ROLE_MEMBER;
	enum chat_error error = role_read_word(request, &role);

	if (error == CHAT_OK)
		error = moderation_begin(request, act_of(role), &moderation);
	if (error == CHAT_OK)
		error = check_last_owner(request, &moderation, role);
	if (error != CHAT_OK)
		return error;
	moderation.standing.role = role;
	return room_roles_append(request, &moderation.room,
	    str_from(moderation.target.id), &moderation.standing, false);
}

const struct command_entry command_role = {
	.needs = NEEDS_AUTHOR | IS_ORDERED,
	.run = role_run,
	.finish = moderation_finish_role,
};
