#include "commands/support/listing.h"

#include <assert.h>
#include <stdlib.h>

#include "commands/support/name_list.h"
#include "commands/support/request.h"
#include "domain/private_talk.h"

/* Entries up to which a list is built for each request. */
#define SHORT_LIST 256

#define BUILD_EVERY_MS 1000

static void
listing_fini(struct listing *listing)
{
	string_list_fini(&listing->texts);
	free(listing->rooms);
	free(listing->by_key);
	*listing = (struct listing){ .count = 0 };
}

static bool
listing_is_recent(const struct listing *listing, int64_t now_ms)
{
	return listing->count > SHORT_LIST &&
	       now_ms - listing->built_ms < BUILD_EVERY_MS;
}

void
listings_fini(struct listings *listings)
{
	listing_fini(&listings->rooms);
	listing_fini(&listings->guest_rooms);
	for (size_t i = 0; i < LISTING_PLACES; i++)
		listing_fini(&listings->members[i]);
}

static void
listing_tick(struct listing *listing, int64_t now_ms)
{
	if (!listing_is_recent(listing, now_ms))
		listing_fini(listing);
}

void
listings_tick(struct listings *listings, int64_t now_ms)
{
	listing_tick(&listings->rooms, now_ms);
	listing_tick(&listings->guest_rooms, now_ms);
	for (size_t i = 0; i < LISTING_PLACES; i++)
		listing_tick(&listings->members[i], now_ms);
}

/* --- rooms ---------------------------------------------------------------- */

struct room_listing {
	const struct request *request;
	struct listing *listing;
	bool of_guests;
};

void
listing_count_messages(const struct request *request, struct str room_id,
    struct room_entry *entry)
{
	struct history_span span;

	if (history_span(request->chat->history, room_id, request->now_ms,
		&span) != CHAT_OK)
		return;
	entry->messages = span.last;
	if (entry->active_ms < span.last_at_ms)
		entry->active_ms = span.last_at_ms;
}

static struct room_entry
room_entry_of(const struct request *request, const struct room *room)
{
	struct room_entry entry = {
		.members = room->member_count,
		.persistent = room->persistent,
		.is_private = room->is_private,
		.created_ms = room->created_ms,
		.active_ms = room->active_ms,
	};

	listing_count_messages(request, str_from(room->id), &entry);
	return entry;
}

static bool
listing_add_room(const struct room *room, void *arg)
{
	struct room_listing *building = arg;
	struct listing *listing = building->listing;

	if ((building->of_guests && room->guest_count == 0) ||
	    talk_id_is_valid(str_from(room->id)))
		return true;
	if (!string_list_add(&listing->texts, str_from(room->id)) ||
	    !string_list_add(&listing->texts, str_from(room->name)))
		return false;
	listing->rooms[listing->count++] =
	    room_entry_of(building->request, room);
	return true;
}

static enum chat_error
rooms_build(struct room_listing *building)
{
	struct listing *listing = building->listing;
	struct room_store *rooms = building->request->chat->rooms;
	enum chat_error error;

	listing->texts.most = SIZE_MAX;
	listing->stride = 2;
	listing->rooms =
	    calloc(room_store_count(rooms) + 1, sizeof(*listing->rooms));
	if (listing->rooms == NULL)
		return CHAT_UNAVAILABLE;
	room_store_each(rooms, listing_add_room, building);
	error = string_list_finish(&listing->texts);
	for (size_t i = 0; error == CHAT_OK && i < listing->count; i++) {
		listing->rooms[i].id = listing->texts.items[2 * i];
		listing->rooms[i].name = listing->texts.items[2 * i + 1];
	}
	return error;
}

enum chat_error
listing_of_rooms(const struct request *request, bool of_guests,
    struct listing **out)
{
	struct listings *listings = &request->state->listings;
	struct listing *listing =
	    of_guests ? &listings->guest_rooms : &listings->rooms;
	struct room_listing building = { request, listing, of_guests };
	int64_t now_ms = clock_monotonic_ms(request->chat->clock);
	enum chat_error error = CHAT_OK;

	if (!listing_is_recent(listing, now_ms)) {
		listing_fini(listing);
		error = rooms_build(&building);
		listing->built_ms = now_ms;
	}
	if (error != CHAT_OK)
		listing_fini(listing);
	*out = listing;
	return error;
}

/* --- members -------------------------------------------------------------- */

static enum chat_error
members_build(const struct request *request, struct str room,
    struct listing *listing)
{
	const struct chat *chat = request->chat;
	enum chat_error error;

