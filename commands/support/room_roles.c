#include "commands/support/room_roles.h"

#include <assert.h>

#include "domain/room_pattern.h"

static bool
room_is_of_creator(const struct room *room, struct str member_id)
{
	return room->creator[0] != '\0' &&
	       str_equal(str_from(room->creator), member_id);
}

bool
room_roles_standing(const struct request *request, const struct room *room,
    struct str member_id, struct standing *out)
{
	struct attribute attribute;

	*out = STANDING_PLAIN;
	if (attribute_store_get(request->chat->attributes, str_from(room->id),
		ATTRIBUTE_ROLE, member_id, &attribute)) {
		standing_read(attribute.value, out);
		return true;
	}
	if (room_is_of_creator(room, member_id))
		out->role = ROLE_OWNER;
	return false;
}

static enum role
room_roles_of(const struct request *request, const struct room *room,
    struct str member_id)
{
	struct standing standing;

	(void)room_roles_standing(request, room, member_id, &standing);
	return standing_role(&standing, request->now_ms);
}

/*
 * What the author's rights make it in a room that its token names. The server
 * may do all.
 */
static enum role
role_of_rights(const struct command *command, const struct room *room)
{
	if (!room_patterns_match(command->scope, str_from(room->id)))
		return ROLE_BANNED;
	if (command->rights & RIGHT_ADMIN)
		return ROLE_OWNER;
	return command->rights & RIGHT_MODERATE ? ROLE_MODERATOR : ROLE_BANNED;
}

enum role
room_roles_of_author(const struct request *request, const struct room *room)
{
	enum role of_rights = role_of_rights(request->command, room);
	enum role of_room =
	    room_roles_of(request, room, str_from(request->author.id));

	return of_rights > of_room ? of_rights : of_room;
}

/* --- owners --------------------------------------------------------------- */

struct owner_count {
	struct str but;
	size_t owners;
};

static bool
owner_count_add(const struct attribute *attribute, void *arg)
{
	struct owner_count *count = arg;
	struct standing standing;

	standing_read(attribute->value, &standing);
	count->owners += standing.role == ROLE_OWNER &&
			 !str_equal(attribute->subject, count->but);
	return true;
}

size_t
room_roles_count_owners(const struct request *request, const struct room *room,
    struct str but)
{
	struct owner_count count = { .but = but };
	struct str creator = str_from(room->creator);
	struct standing standing;

	attribute_store_each(request->chat->attributes, str_from(room->id),
	    ATTRIBUTE_ROLE, owner_count_add, &count);
	if (creator.len > 0 && !str_equal(creator, but) &&
	    !room_roles_standing(request, room, creator, &standing))
		count.owners++;
	return count.owners;
}

/* --- what a role allows --------------------------------------------------- */

bool
room_roles_is_visible(const struct request *request, const struct room *room)
{
	const struct chat *chat = request->chat;
	struct str author_id = str_from(request->author.id);
	struct str id = str_from(room->id);
	struct standing standing;
	struct attribute membership;
	bool is_known;

	if (!room->is_private || room_store_has(chat->rooms, id, author_id))
		return true;
	if (role_of_rights(request->command, room) >= ROLE_MODERATOR)
		return true;
	is_known = room_roles_standing(request, room, author_id, &standing);
	if (standing_role(&standing, request->now_ms) == ROLE_BANNED)
		return false;
	/* A ban takes an invitation away, also when it is over. */
	if (standing.penalty == ROLE_BANNED && standing.role == ROLE_MEMBER)
		is_known = false;
	return is_known || standing.role == ROLE_OWNER ||
	       attribute_store_get(chat->attributes, id, ATTRIBUTE_MEMBER,
		   author_id, &membership);
}

enum chat_error
room_roles_check_join(struct request *request, const struct room *room)
{
	if (!room_roles_is_visible(request, room))
		return request_room_not_found(request);
	if (room_roles_of_author(request, room) != ROLE_BANNED)
		return CHAT_OK;
	request->failure.right = right_word(RIGHT_JOIN);
	request->failure.text = STR("Banned from this room");
	return CHAT_FORBIDDEN;
}

enum chat_error
room_roles_check_post(struct request *request, const struct room *room)
{
	enum role role = room_roles_of_author(request, room);

	if (role_rights(role, room->is_moderated) & RIGHT_POST)
		return CHAT_OK;
	request->failure.right = right_word(RIGHT_POST);
	request->failure.text =
	    role == ROLE_MUTED
		? STR("Muted in this room")
		: STR("Only members with a voice may post in this room");
	return CHAT_FORBIDDEN;
}

/* --- changes -------------------------------------------------------------- */

static bool
standing_is_plain(const struct standing *standing)
{
	return standing->role == ROLE_MEMBER &&
	       standing->penalty == ROLE_MEMBER;
}

/* The value of the attribute; empty: it is removed. */
static struct str
standing_value(const struct room *room, struct str member_id,
    const struct standing *standing, bool forget, char buffer[STANDING_SIZE])
{
	if (standing_is_plain(standing) &&
	    !room_is_of_creator(room, member_id) &&
	    (forget || !room->is_private))
		return STR("");
	return str_slice(buffer, standing_write(standing, buffer));
}

static struct entry
role_entry(const struct request *request, const struct room *room,
    struct str member_id, struct str value)
{
	return (struct entry){ .kind = ENTRY_ATTRIBUTE,
		.room_id = str_from(room->id),
		.attribute = {
		    .kind = ATTRIBUTE_ROLE,
		    .subject = member_id,
		    .value = value,
		    .by = str_from(request->author.id),
		    .at_ms = request->now_ms,
		} };
}

/* The ids of users that are away can be made up. */
static enum chat_error
check_space_for(struct request *request, const struct attribute *wanted,
    struct str room)
{
	struct attribute_store *attributes = request->chat->attributes;
	size_t most = request->chat->limits.room_attributes;
	struct attribute was;

	if (str_is_empty(wanted->value) ||
	    attribute_store_count(attributes, room) < most ||
	    attribute_store_find(attributes, room, wanted, &was))
		return CHAT_OK;
	return request_over_limit(request, CHAT_TOO_MANY_ATTRIBUTES, most);
}

enum chat_error
room_roles_append(struct request *request, const struct room *room,
    struct str member_id, const struct standing *standing, bool forget)
{
	char buffer[STANDING_SIZE];
	struct entry entry = role_entry(request, room, member_id,
	    standing_value(room, member_id, standing, forget, buffer));

	enum chat_error error =
	    check_space_for(request, &entry.attribute, entry.room_id);

	return error == CHAT_OK ? request_append(request, &entry) : error;
}

enum chat_error
room_roles_append_silently(struct request *request, const struct room *room,
    struct str member_id, const struct standing *standing, bool forget)
{
	char buffer[STANDING_SIZE];
	struct entry entry = role_entry(request, room, member_id,
	    standing_value(room, member_id, standing, forget, buffer));

	return commit_log_append(request->chat->log, &entry, NULL);
}
