/* COMMAND_ROOM_LIST: all rooms, or a page of them. */
#include <stdlib.h>

#include "commands/command_table.h"
#include "commands/support/read_marker.h"
#include "commands/support/room_roles.h"
#include "domain/private_talk.h"
#include "domain/room_pattern.h"

/*
 * The size of a room in the most verbose dialect, without its id and its name:
 * two times, and the numbers of members and of messages.
 */
#define ROOM_EXTRA 150

/* So many messages of a talk are searched for a name. */
#define NAME_SEARCH 50

/*
 * With other nodes, the numbers of rooms that this one does not follow. True:
 * they come later.
 */
static bool
counts_are_awaited(const struct request *request, struct listing *listing,
    const struct listing_page *page)
{
	struct command_order *order = request->chat->order;
	bool is_awaited = false;

	if (order == NULL || !(request->command->flags & COMMAND_WITH_COUNTS))
		return false;
	for (size_t i = 0; i < page->count; i++) {
		struct room_entry *entry = &listing->rooms[page->positions[i]];
		enum room_readiness readiness =
		    command_order_count(order, entry->id);

		is_awaited |= readiness == ROOM_IS_AWAITED;
		entry->is_uncounted = readiness == ROOM_IS_UNAVAILABLE;
		listing_count_messages(request, entry->id, entry);
	}
	return is_awaited;
}

static enum chat_error
room_list_answer(const struct request *request, const struct listing *listing,
    const struct listing_page *page)
{
	struct room_entry *rooms = calloc(page->count + 1, sizeof(*rooms));
	struct event event = {
		.kind = EVENT_ROOMS,
		.at_ms = request->now_ms,
		.rooms.items = rooms,
		.rooms.count = page->count,
		.rooms.more = page->more,
	};

	if (rooms == NULL)
		return CHAT_UNAVAILABLE;
	for (size_t i = 0; i < page->count; i++)
		rooms[i] = listing->rooms[page->positions[i]];
	request_answer(request, &event);
	free(rooms);
	return CHAT_OK;
}

/*
 * A room is shown if the token is good for it, a private one to those who may
 * join it.
 */
static bool
room_is_shown(const struct listing *listing, uint32_t position, const void *arg)
{
	const struct request *request = arg;
	const struct room_entry *entry = &listing->rooms[position];
	struct room room;

	if (!room_patterns_match(request->command->scope, entry->id))
		return false;
	return !entry->is_private || (room_store_get(request->chat->rooms,
					  entry->id, &room) == CHAT_OK &&
					 room_roles_is_visible(request, &room));
}

/* --- the author's own ----------------------------------------------------- */

struct own_rooms {
	const struct request *request;
	struct room_entry *entries;
	char (*ids)[ROOM_ID_SIZE + ROOM_NAME_SIZE];
	size_t count;
	size_t most; /* there are so many */
};

static bool
own_room_add(const struct room *room, void *arg)
{
	struct own_rooms *own = arg;
	const struct request *request = own->request;
	struct room_entry *entry = &own->entries[own->count];
	char *texts = own->ids[own->count++];
	struct read_marker marker = read_marker_get(request->chat,
	    str_from(room->id), str_from(request->author.id), request->now_ms);

	memcpy(texts, room->id, ROOM_ID_SIZE);
	memcpy(texts + ROOM_ID_SIZE, room->name, ROOM_NAME_SIZE);
	*entry = (struct room_entry){ .id = str_from(texts),
		.name = str_from(texts + ROOM_ID_SIZE),
		.members = room->member_count,
		.persistent = room->persistent,
		.is_private = room->is_private,
		.is_mine = true,
		.seq = marker.last,
		.read = marker.read,
		.unread = marker.unread };
	return true;
}

static bool
own_room_add_in_scope(const struct room *room, void *arg)
{
	const struct own_rooms *own = arg;

	return !room_patterns_match(own->request->command->scope,
		   str_from(room->id)) ||
	       own_room_add(room, arg);
}

static bool
other_take_name(struct str room, const struct attribute *member, void *arg)
{
	(void)room;
	room_name_sanitize(member->value, arg);
	return false;
}

struct author_search {
	struct str id;
	char *name;
};

static bool
author_take_name(const struct message *message, void *arg)
{
	const struct author_search *search = arg;

	if (str_equal(message->author_id, search->id))
		room_name_sanitize(message->author, search->name);
	return true;
}

/* The newest messages of a talk have the name that the other had. */
static void
talk_name_author(const struct request *request, struct str other_id,
    struct room *talk)
{
	struct author_search search = { other_id, talk->name };
	struct history *history = request->chat->history;
	struct str id = str_from(talk->id);
	struct history_span span;

	if (history_span(history, id, request->now_ms, &span) == CHAT_OK)
		history_each(history, id,
		    span.last > NAME_SEARCH ? span.last - NAME_SEARCH : 1,
		    request->now_ms, author_take_name, &search);
}