	if (room.data == NULL)
		error =
		    name_list_of_lobby(chat, true, SIZE_MAX, &listing->texts);
	else
		error = name_list_of_room(chat, room, true, SIZE_MAX,
		    &listing->texts);
	listing->stride = 2;
	listing->count = listing->texts.count / listing->stride;
	return error;
}

/* The list of this place, or the one that is to be replaced by it. */
static struct listing *
find_members(struct listings *listings, struct str room)
{
	for (size_t i = 0; i < LISTING_PLACES; i++) {
		struct listing *listing = &listings->members[i];

		if (listing->count > 0 &&
		    str_equal(str_from(listing->room), room))
			return listing;
	}
	return &listings->members[listings->oldest++ % LISTING_PLACES];
}

enum chat_error
listing_of_members(const struct request *request, struct str room,
    struct listing **out)
{
	struct listing *listing = find_members(&request->state->listings, room);
	int64_t now_ms = clock_monotonic_ms(request->chat->clock);
	enum chat_error error = CHAT_OK;

	assert(room.len < sizeof(listing->room));
	*out = listing;
	if (listing_is_recent(listing, now_ms) &&
	    str_equal(str_from(listing->room), room))
		return CHAT_OK;
	listing_fini(listing);
	error = members_build(request, room, listing);
	listing->built_ms = now_ms;
	if (room.len > 0)
		memcpy(listing->room, room.data, room.len);
	if (error != CHAT_OK)
		listing_fini(listing);
	return error;
}

/* --- pages ---------------------------------------------------------------- */

static struct str
key_at(const struct listing *listing, size_t position)
{
	return listing->texts.items[position * listing->stride];
}

static int
keys_compare(struct str a, struct str b)
{
	size_t least = a.len < b.len ? a.len : b.len;
	int order = least > 0 ? memcmp(a.data, b.data, least) : 0;

	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

static int
positions_compare(const void *a, const void *b, void *arg)
{
	const uint32_t *first = a, *second = b;

	return keys_compare(key_at(arg, *first), key_at(arg, *second));
}

static bool
listing_sort(struct listing *listing)
{
	if (listing->by_key != NULL)
		return true;
	listing->by_key = calloc(listing->count + 1, sizeof(uint32_t));
	if (listing->by_key == NULL)
		return false;
	for (size_t i = 0; i < listing->count; i++)
		listing->by_key[i] = (uint32_t)i;
	qsort_r(listing->by_key, listing->count, sizeof(uint32_t),
	    positions_compare, listing);
	return true;
}

/* The first place in order of the keys that is behind `after`. */
static size_t
first_after(const struct listing *listing, struct str after)
{
	size_t low = 0, high = listing->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (keys_compare(key_at(listing, listing->by_key[middle]),
			after) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t
entry_cost(const struct listing *listing, size_t position,
    const struct listing_query *query)
{
	size_t cost = query->extra;

	for (size_t i = 0; i < query->texts; i++)
		cost +=
		    listing->texts.items[position * listing->stride + i].len;
	return cost;
}

static bool
continues_key(const struct listing *listing, const struct listing_page *page,
    uint32_t position)
{
	return page->count > 0 &&
	       str_equal(key_at(listing, position),
		   key_at(listing, page->positions[page->count - 1]));
}

/* `order` NULL: that of the list. False: it did not fit to the end. */
static bool
page_fill(const struct listing *listing, const struct listing_query *query,
    const uint32_t *order, size_t at, struct listing_page *page)
{
	size_t limit = query->limit > 0 ? query->limit : SIZE_MAX;
	size_t bytes = 0;

	for (page->count = 0; at < listing->count; at++) {
		uint32_t position = order != NULL ? order[at] : (uint32_t)at;

		if (query->shows != NULL &&
		    !query->shows(listing, position, query->arg))
			continue;
		bytes += entry_cost(listing, position, query);
		if ((page->count >= limit || bytes > query->bytes) &&
		    !(order != NULL && continues_key(listing, page, position)))
			return false;
		page->positions[page->count++] = position;
	}
	return true;
}

enum chat_error
listing_page(struct listing *listing, const struct listing_query *query,
    struct listing_page *out)
{
	size_t first = 0;

	*out = (struct listing_page){
		.positions = calloc(listing->count + 1, sizeof(uint32_t)),
	};
	if (out->positions == NULL)
		return CHAT_UNAVAILABLE;
	if (query->after.data == NULL && query->limit == 0 &&
	    page_fill(listing, query, NULL, 0, out))
		return CHAT_OK;
	if (!listing_sort(listing))
		return CHAT_UNAVAILABLE;
	if (query->after.data != NULL)
		first = first_after(listing, query->after);
	out->more = !page_fill(listing, query, listing->by_key, first, out);
	return CHAT_OK;
}
