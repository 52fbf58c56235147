/*
 * COMMAND_DM: a message for one member only. Between two users it is a message
 * in the room of their talk, which begins with the first one.
 */
#include <assert.h>

#include "commands/command_table.h"
#include "commands/support/files.h"
#include "commands/support/room_ops.h"
#include "domain/private_talk.h"

/* Names that look alike count as one elsewhere. */
static enum chat_error
dm_find_name(struct member_store *members, struct str name, struct member *out)
{
	if (member_store_get_named(members, name, out) == CHAT_OK &&
	    str_equal(str_from(out->name), name))
		return CHAT_OK;
	return CHAT_MEMBER_NOT_FOUND;
}

/*
 * An id takes precedence over a name, so that a member whose name is another's
 * id does not get that member's messages. A user can be away.
 */
static enum chat_error
dm_find_recipient(const struct request *request, struct member *out,
    bool *is_away)
{
	struct member_store *members = request->chat->members;
	struct str wish = request->command->recipient;

	*is_away = false;
	if (request->command->flags & COMMAND_EXACT_NAME)
		return dm_find_name(members, wish, out);
	if (member_store_get(members, wish, out) == CHAT_OK ||
	    member_store_get_named(members, wish, out) == CHAT_OK)
		return CHAT_OK;
	if (!member_id_is_of_user(wish))
		return CHAT_MEMBER_NOT_FOUND;
	*is_away = true;
	memcpy(out->id, wish.data, wish.len);
	out->id[wish.len] = '\0';
	return CHAT_OK;
}

/* --- between users -------------------------------------------------------- */

static bool
is_talk(const struct request *request, const struct member *recipient)
{
	struct str author_id = str_from(request->author.id);
	struct str recipient_id = str_from(recipient->id);

	return member_id_is_of_user(author_id) &&
	       member_id_is_of_user(recipient_id) &&
	       !str_equal(author_id, recipient_id);
}

/*
 * Two users that are connected may always begin to talk. Ids of users that are
 * away can be made up: such a talk counts as a persistent room of the author.
 */
static enum chat_error
talk_create(struct request *request, bool is_away)
{
	struct room room = { .persistent = true, .max_members = 2 };
	enum chat_error error = room_ops_check_rooms(request);

	memcpy(room.id, request->room.data, request->room.len);
	if (error == CHAT_OK && is_away)
		error = room_quota_take(request);
	return error == CHAT_OK ? room_ops_append(request, &room) : error;
}

/* The room is the talk. */
static enum chat_error
talk_append_message(struct request *request)
{
	enum chat_error error = files_grant(request, BLOB_ROOM, request->room);

	return error == CHAT_OK ? request_append_message(request) : error;
}

static enum chat_error
talk_send(struct request *request, const struct member *recipient, bool is_away)
{
	struct room room;

	talk_id_make(str_from(request->author.id), str_from(recipient->id),
	    request->room_id);
	request->room = str_from(request->room_id);
	if (room_ops_must_wait(request))
		return request_append_barrier(request);
	if (room_store_get(request->chat->rooms, request->room, &room) !=
	    CHAT_OK)
		return talk_create(request, is_away);
	return talk_append_message(request);
}

static bool
dm_is_in_dialog(const struct request *request)
{
	return (request->command->flags & COMMAND_IN_DIALOG) != 0;
}

/* False: the recipient is away. */
static bool
talk_publish(const struct request *request, const struct entry *entry,
    struct str recipient_id, struct str recipient_name)
{
	const struct message *message = &entry->message;
	struct member recipient;
	struct event dm = {
		.kind = EVENT_DM,
		.room = entry->room_id,
		.seq = message->seq,
		.at_ms = message->at_ms,
		.member = message->author,
		.member_id = message->author_id,
		.connection = request->command->connection,
		.recipient = recipient_name,
		.body = message->body,
		.in_dialog = dm_is_in_dialog(request),
	};

	publisher_publish(request->chat->publisher, &dm,
	    audience_own_others(dm.member_id));
	return publisher_publish(request->chat->publisher, &dm,
		   audience_one(recipient_id)) > 0 ||
	       (request->chat->order != NULL &&
		   member_store_get(request->chat->members, recipient_id,
		       &recipient) == CHAT_OK);
}

