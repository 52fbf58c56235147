/* COMMAND_RENAME: take another name, or the first free one behind it. */
#include "commands/command_table.h"

/* A renaming, seen from one of the rooms that the author is in. */
struct renaming {
	const struct request *request;
	struct event event;
};

static bool
tell_room(const struct room *room, void *arg)
{
	struct renaming *renaming = arg;
	struct audience others = audience_room(str_from(room->id));

	others.except = renaming->event.member_id;
	renaming->event.room = others.room;
	publisher_publish(renaming->request->chat->publisher, &renaming->event,
	    others);
	return true;
}

/* Once for each room: who shares two of them hears it twice. */
static void
tell_rooms(const struct request *request, const char *was)
{
	struct renaming renaming = {
		.request = request,
		.event = request_event(request, EVENT_RENAMED),
	};

	renaming.event.was = str_from(was);
	room_store_each_room_of(request->chat->rooms, renaming.event.member_id,
	    tell_room, &renaming);
}

static void
answer(const struct request *request)
{
	struct event event = request_event(request, EVENT_NAMED);

	request_answer(request, &event);
}

/* The author's own number is free for the author, hence the release. */
static enum chat_error
choose_name(struct request *request, char out[MEMBER_NAME_SIZE])
{
	struct unique_names *suffixes = &request->memory->suffixes;
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

	error = choose_name(request, name);
	if (error != CHAT_OK)
		return error;
	if (strcmp(name, author->name) == 0) {
		answer(request);
		return CHAT_OK;
	}
	error = member_store_rename(request->chat->members,
	    str_from(author->id), CHAT_SCOPE, str_from(name));
	if (error != CHAT_OK)
		return error;
	memcpy(was, author->name, sizeof(was));
	memcpy(author->name, name, strlen(name) + 1);
	answer(request);
	tell_rooms(request, was);
	return CHAT_OK;
}

const struct command_entry command_rename = {
	.needs = NEEDS_AUTHOR | NEEDS_NO_GUEST,
	.run = rename_run,
};
