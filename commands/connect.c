/*
 * COMMAND_CONNECT: a new member gets an id, a name and a greeting; a user that
 * is a member already has one more connection.
 */
#include <assert.h>
#include <stdio.h>

#include "commands/command_table.h"
#include "commands/support/membership.h"
#include "commands/support/room_ops.h"
#include "domain/base/decimal.h"

static bool
is_user(const struct request *request)
{
	const struct principal *principal = request->command->principal;

	return principal != NULL && !str_is_empty(principal->user_id);
}

/* Whether the name is the id; a user has a name of its own. */
static bool
is_named_by_id(const struct request *request)
{
	return (request->command->flags & COMMAND_NAMED_BY_ID) &&
	       !is_user(request);
}

/* Other members get their name with the id, or later, and use no number. */
static bool
is_named_here(const struct request *request)
{
	return !(request->command->flags & COMMAND_GUEST) &&
	       !is_named_by_id(request);
}

/*
 * The requested name if it is valid, else "member" and a number; with a suffix
 * if that is taken.
 */
static enum chat_error
choose_name(struct request *request, enum chat_error *wish_error)
{
	struct str wish = request->command->name;
	char name[MEMBER_NAME_SIZE], digits[DECIMAL_MOST];

	*wish_error = CHAT_OK;
	request->author.name[0] = '\0';
	if (!is_named_here(request))
		return CHAT_OK;
	if (wish.data != NULL)
		*wish_error = member_name_normalize(wish, name);
	if (wish.data == NULL || *wish_error != CHAT_OK) {
		if (request->command->flags & COMMAND_NAMED_USER)
			return CHAT_OK;
		*str_put(str_put(name, STR("member")),
		    decimal_write(request->state->newcomers + 1, digits)) =
		    '\0';
	}
	return unique_name_choose(&request->state->suffixes,
	    request->chat->members, CHAT_SCOPE, name, STR_ABSENT,
	    request->author.name);
}

/* The id that all connections of a user have; absent: a random one. */
static struct str
shared_id(const struct request *request)
{
	const struct principal *principal = request->command->principal;

	if (principal == NULL || !(request->command->flags & COMMAND_SHARED))
		return STR_ABSENT;
	assert(principal->member_id.len < ID_SIZE);
	return principal->member_id;
}

/* Tries one id, which may be the name, too, or its head a part of it. */
static enum chat_error
member_put_with_random_id(struct request *request, bool is_named)
{
	const struct chat *chat = request->chat;
	struct member *newcomer = &request->author;

	id_source_next(chat->ids, request->command->id_style, newcomer->id);
	if (is_named_by_id(request))
		memcpy(newcomer->name, newcomer->id, sizeof(newcomer->id));
	else if (!is_named && (request->command->flags & COMMAND_NAMED_USER))
		snprintf(newcomer->name, sizeof(newcomer->name), "User_%.8s",
		    newcomer->id);
	return member_store_put(chat->members, newcomer);
}

/* A chosen name was free, so a name that is taken is an id. */
static bool
may_try_again(enum chat_error error)
{
	return error == CHAT_MEMBER_EXISTS || error == CHAT_NAME_INVALID;
}

static enum chat_error
member_put(struct request *request)
{
	const struct chat *chat = request->chat;
	unsigned flags = request->command->flags;
	struct str id = shared_id(request);
	struct member *newcomer = &request->author;
	bool is_named = newcomer->name[0] != '\0';
	enum chat_error error = CHAT_MEMBER_EXISTS;

	newcomer->in_lobby = !(flags & COMMAND_NO_LOBBY);
	newcomer->is_guest = (flags & COMMAND_GUEST) != 0;
	newcomer->has_no_dm = (flags & COMMAND_NO_DM) != 0;
	newcomer->since_ms = request->now_ms;
	newcomer->connections = 1;
	newcomer->is_user = is_user(request);
	if (!str_is_empty(id)) {
		memcpy(newcomer->id, id.data, id.len);
		newcomer->id[id.len] = '\0';
		return member_store_put(chat->members, newcomer);
	}
	for (int i = 0; i < ID_TRIES && may_try_again(error); i++)
		error = member_put_with_random_id(request, is_named);
	return may_try_again(error) ? CHAT_UNAVAILABLE : error;
}

/* In a large lobby only the newcomer reads its announcement. */
static void
member_announce(const struct request *request)
{
	const struct chat *chat = request->chat;
	struct event event = request_event(request, EVENT_ANNOUNCED);
	struct audience audience = audience_lobby();

	if (request->state->in_lobby > chat->limits.announce_up_to)
		audience =
		    audience_connection(event.member_id, event.connection);
	publisher_publish(chat->publisher, &event, audience);
}

