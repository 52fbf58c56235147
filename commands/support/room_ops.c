#include "commands/support/room_ops.h"

#include <assert.h>

#include "commands/support/guest.h"
#include "domain/log.h"

enum chat_error
room_ops_check_rooms(struct request *request)
{
	size_t most = request->chat->limits.rooms;

	if (room_store_count(request->chat->rooms) < most)
		return CHAT_OK;
	return request_over_limit(request, CHAT_TOO_MANY_ROOMS, most);
}

enum chat_error
room_ops_check_author(struct request *request)
{
	size_t most = request->chat->limits.rooms_per_member;
	struct str author_id = str_from(request->author.id);

	if (request->author.is_guest)
		most = 1;
	else if (request->command->flags & COMMAND_LEAVES_OTHERS)
		return CHAT_OK;
	if (room_store_rooms_of(request->chat->rooms, author_id) < most)
		return CHAT_OK;
	return request_over_limit(request, CHAT_TOO_MANY_ROOMS, most);
}

/* Ids are typed by people: the error states the rule. */
enum chat_error
room_ops_read_id(struct request *request, struct room *room)
{
	struct str id = request->room;

	if (!room_id_is_valid(id)) {
		request->failure.text =
		    STR("A room id is 1 to 64 of a-z, A-Z, 0-9, dot, hyphen "
			"and underscore");
		return request_bad_field(request, "room");
	}
	memcpy(room->id, id.data, id.len);
	return CHAT_OK;
}

enum chat_error
room_ops_read_limits(struct request *request, struct room *room)
{
	const struct command *command = request->command;
	size_t most = request->chat->limits.room_members;

	if (command->ttl_ms != 0 && command->ttl_ms < ROOM_TTL_LEAST_MS)
		return request_bad_field(request, "ttl_ms");
	room->ttl_ms = command->ttl_ms;
	room->max_members = command->max_members;
	if (room->max_members > most)
		room->max_members = most;
	/* An empty persistent room with one place would block its id. */
	if (room->max_members == 1)
		room->persistent = false;
	return CHAT_OK;
}

/* A room without a name has its id as its name. */
static enum chat_error
append_room(struct request *request, struct room *room, bool is_unnamed)
{
	struct entry entry = { .kind = ENTRY_ROOM_CREATED,
		.room_id = str_from(room->id),
		.room = room };

	if (is_unnamed)
		memcpy(room->name, room->id, strlen(room->id) + 1);
	return request_append(request, &entry);
}

/* Ids are unique by chance only: another one is tried if it is not. */
static enum chat_error
append_with_made_id(struct request *request, struct room *room, bool is_unnamed)
{
	enum chat_error error = CHAT_ROOM_EXISTS;
	char id[ID_SIZE];

	for (int i = 0; i < ID_TRIES && error == CHAT_ROOM_EXISTS; i++) {
		id_source_next(request->chat->ids, request->command->id_style,
		    id);
		memcpy(room->id, id, sizeof(id));
		error = append_room(request, room, is_unnamed);
	}
	return error != CHAT_ROOM_EXISTS ? error : CHAT_UNAVAILABLE;
}

bool
room_ops_must_wait(const struct request *request)
{
	return request->room.data != NULL &&
	       commit_log_is_room_pending(request->chat->log, request->room);
}

/* A room that exists already costs nothing. */
static enum chat_error
take_quota(struct request *request, const struct room *room)
{
	struct room existing;

	if (room->id[0] != '\0' &&
	    room_store_get(request->chat->rooms, str_from(room->id),
		&existing) == CHAT_OK)
		return CHAT_ROOM_EXISTS;
	return room_quota_take(request);
}

/* Whether the author may create a room that outlives its members. */
static enum chat_error
check_creator(struct request *request)
{
	const struct member *author = &request->author;
	enum room_creators creators = request->chat->limits.creators;

	if (creators == CREATORS_USERS && !author->is_user) {
		request->failure.text =
		    STR("Only users may create persistent rooms");
		return CHAT_UNAUTHORIZED;
	}
	if (creators == CREATORS_ROLE &&
	    (request->command->rights & (RIGHT_MODERATE | RIGHT_ADMIN)) == 0)
		return request_lacks_right(request, RIGHT_MODERATE);
	return CHAT_OK;
}

enum chat_error
room_ops_create(struct request *request, struct room *room)
{
	enum chat_error error = room_ops_check_author(request);

	/* A made id is one of the author's rooms only if any id is. */
	if (error == CHAT_OK && room->id[0] == '\0')
		error = request_check_scope(request, STR(""));
	if (error == CHAT_OK && room->persistent)
		error = check_creator(request);
	if (error == CHAT_OK)
		error = room_ops_check_rooms(request);
	if (error == CHAT_OK)
		error = room_quota_check_origin(request, room->persistent);
	if (error == CHAT_OK && room->persistent)
		error = take_quota(request, room);
	return error == CHAT_OK ? room_ops_append(request, room) : error;
}