/*
 * A user that is away has the name of its messages, or of its last membership
 * of a room.
 */
static void
talk_name_other(const struct request *request, struct str other_id,
    struct room *talk)
{
	const struct chat *chat = request->chat;
	struct member other;

	talk->member_count = 1;
	if (member_store_get(chat->members, other_id, &other) == CHAT_OK) {
		talk->member_count = 2;
		room_name_sanitize(str_from(other.name), talk->name);
		return;
	}
	attribute_store_each_room(chat->attributes, ATTRIBUTE_MEMBER, other_id,
	    other_take_name, talk->name);
	talk_name_author(request, other_id, talk);
}

/* The member is in no talk: its id names the users. */
static bool
talk_add(const struct room *room, void *arg)
{
	struct own_rooms *own = arg;
	struct str other_id =
	    talk_other(str_from(room->id), str_from(own->request->author.id));
	struct room talk;

	if (own->count == own->most || other_id.data == NULL)
		return own->count < own->most;
	talk = *room;
	talk_name_other(own->request, other_id, &talk);
	return own_room_add(&talk, own);
}

static bool
talk_count(const struct room *room, void *arg)
{
	struct own_rooms *own = arg;

	own->most +=
	    talk_other(str_from(room->id), str_from(own->request->author.id))
		.data != NULL;
	return true;
}

static int
entries_compare(const void *a, const void *b)
{
	const struct room_entry *x = a, *y = b;
	size_t len = x->id.len < y->id.len ? x->id.len : y->id.len;
	int order = memcmp(x->id.data, y->id.data, len);

	return order != 0 ? order
			  : (x->id.len > y->id.len) - (x->id.len < y->id.len);
}

/* In order of the ids: a page of those behind `after`. */
static struct room_entries
own_rooms_cut(const struct request *request, const struct own_rooms *own)
{
	const struct command *command = request->command;
	struct room_entry after = { .id = command->after };
	struct room_entries page = { .items = own->entries };
	size_t left = own->count, bytes = 0;

	for (; command->after.data != NULL && left > 0 &&
	       entries_compare(page.items, &after) <= 0;
	     left--)
		page.items++;
	while (page.count < left &&
	       (command->limit == 0 || page.count < command->limit)) {
		const struct room_entry *entry = &page.items[page.count];

		bytes += entry->id.len + entry->name.len + ROOM_EXTRA;
		if (page.count > 0 && bytes > request->chat->limits.list_bytes)
			break;
		page.count++;
	}
	page.more = page.count < left;
	return page;
}

static enum chat_error
own_rooms_answer(const struct request *request)
{
	struct str author_id = str_from(request->author.id);
	struct own_rooms own = { .request = request,
		.most = room_store_rooms_of(request->chat->rooms, author_id) };
	struct event event = { .kind = EVENT_ROOMS, .at_ms = request->now_ms };
	bool has_talks = member_id_is_of_user(author_id);
	enum chat_error error = CHAT_UNAVAILABLE;

	if (has_talks)
		room_store_each(request->chat->rooms, talk_count, &own);
	own.entries = calloc(own.most + 1, sizeof(*own.entries));
	own.ids = calloc(own.most + 1, sizeof(*own.ids));
	if (own.entries != NULL && own.ids != NULL) {
		room_store_each_room_of(request->chat->rooms, author_id,
		    own_room_add_in_scope, &own);
		if (has_talks)
			room_store_each(request->chat->rooms, talk_add, &own);
		qsort(own.entries, own.count, sizeof(*own.entries),
		    entries_compare);
		event.rooms = own_rooms_cut(request, &own);
		request_answer(request, &event);
		error = CHAT_OK;
	}
	free(own.entries);
	free(own.ids);
	return error;
}

static enum chat_error
room_list_run(struct request *request)
{
	struct entry barrier = { .kind = ENTRY_BARRIER,
		.room_id = ORDER_COUNTS };
	struct listing_query query = {
		.after = request->command->after,
		.limit = request->command->limit,
		.bytes = request->chat->limits.list_bytes,
		.texts = 2,
		.extra = ROOM_EXTRA,
		.shows = room_is_shown,
		.arg = request,
	};
	struct listing_page page = { .positions = NULL };
	struct listing *listing;
	enum chat_error error;

	if (request->command->flags & COMMAND_MINE)
		return own_rooms_answer(request);
	error = listing_of_rooms(request,
	    (request->command->flags & COMMAND_OF_GUESTS) != 0, &listing);
	if (error == CHAT_OK)
		error = listing_page(listing, &query, &page);
	if (error == CHAT_OK)
		error = counts_are_awaited(request, listing, &page)
			    ? request_append(request, &barrier)
			    : room_list_answer(request, listing, &page);
	free(page.positions);
	return error;
}

const struct command_entry command_room_list = {
	.needs = NEEDS_AUTHOR,
	.rights = RIGHT_LIST,
	.run = room_list_run,
};
