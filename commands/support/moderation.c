#include "commands/support/moderation.h"

#include <stdio.h>

#include "commands/support/room_ops.h"
#include "domain/log.h"
#include "domain/private_talk.h"
#include "domain/text/log_text.h"

/* The largest number that all clients can represent. */
#define UNTIL_MOST_MS ((INT64_C(1) << 53) - 1)

/* --- what roles may do to members ----------------------------------------- */

/*
 * The least role of the author. Owners may do it to all, others to members
 * whose role is lower than their own. A penalty against a moderator of the
 * whole server needs the right of its administrators, whatever the roles.
 */
static const struct {
	unsigned right; /* that this role has */
	bool to_oneself;
	bool is_penalty;
} acts[] = {
	[MODERATION_INVITE] = { RIGHT_MODERATE, false, false },
	[MODERATION_KICK] = { RIGHT_MODERATE, false, true },
	[MODERATION_MUTE] = { RIGHT_MODERATE, false, true },
	[MODERATION_BAN] = { RIGHT_MODERATE, false, true },
	[MODERATION_VOICE] = { RIGHT_MODERATE, true, false },
	[MODERATION_ROLE] = { RIGHT_ADMIN, true, false },
};

/* Also of an anonymous author: a token would not help. */
static enum chat_error
lacks_role(struct request *request, unsigned right)
{
	(void)request_lacks_right(request, right);
	return CHAT_FORBIDDEN;
}

static bool
role_has(enum role role, unsigned right)
{
	return (role_rights(role, false) & right) != 0;
}

/* The rights of a target that is not connected are not known. */
static bool
target_moderates_server(const struct request *request,
    const struct moderation *moderation)
{
	const struct chat *chat = request->chat;
	struct str id = str_from(moderation->target.id);
	unsigned rights = chat->order != NULL
			      ? command_order_rights(chat->order, id)
			      : publisher_rights(chat->publisher, id);

	return (rights & (RIGHT_MODERATE | RIGHT_ADMIN)) != 0;
}

static enum chat_error
check_target(struct request *request, enum moderation_act act,
    const struct moderation *moderation)
{
	bool to_oneself = str_equal(str_from(moderation->target.id),
	    request->command->author);

	if (to_oneself) {
		if (acts[act].to_oneself)
			return CHAT_OK;
		request->failure.text = STR("Not possible with oneself");
		return request_bad_field(request, "member");
	}
	if (acts[act].is_penalty &&
	    (request->command->rights & RIGHT_ADMIN) == 0 &&
	    target_moderates_server(request, moderation))
		return lacks_role(request, RIGHT_ADMIN);
	if (act == MODERATION_INVITE || moderation->actor == ROLE_OWNER ||
	    moderation->standing.role < moderation->actor)
		return CHAT_OK;
	return lacks_role(request, RIGHT_ADMIN);
}

/* --- finding -------------------------------------------------------------- */

enum chat_error
moderation_find_room(struct request *request, unsigned right, struct room *out)
{
	if (request->room.data == NULL)
		return request_bad_field(request, "room");
	if (talk_id_is_valid(request->room) ||
	    room_store_get(request->chat->rooms, request->room, out) !=
		CHAT_OK ||
	    !room_roles_is_visible(request, out))
		return request_room_not_found(request);
	if (!role_has(room_roles_of_author(request, out), right))
		return lacks_role(request, right);
	return CHAT_OK;
}

/* A member of which only the id is known. */
static void
member_make_unknown(struct member *out, struct str id)
{
	*out = (struct member){ .is_user = true };
	memcpy(out->id, id.data, id.len);
	memcpy(out->name, id.data, id.len);
}

/* By id or name; of a user also one that is not connected, by its id. */
static enum chat_error
find_target(struct request *request, struct moderation *out)
{
	struct member_store *members = request->chat->members;
	struct str wish = request->command->recipient;

	if (str_is_empty(wish))
		return request_bad_field(request, "member");
	out->is_connected =
	    member_store_get(members, wish, &out->target) == CHAT_OK ||
	    member_store_get_named(members, wish, &out->target) == CHAT_OK;
	if (out->is_connected)
		return CHAT_OK;
	if (!member_id_is_of_user(wish))
		return request_member_not_found(request);
	member_make_unknown(&out->target, wish);
	return CHAT_OK;
}

static void
find_standing(const struct request *request, struct moderation *out)
{
	struct str id = str_from(out->target.id);

	(void)room_roles_standing(request, &out->room, id, &out->standing);
	if (standing_role(&out->standing, request->now_ms) ==
	    out->standing.role) {
		out->standing.penalty = ROLE_MEMBER; /* it is over */
		out->standing.until_ms = 0;
	}
	out->is_here =
	    room_store_has(request->chat->rooms, str_from(out->room.id), id);
}

enum chat_error
moderation_begin(struct request *request, enum moderation_act act,
    struct moderation *out)
{
	enum chat_error error =
	    moderation_find_room(request, acts[act].right, &out->room);

	if (error == CHAT_OK && request->command->reason.len > REASON_MOST)
		error = request_bad_field(request, "reason");
	if (error == CHAT_OK)
		error = find_target(request, out);
	if (error != CHAT_OK)
		return error;
	out->actor = room_roles_of_author(request, &out->room);
	find_standing(request, out);
	return check_target(request, act, out);
}

enum chat_error
moderation_begin_unbanned(struct request *request, enum moderation_act act,
    struct moderation *out)
{
	enum chat_error error = moderation_begin(request, act, out);

