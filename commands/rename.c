/* COMMAND_RENAME: take another name, with a number if that one is taken. */
#include "commands/command_table.h"
#include "commands/support/presence.h"

/* A new name on its way to the rooms of its author. */
struct renaming {
	const struct request *request;
	struct event event;
};

/* A room too large for presence events gets none of the new name either. */
static bool
rename_publish(const struct room *room, void *arg)
{
	struct renaming *renaming = arg;
	const struct chat *chat = renaming->request->chat;
	struct audience others = audience_room(str_from(room->id));

	if (room->member_count > chat->limits.presence_up_to)
		return true;
	others.except = renaming->event.member_id;
	renaming->event.room = others.room;
	publisher_publish(chat->publisher, &renaming->event, others);
	return true;
}

/*
 * Once for each room: a member who shares two of them gets it twice. The other
 * connections of the author get it without a room, too.
 */
static void
publish_renamed(const struct request *request, const char *was)
{
	struct event in_lobby = request_event(request, EVENT_LOBBY_RENAMED);
	struct renaming renaming = {
		.request = request,
		.event = request_event(request, EVENT_RENAMED),
	};

	renaming.event.was = in_lobby.was = str_from(was);
	request_publish_to_own_others(request, &renaming.event);
	presence_observe_event(request_observer(request), &renaming.event);
	room_store_each_room_of(request->chat->rooms, renaming.event.member_id,
	    rename_publish, &renaming);
	lobby_publish(request, &in_lobby);
}

static void
rename_answer(const struct request *request, const char *was)
{
	struct event event = request_event(request, EVENT_NAMED);

	event.was = str_from(was);
	request_answer(request, &event);
}

/* The author's own number is released first: it is free for the author. */
static enum chat_error
rename_choose(struct request *request, char out[MEMBER_NAME_SIZE])
{
	struct unique_names *suffixes = &request->state->suffixes;
	struct str own = str_from(request->author.name);
	char wish[MEMBER_NAME_SIZE];
	enum chat_error error;

	if (request->command->name.data == NULL)
		return request_bad_field(request, "name");
	error = member_name_normalize(request->command->name, wish);
	if (error != CHAT_OK)
		return error;
	unique_name_release(suffixes, CHAT_SCOPE, own);
	return unique_name_choose(suffixes, request->chat->members, CHAT_SCOPE,
	    wish, own, out);
}

static enum chat_error
rename_run(struct request *request)
{
	struct member *author = &request->author;
	char was[MEMBER_NAME_SIZE];
	char name[MEMBER_NAME_SIZE];
	enum chat_error error;

	error = rename_choose(request, name);
	if (error != CHAT_OK)
		return error;
	if (strcmp(name, author->name) == 0) {
		rename_answer(request, name);
		return CHAT_OK;
	}
	error = member_store_rename(request->chat->members,
	    str_from(author->id), CHAT_SCOPE, str_from(name));
	if (error != CHAT_OK)
		return error;
	memcpy(was, author->name, sizeof(was));
	memcpy(author->name, name, strlen(name) + 1);
	rename_answer(request, was);
	publish_renamed(request, was);
	return CHAT_OK;
}

const struct command_entry command_rename = {
	.needs = NEEDS_AUTHOR | NEEDS_NO_GUEST | IS_ORDERED,
	.rights = RIGHT_RENAME,
	.run = rename_run,
};
