#include "commands/support/room_quota.h"

#include <stdlib.h>
#include <string.h>

#include "commands/support/request.h"
#include "domain/base/array.h"
#include "domain/private_talk.h"

#define HOUR_MS INT64_C(3600000)

/* One address has this part of the persistent rooms at most. */
#define ORIGIN_PART 4

/* Counting visits every room, so it is not done more often. */
#define COUNT_EACH_MS 1000

void
room_quota_fini(struct room_quota *quota)
{
	free(quota->recent);
	*quota = (struct room_quota){ 0 };
}

static bool
persistent_count(const struct room *room, void *arg)
{
	size_t *count = arg;

	*count += room->persistent && !talk_id_is_valid(str_from(room->id));
	return true;
}

static size_t
quota_persistent(struct request *request, int64_t now_ms)
{
	struct room_quota *quota = &request->state->room_quota;

	if (request->ordered != NULL || quota->counted_ms == 0 ||
	    now_ms - quota->counted_ms >= COUNT_EACH_MS) {
		quota->counted_ms = now_ms;
		quota->persistent = 0;
		room_store_each(request->chat->rooms, persistent_count,
		    &quota->persistent);
	}
	return quota->persistent;
}

static void
recent_expire(struct room_quota *quota, int64_t now_ms)
{
	size_t kept = 0;

	for (size_t i = 0; i < quota->recent_count; i++)
		if (now_ms - quota->recent[i].at_ms < HOUR_MS)
			quota->recent[kept++] = quota->recent[i];
	quota->recent_count = kept;
}

static size_t
recent_of(const struct room_quota *quota, uint64_t origin)
{
	size_t count = 0;

	for (size_t i = 0; i < quota->recent_count; i++)
		count += quota->recent[i].origin == origin;
	return count;
}

static enum chat_error
recent_add(struct room_quota *quota, uint64_t origin, int64_t at_ms)
{
	struct room_creation *recent = array_grow(quota->recent,
	    quota->recent_count, &quota->recent_capacity, sizeof(*recent));

	if (recent == NULL)
		return CHAT_UNAVAILABLE;
	quota->recent = recent;
	recent[quota->recent_count++] = (struct room_creation){ origin, at_ms };
	return CHAT_OK;
}

struct recent_begin {
	struct room_quota *quota;
	int64_t now_ms;  /* monotonic */
	int64_t wall_ms; /* at the same time */
	enum chat_error error;
};

static bool
recent_begin_room(const struct room *room, void *arg)
{
	struct recent_begin *begin = arg;
	int64_t age_ms = begin->wall_ms - room->created_ms;

	if (room->persistent && room->origin != 0 && age_ms >= 0 &&
	    age_ms < HOUR_MS)
		begin->error = recent_add(begin->quota, room->origin,
		    begin->now_ms - age_ms);
	return begin->error == CHAT_OK;
}

/* Rooms that were created before the start count, if they still exist. */
static enum chat_error
recent_begin(struct request *request, int64_t now_ms)
{
	struct recent_begin begin = { &request->state->room_quota, now_ms,
		request->now_ms, CHAT_OK };

	if (begin.quota->has_begun)
		return CHAT_OK;
	begin.quota->recent_count = 0;
	room_store_each(request->chat->rooms, recent_begin_room, &begin);
	begin.quota->has_begun = begin.error == CHAT_OK;
	return begin.error;
}

struct origin_count {
	uint64_t origin;
	int64_t since_ms;
	size_t rooms;
};

static bool
origin_count_add(const struct room *room, void *arg)
{
	struct origin_count *count = arg;

	count->rooms += room->persistent && room->origin == count->origin &&
			room->created_ms > count->since_ms;
	return true;
}

/* All nodes count the same: the rooms that exist. */
static enum chat_error
origin_check(struct request *request, size_t most)
{
	struct origin_count count = { .origin = request->command->origin,
		.since_ms = request->now_ms - HOUR_MS };

	if (count.origin == 0 || most == 0)
		return CHAT_OK;
	room_store_each(request->chat->rooms, origin_count_add, &count);
	return count.rooms < most
		   ? CHAT_OK
		   : request_over_limit(request, CHAT_TOO_MANY_ROOMS, most);
}

/* Rooms of this machine count in total only: a proxy may have all clients. */
static enum chat_error
origin_take(struct request *request, int64_t now_ms)
{
	struct room_quota *quota = &request->state->room_quota;
	uint64_t origin = request->command->origin;
	size_t most = request->chat->limits.persistent_rooms_per_hour;
	enum chat_error error;

	if (request->ordered != NULL)
		return origin_check(request, most);
	error = recent_begin(request, now_ms);
	if (error != CHAT_OK)
		return error;
	recent_expire(quota, now_ms);
	if (origin == 0 || most == 0)
		return CHAT_OK;
	if (recent_of(quota, origin) >= most)
		return request_over_limit(request, CHAT_TOO_MANY_ROOMS, most);
	return recent_add(quota, origin, now_ms);
}

struct user_count {
	struct str user;
	size_t rooms;
};

static bool
user_count_add(const struct room *room, void *arg)
{
	struct user_count *count = arg;

	count->rooms +=
	    room->persistent && str_equal(str_from(room->creator), count->user);
	return true;
}

static enum chat_error
user_check(struct request *request)
{
	size_t most = request->chat->limits.rooms_per_user;
	struct user_count count = { .user = str_from(request->author.id) };

	if (most == 0 || !request->author.is_user)
		return CHAT_OK;
	room_store_each(request->chat->rooms, user_count_add, &count);
	return count.rooms < most
		   ? CHAT_OK
		   : request_over_limit(request, CHAT_TOO_MANY_ROOMS, most);
}

uint64_t
room_quota_origin(const struct request *request)
{
	return request->author.is_user ? 0 : request->command->origin;
}

enum chat_error
room_quota_check_origin(struct request *request, bool persistent)
{
	const struct chat_limits *limits = &request->chat->limits;
	size_t most = limits->rooms_per_origin;
	size_t most_persistent =
	    (limits->persistent_rooms + ORIGIN_PART - 1) / ORIGIN_PART;
	uint64_t origin = room_quota_origin(request);
	struct room_counts counts;

	if (origin == 0 || most == 0)
		return CHAT_OK;
	counts = room_store_count_of(request->chat->rooms, origin);
	if (counts.all >= most)
		return request_over_limit(request, CHAT_TOO_MANY_ROOMS, most);
	if (persistent && most_persistent > 0 &&
	    counts.persistent >= most_persistent)
		return request_over_limit(request, CHAT_TOO_MANY_ROOMS,
		    most_persistent);
	return CHAT_OK;
}

enum chat_error
room_quota_take(struct request *request)
{
	int64_t now_ms = clock_monotonic_ms(request->chat->clock);
	size_t most = request->chat->limits.persistent_rooms;
	enum chat_error error;

	if (most > 0 && quota_persistent(request, now_ms) >= most)
		return request_over_limit(request, CHAT_TOO_MANY_ROOMS, most);
	error = user_check(request);
	if (error == CHAT_OK)
		error = origin_take(request, now_ms);
	if (error == CHAT_OK)
		request->state->room_quota.persistent++;
	return error;
}