static enum chat_error
talk_said(struct request *request, const struct entry *entry)
{
	const struct message *message = &entry->message;
	struct member recipient;
	struct event sent = {
		.kind = EVENT_DM_SENT,
		.room = entry->room_id,
		.seq = message->seq,
		.at_ms = message->at_ms,
		.member_id = talk_other(entry->room_id, message->author_id),
		.by = message->author,
		.in_dialog = dm_is_in_dialog(request),
		.duplicate = entry->is_duplicate,
	};

	assert(sent.member_id.data != NULL);
	if (member_store_get(request->chat->members, sent.member_id,
		&recipient) == CHAT_OK)
		sent.member = str_from(recipient.name);
	if (!entry->is_duplicate) {
		sent.body = message->body;
		sent.away =
		    !talk_publish(request, entry, sent.member_id, sent.member);
	}
	request_answer(request, &sent);
	return CHAT_OK;
}

/* The talk has begun. The command may be a copy, whose body is not filtered. */
static enum chat_error
dm_finish(struct request *request, const struct entry *entry)
{
	enum chat_error error;

	if (entry->kind == ENTRY_MESSAGE)
		return talk_said(request, entry);
	error = files_prepare_body(request);
	if (error != CHAT_OK)
		return error;
	assert(entry->room_id.len < sizeof(request->room_id));
	memcpy(request->room_id, entry->room_id.data, entry->room_id.len);
	request->room_id[entry->room_id.len] = '\0';
	request->room = str_from(request->room_id);
	return talk_append_message(request);
}

/* --- between others ------------------------------------------------------- */

/* CHAT_MEMBER_NOT_FOUND: the recipient's connection is gone. */
static enum chat_error
dm_deliver(struct request *request, const struct member *recipient)
{
	struct event dm = request_event(request, EVENT_DM);
	struct event sent = {
		.kind = EVENT_DM_SENT,
		.member = str_from(recipient->name),
		.member_id = str_from(recipient->id),
		.by = str_from(request->author.name),
		.body = request->body,
		.in_dialog = dm_is_in_dialog(request),
	};
	enum chat_error error =
	    files_grant(request, BLOB_MEMBER, sent.member_id);

	if (error != CHAT_OK)
		return error;
	dm.recipient = sent.member;
	dm.in_dialog = sent.in_dialog;
	dm.body = request->body;
	if (publisher_publish(request->chat->publisher, &dm,
		audience_one(sent.member_id)) == 0 &&
	    request->chat->order == NULL)
		return request_member_not_found(request);
	request_answer(request, &sent);
	return CHAT_OK;
}

/* The recipient at another node may read the file of the message at once. */
static enum chat_error
dm_prepare(struct request *request)
{
	struct member recipient;
	bool is_away;

	if (str_is_empty(request->command->recipient) ||
	    dm_find_recipient(request, &recipient, &is_away) != CHAT_OK ||
	    is_away || is_talk(request, &recipient))
		return CHAT_OK;
	return files_grant(request, BLOB_MEMBER, str_from(recipient.id));
}

static enum chat_error
dm_run(struct request *request)
{
	struct member recipient;
	bool is_away;

	if (str_is_empty(request->command->recipient)) {
		request->failure.text = STR("Recipient is required for DM");
		return request_bad_field(request, "recipient");
	}
	if (dm_find_recipient(request, &recipient, &is_away) != CHAT_OK)
		return request_member_not_found(request);
	if (publisher_is_congested(request->chat->publisher,
		str_from(recipient.id)))
		return CHAT_UNAVAILABLE;
	if (is_talk(request, &recipient))
		return talk_send(request, &recipient, is_away);
	/* A key is looked up in a history. */
	if (request->command->key.data != NULL)
		return request_bad_field(request, "key");
	return is_away || recipient.has_no_dm
		   ? request_member_not_found(request)
		   : dm_deliver(request, &recipient);
}

const struct command_entry command_dm = {
	.needs = NEEDS_AUTHOR | NEEDS_BODY | IS_ORDERED,
	.rights = RIGHT_DM,
	.run = dm_run,
	.prepare = dm_prepare,
	.finish = dm_finish,
	.turn = TURN_APPENDS,
};
