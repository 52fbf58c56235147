#include "commands/support/membership.h"

#include "commands/support/room_ops.h"
#include "domain/log.h"
#include "domain/private_talk.h"

bool
membership_ends(const struct request *request, const struct room *room)
{
	return membership_has(request, room, str_from(request->author.id));
}

bool
membership_begins(const struct request *request, const struct room *room)
{
	const struct chat *chat = request->chat;

	return room->persistent &&
	       !(request->command->flags & COMMAND_OF_SERVER) &&
	       member_id_is_of_user(str_from(request->author.id)) &&
	       !membership_ends(request, room) &&
	       attribute_store_count(chat->attributes, str_from(room->id)) <
		   chat->limits.room_attributes;
}

/* An empty name ends it. */
static struct entry
membership_entry(const struct request *request, const struct room *room,
    struct str member_id, struct str name)
{
	return (struct entry){ .kind = ENTRY_ATTRIBUTE,
		.room_id = str_from(room->id),
		.attribute = { .kind = ATTRIBUTE_MEMBER,
		    .subject = member_id,
		    .value = name,
		    .by = str_from(request->author.id),
		    .at_ms = request->now_ms } };
}

enum chat_error
membership_append_begin(struct request *request, const struct room *room)
{
	struct entry entry = membership_entry(request, room,
	    str_from(request->author.id), str_from(request->author.name));

	return request_append(request, &entry);
}

enum chat_error
membership_append_end(struct request *request, const struct room *room)
{
	return membership_append_end_of(request, room,
	    str_from(request->author.id));
}

enum chat_error
membership_append_end_of(struct request *request, const struct room *room,
    struct str member_id)
{
	struct entry entry =
	    membership_entry(request, room, member_id, STR_ABSENT);

	return request_append(request, &entry);
}

bool
membership_has(const struct request *request, const struct room *room,
    struct str member_id)
{
	struct attribute attribute;

	return attribute_store_get(request->chat->attributes,
	    str_from(room->id), ATTRIBUTE_MEMBER, member_id, &attribute);
}

void
membership_end(const struct request *request, const struct room *room,
    struct str member_id)
{
	struct entry entry =
	    membership_entry(request, room, member_id, STR_ABSENT);
	enum chat_error error;

	if (!room->persistent || !member_id_is_of_user(member_id))
		return;
	error = commit_log_append(request->chat->log, &entry, NULL);
	if (error != CHAT_OK)
		log_limited(LOG_WARN,
		    "room %s: the end of a membership cannot be written: %s",
		    room->id, chat_error_text(error));
}

/* --- after connecting ----------------------------------------------------- */

struct resuming {
	struct request *request;
	enum chat_error error;
};

static bool
room_has_space(const struct request *request, const struct room *room)
{
	const struct chat_limits *limits = &request->chat->limits;
	size_t most = limits->room_members;

	if (room->max_members != 0 && room->max_members < most)
		most = room->max_members;
	return room->member_count < most &&
	       room_store_rooms_of(request->chat->rooms,
		   str_from(request->author.id)) < limits->rooms_per_member;
}

static bool
room_resume(struct str room_id, const struct attribute *attribute, void *arg)
{
	struct resuming *resuming = arg;
	struct request *request = resuming->request;
	struct room room;

	(void)attribute;
	if (room_store_get(request->chat->rooms, room_id, &room) != CHAT_OK ||
	    !room_has_space(request, &room))
		return true;
	resuming->error = room_ops_enter(request, &room);
	return resuming->error == CHAT_OK;
}

enum chat_error
membership_resume(struct request *request)
{
	struct resuming resuming = { .request = request };
	struct room room;

	attribute_store_each_room(request->chat->attributes, ATTRIBUTE_MEMBER,
	    str_from(request->author.id), room_resume, &resuming);
	if (resuming.error == CHAT_OK)
		return CHAT_OK;
	while (room_ops_first_of_author(request, STR_ABSENT, &room))
		room_ops_exit(request, &room);
	return resuming.error;
}

static bool
room_announce(struct str room_id, const struct attribute *attribute, void *arg)
{
	struct request *request = arg;
	struct room room;

	(void)attribute;
	if (room_store_has(request->chat->rooms, room_id,
		str_from(request->author.id)) &&
	    room_store_get(request->chat->rooms, room_id, &room) == CHAT_OK)
		room_ops_announce(request, &room);
	return true;
}

void
membership_announce(struct request *request)
{
	attribute_store_each_room(request->chat->attributes, ATTRIBUTE_MEMBER,
	    str_from(request->author.id), room_announce, request);
}
