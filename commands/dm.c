/* COMMAND_DM: a message for one member only. */
#include "commands/command_table.h"

/*
 * An id takes precedence over a name, so that a member whose name is another's
 * id does not get that member's messages.
 */
static enum chat_error
dm_find_recipient(const struct request *request, struct member *out)
{
	struct member_store *members = request->chat->members;
	struct str wish = request->command->recipient;

	if (member_store_get(members, wish, out) == CHAT_OK)
		return CHAT_OK;
	return member_store_get_named(members, wish, out);
}

/* False: the recipient's dialect has no private messages. */
static bool
dm_deliver(const struct request *request, const struct member *recipient)
{
	struct event dm = request_event(request, EVENT_DM);
	struct event sent = {
		.kind = EVENT_DM_SENT,
		.member = str_from(recipient->name),
		.member_id = str_from(recipient->id),
		.body = request->command->body,
	};

	dm.body = request->command->body;
	if (publisher_publish(request->chat->publisher, &dm,
		audience_one(sent.member_id)) == 0)
		return false;
	request_answer(request, &sent);
	return true;
}

static enum chat_error
dm_run(struct request *request)
{
	struct member recipient;

	if (str_is_empty(request->command->recipient)) {
		request->failure.text = STR("Recipient is required for DM");
		return request_bad_field(request, "recipient");
	}
	if (dm_find_recipient(request, &recipient) != CHAT_OK)
		return request_member_not_found(request);
	if (publisher_is_congested(request->chat->publisher,
		str_from(recipient.id)))
		return CHAT_UNAVAILABLE;
	if (!dm_deliver(request, &recipient))
		return request_member_not_found(request);
	return CHAT_OK;
}

const struct command_entry command_dm = {
	.needs = NEEDS_AUTHOR | NEEDS_BODY,
	.rights = RIGHT_DM,
	.run = dm_run,
	.turn = TURN_AT_ONCE,
};
