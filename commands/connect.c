/* COMMAND_CONNECT: a new member gets an id, a name and a greeting. */
#include <inttypes.h>
#include <stdio.h>

#include "commands/command_table.h"

/* Other members get their name with the id, or later, and use no number. */
static bool
is_named_here(const struct request *request)
{
	return !(request->command->flags &
		 (COMMAND_GUEST | COMMAND_NAMED_BY_ID));
}

/*
 * The requested name if it is valid, else "member" and a number; with a suffix
 * if that is taken.
 */
static enum chat_error
choose_name(struct request *request, enum chat_error *wish_error)
{
	struct str wish = request->command->name;
	char name[MEMBER_NAME_SIZE];

	*wish_error = CHAT_OK;
	request->author.name[0] = '\0';
	if (!is_named_here(request))
		return CHAT_OK;
	if (wish.data != NULL)
		*wish_error = member_name_normalize(wish, name);
	if (wish.data == NULL || *wish_error != CHAT_OK)
		snprintf(name, sizeof(name), "member%" PRIu64,
		    request->state->newcomers + 1);
	return unique_name_choose(&request->state->suffixes,
	    request->chat->members, CHAT_SCOPE, name, STR_ABSENT,
	    request->author.name);
}

/* Tries one id, which may be the name, too. */
static enum chat_error
member_put_with_random_id(struct request *request)
{
	const struct chat *chat = request->chat;
	struct member *newcomer = &request->author;

	id_source_next(chat->ids, request->command->id_style, newcomer->id);
	if (request->command->flags & COMMAND_NAMED_BY_ID)
		memcpy(newcomer->name, newcomer->id, sizeof(newcomer->id));
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
	unsigned flags = request->command->flags;
	const struct principal *principal = request->command->principal;
	struct member *newcomer = &request->author;
	enum chat_error error = CHAT_MEMBER_EXISTS;

	newcomer->in_lobby = !(flags & COMMAND_NO_LOBBY);
	newcomer->is_guest = (flags & COMMAND_GUEST) != 0;
	newcomer->since_ms = request->now_ms;
	newcomer->rights = principal == NULL ? RIGHTS_ALL : principal->rights;
	newcomer->is_user =
	    principal != NULL && !str_is_empty(principal->user_id);
	for (int i = 0; i < ID_TRIES && may_try_again(error); i++)
		error = member_put_with_random_id(request);
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
		audience = audience_one(event.member_id);
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
 * If there is no memory to enter the lobby, the connection stays attached to an
 * id without a member until the caller closes it.
 */
static enum chat_error
member_attach(const struct request *request)
{
	struct publisher *publisher = request->chat->publisher;
	struct str id = str_from(request->author.id);
	enum chat_error error;

	error = publisher_attach(publisher, request->command->peer, id);
	if (error == CHAT_OK && request->author.in_lobby)
		error = publisher_enter(publisher, id, STR_ABSENT);
	return error;
}

static enum chat_error
connect_run(struct request *request)
{
	enum chat_error wish_error;
	enum chat_error error;

	error = choose_name(request, &wish_error);
	if (error == CHAT_OK)
		error = member_put(request);
	if (error != CHAT_OK)
		return error;
	error = member_attach(request);
	if (error != CHAT_OK) {
		member_store_remove(request->chat->members,
		    str_from(request->author.id));
		return error;
	}
	if (is_named_here(request))
		request->state->newcomers++;
	if (request->author.in_lobby)
		request->state->in_lobby++;
	member_greet(request);
	if (wish_error != CHAT_OK)
		request_answer_failure(request, wish_error);
	return CHAT_OK;
}

const struct command_entry command_connect = {
	.run = connect_run,
};