static void
member_greet(const struct request *request)
{
	struct event welcome = request_event(request, EVENT_WELCOME);

	welcome.profile = request->chat->profile;
	request_answer(request, &welcome);
	if (request->author.in_lobby)
		member_announce(request);
}

/*
 * On failure the connection is attached to nothing. With other nodes the member
 * is connected all the same, and its connection is lost.
 */
static enum chat_error
connection_try(const struct request *request)
{
	struct publisher *publisher = request->chat->publisher;
	uint32_t connection = request->command->connection;
	struct str id = str_from(request->author.id);
	enum chat_error error;

	error =
	    publisher_attach(publisher, request->command->peer, id, connection);
	if (error != CHAT_OK)
		return error;
	if (request->author.in_lobby)
		error = publisher_enter(publisher, id, connection, STR_ABSENT);
	if (error != CHAT_OK)
		publisher_detach(publisher, id, connection);
	return error;
}

static enum chat_error
member_attach(const struct request *request)
{
	struct ordered_run *ordered = request->ordered;
	enum chat_error error;

	if (ordered == NULL)
		return connection_try(request);
	memcpy(ordered->member_id, request->author.id, ID_SIZE);
	if (ordered->is_foreign)
		return CHAT_OK;
	error = connection_try(request);
	ordered->is_lost = error != CHAT_OK;
	if (ordered->is_lost)
		publisher_end(request->chat->publisher, STR_ABSENT,
		    request->command->connection, error);
	return CHAT_OK;
}

static enum chat_error
connect_new_member(struct request *request)
{
	struct presence_observer *observer = request_observer(request);
	uint32_t connection = request_observed_connection(request);
	enum chat_error wish_error;
	enum chat_error error;

	error = choose_name(request, &wish_error);
	if (error == CHAT_OK)
		error = member_put(request);
	if (error != CHAT_OK)
		return error;
	error = member_attach(request);
	if (error != CHAT_OK)
		goto remove_member;
	presence_observe_connected(observer, &request->author, connection);
	error = membership_resume(request);
	if (error != CHAT_OK)
		goto detach;
	if (is_named_here(request))
		request->state->newcomers++;
	if (request->author.in_lobby)
		request->state->in_lobby++;
	member_greet(request);
	membership_announce(request);
	if (wish_error != CHAT_OK)
		request_answer_failure(request, wish_error);
	return CHAT_OK;
detach:
	publisher_detach(request->chat->publisher, str_from(request->author.id),
	    request->command->connection);
	presence_observe_disconnected(observer, &request->author, connection);
remove_member:
	member_store_remove(request->chat->members,
	    str_from(request->author.id));
	return error;
}

/* --- one more connection -------------------------------------------------- */

static enum chat_error
connection_attach(const struct request *request)
{
	const struct chat *chat = request->chat;
	struct str id = str_from(request->author.id);
	enum chat_error error = member_attach(request);

	if (error != CHAT_OK)
		return error;
	error = room_ops_enter_connection(request);
	if (error == CHAT_OK)
		return CHAT_OK;
	if (request->ordered != NULL) {
		publisher_end(chat->publisher, id, request->command->connection,
		    error);
		return CHAT_OK;
	}
	publisher_detach(chat->publisher, id, request->command->connection);
	return error;
}

/* The connection gets what its member gets. It is not announced to others. */
static enum chat_error
connect_member_again(struct request *request)
{
	const struct chat *chat = request->chat;
	struct event welcome;
	enum chat_error error;

	if (request->author.connections >= chat->limits.connections_per_user)
		return CHAT_TOO_MANY_CONNECTIONS;
	error = connection_attach(request);
	if (error != CHAT_OK)
		return error;
	request->author.connections++;
	member_store_set_connections(chat->members,
	    str_from(request->author.id), request->author.connections);
	presence_observe_connected(request_observer(request), &request->author,
	    request->command->connection);
	welcome = request_event(request, EVENT_WELCOME);
	welcome.profile = chat->profile;
	request_answer(request, &welcome);
	return CHAT_OK;
}

static enum chat_error
connect_run(struct request *request)
{
	struct str id = shared_id(request);

	if (!str_is_empty(id) && member_store_get(request->chat->members, id,
				     &request->author) == CHAT_OK)
		return connect_member_again(request);
	return connect_new_member(request);
}

const struct command_entry command_connect = {
	.needs = IS_ORDERED,
	.run = connect_run,
};