	if (error != CHAT_OK ||
	    standing_role(&out->standing, request->now_ms) != ROLE_BANNED)
		return error;
	request->failure.text = STR("This member is banned");
	return request_bad_field(request, "member");
}

void
moderation_find_author(struct request *request)
{
	if (request_find_author(request) != CHAT_OK)
		member_make_unknown(&request->author, request->command->author);
}

bool
moderation_resume(struct request *request, const struct entry *entry,
    struct moderation *out)
{
	const struct chat *chat = request->chat;
	struct str id = entry->attribute.subject;

	if (room_store_get(chat->rooms, entry->room_id, &out->room) != CHAT_OK)
		return false;
	out->is_connected =
	    member_store_get(chat->members, id, &out->target) == CHAT_OK;
	if (!out->is_connected)
		member_make_unknown(&out->target, id);
	find_standing(request, out);
	return true;
}

/* --- events --------------------------------------------------------------- */

struct event
moderation_room_event(const struct request *request, const struct room *room,
    enum event_kind kind)
{
	return (struct event){
		.kind = kind,
		.room = str_from(room->id),
		.by = str_from(request->author.name),
		.by_id = str_from(request->author.id),
		.at_ms = request->now_ms,
	};
}

struct event
moderation_event(const struct request *request,
    const struct moderation *moderation, enum event_kind kind)
{
	struct event event =
	    moderation_room_event(request, &moderation->room, kind);

	event.member = str_from(moderation->target.name);
	event.member_id = str_from(moderation->target.id);
	if (!str_is_empty(request->command->reason))
		event.reason = request->command->reason;
	return event;
}

/* To the room, and to the target. */
static void
moderation_publish(const struct request *request,
    const struct moderation *moderation, const struct event *event)
{
	struct publisher *publisher = request->chat->publisher;

	publisher_publish(publisher, event, audience_room(event->room));
	if (moderation->is_connected && !moderation->is_here)
		publisher_publish(publisher, event,
		    audience_one(event->member_id));
}

struct event
moderation_role_event(const struct request *request,
    const struct moderation *moderation)
{
	const struct standing *standing = &moderation->standing;
	enum role role = standing_role(standing, request->now_ms);
	struct event event = moderation_event(request, moderation, EVENT_ROLE);

	event.role = role_word(role);
	if (role < ROLE_MEMBER)
		event.until_ms = standing->until_ms;
	return event;
}

void
moderation_publish_by_server(const struct request *request,
    const struct moderation *moderation)
{
	struct event event = moderation_role_event(request, moderation);

	event.by = STR("server");
	event.by_id = STR_ABSENT;
	event.reason = STR("flood");
	moderation_publish(request, moderation, &event);
	log_limited(LOG_INFO,
	    "moderation: action=mute room=%s member=\"%s\" "
	    "by=server reason=\"flood\"",
	    moderation->room.id, moderation->target.id);
}

int64_t
moderation_until_ms(const struct request *request)
{
	int64_t duration_ms = request->command->duration_ms;

	if (duration_ms == 0)
		return 0;
	return duration_ms > UNTIL_MOST_MS - request->now_ms
		   ? UNTIL_MOST_MS
		   : request->now_ms + duration_ms;
}

enum chat_error
moderation_nothing_to_end(struct request *request, enum role penalty)
{
	request->failure.text = penalty == ROLE_MUTED
				    ? STR("This member is not muted")
				    : STR("This member is not banned");
	return request_bad_field(request, "member");
}

void
moderation_remove(struct request *request, struct moderation *moderation,
    const struct event *event)
{
	bool was_here = moderation->is_here;
	struct request of_target;

	if (was_here)
		publisher_leave(request->chat->publisher, event->member_id,
		    event->room);
	moderation->is_here = false;
	moderation_publish(request, moderation, event);
	if (!was_here)
		return;
	of_target = *request;
	of_target.author = moderation->target;
	of_target.author.connections = 1; /* all have the event */
	room_ops_leave_detached(&of_target, &moderation->room);
}

void
moderation_answer(const struct request *request)
{
	struct event done = { .kind = EVENT_DONE,
		.room = request->command->room };

	request_answer(request, &done);
}

void
moderation_log(const struct request *request, struct str room,
    struct str target, struct str detail)
{
	const struct member *author = &request->author;
	char name[LOG_TEXT_SIZE], reason[LOG_TEXT_SIZE], member[LOG_TEXT_SIZE];
	char what[LOG_TEXT_SIZE], line[5 * LOG_TEXT_SIZE];

	log_text_write(str_from(author->name), name);
	log_text_write(request->command->reason, reason);
	log_text_write(target, member);
	log_text_write(detail, what);
	snprintf(line, sizeof(line),
	    "action=%s room=%.*s member=\"%s\" detail=\"%s\" by=%s "
	    "by_name=\"%s\" reason=\"%s\"",
	    command_kind_word(request->command->kind), (int)room.len, room.data,
	    member, what, author->id, name, reason);
	if (author->is_user)
		log_info("moderation: %s", line);
	else
		log_limited(LOG_INFO, "moderation: %s", line);
}

enum chat_error
moderation_finish_role(struct request *request, const struct entry *entry)
{
	struct moderation moderation;
	struct event event;

	moderation_find_author(request);
	moderation_log(request, entry->room_id, entry->attribute.subject,
	    request->command->role);
	if (moderation_resume(request, entry, &moderation)) {
		event = moderation_role_event(request, &moderation);
		moderation_publish(request, &moderation, &event);
	}
	moderation_answer(request);
	return CHAT_OK;
}