enum chat_error
room_ops_append(struct request *request, struct room *room)
{
	bool is_unnamed = room->name[0] == '\0';

	id_source_next(request->chat->ids, ID_HEX16, room->epoch);
	room->created_ms = room->active_ms = request->now_ms;
	room->origin = room_quota_origin(request);
	if (room->id[0] == '\0')
		return append_with_made_id(request, room, is_unnamed);
	return append_room(request, room, is_unnamed);
}

/* If the removal cannot be written the room stays, empty. */
void
room_ops_remove(struct request *request, const struct room *room)
{
	struct entry entry = { .kind = ENTRY_ROOM_REMOVED,
		.room_id = str_from(room->id) };
	enum chat_error error;

	assert(room->member_count == 0);
	error = commit_log_append(request->chat->log, &entry, NULL);
	if (error != CHAT_OK)
		log_warn("room %s cannot be removed: %s", room->id,
		    chat_error_text(error));
}

static enum chat_error
join_room(const struct request *request, const struct room *room)
{
	const struct chat *chat = request->chat;
	struct str author_id = str_from(request->author.id);
	struct str id = str_from(room->id);
	enum chat_error error;

	error = room_store_join(chat->rooms, id, author_id,
	    request->author.is_guest);
	if (error != CHAT_OK)
		return error;
	error = publisher_enter(chat->publisher, author_id, 0, id);
	if (error == CHAT_OK)
		return CHAT_OK;
	/* At other nodes the author is in the room. */
	if (request->ordered != NULL) {
		publisher_end(chat->publisher, author_id, 0, error);
		return CHAT_OK;
	}
	room_store_leave(chat->rooms, id, author_id);
	return error;
}

enum chat_error
room_ops_enter(struct request *request, struct room *room)
{
	enum chat_error error = guest_take_name(request, room);

	if (error != CHAT_OK)
		return error;
	error = join_room(request, room);
	if (error == CHAT_OK) {
		room->member_count++;
		presence_observe_joined(request_observer(request),
		    &request->author, room);
	} else {
		guest_release_name(request, room);
	}
	return error;
}

struct subscribing {
	const struct request *request;
	enum chat_error error;
};

static bool
connection_enter(const struct room *room, void *arg)
{
	struct subscribing *subscribing = arg;
	const struct request *request = subscribing->request;

	subscribing->error = publisher_enter(request->chat->publisher,
	    str_from(request->author.id), request->command->connection,
	    str_from(room->id));
	return subscribing->error == CHAT_OK;
}

enum chat_error
room_ops_enter_connection(const struct request *request)
{
	struct subscribing subscribing = { request, CHAT_OK };

	room_store_each_room_of(request->chat->rooms,
	    str_from(request->author.id), connection_enter, &subscribing);
	return subscribing.error;
}

void
room_ops_announce(struct request *request, const struct room *room)
{
	room_store_touch(request->chat->rooms, str_from(room->id),
	    request->now_ms);
	presence_entered(request, room);
}

void
room_ops_exit(struct request *request, struct room *room)
{
	const struct chat *chat = request->chat;
	struct str author_id = str_from(request->author.id);
	struct str id = str_from(room->id);

	publisher_leave(chat->publisher, author_id, id);
	room_store_leave(chat->rooms, id, author_id);
	room->member_count--;
	presence_observe_left(request_observer(request), &request->author,
	    room);
	guest_release_name(request, room);
}

void
room_ops_leave(struct request *request, struct room *room)
{
	publisher_leave(request->chat->publisher, str_from(request->author.id),
	    str_from(room->id));
	room_ops_leave_detached(request, room);
}

void
room_ops_leave_detached(struct request *request, struct room *room)
{
	room_store_leave(request->chat->rooms, str_from(room->id),
	    str_from(request->author.id));
	room->member_count--;
	room_store_touch(request->chat->rooms, str_from(room->id),
	    request->now_ms);
	presence_left(request, room);
	presence_observe_left(request_observer(request), &request->author,
	    room);
	guest_release_name(request, room);
	if (room->member_count == 0 && !room->persistent)
		room_ops_remove(request, room);
}

struct search {
	struct str but;
	struct room *out;
	bool found;
};

static bool
find_another(const struct room *room, void *arg)
{
	struct search *search = arg;

	search->found = !str_equal(str_from(room->id), search->but);
	if (search->found)
		*search->out = *room;
	return !search->found;
}

bool
room_ops_first_of_author(const struct request *request, struct str but,
    struct room *out)
{
	struct search search = { .but = but, .out = out };

	room_store_each_room_of(request->chat->rooms,
	    str_from(request->author.id), find_another, &search);
	return search.found;
}

void
room_ops_leave_others(struct request *request, struct str but)
{
	struct room room;

	while (room_ops_first_of_author(request, but, &room))
		room_ops_leave(request, &room);
}
