#include "commands/support/post_limits.h"

#include <stdlib.h>

#include "commands/support/moderation.h"
#include "commands/support/room_options.h"
#include "commands/support/room_roles.h"

/* That are remembered. */
#define POSTERS_MOST 65536

/* A member that has posted in a room. Times are monotonic. */
struct poster {
	struct list link;
	int64_t posted_ms; /* its last message */
	int64_t begun_ms;  /* of the time in which messages are counted */
	int64_t kept_ms;   /* is forgotten then */
	uint32_t count;
	uint32_t key_len;
	char key[]; /* room id, a space, member id */
};

#define KEY_SIZE (ROOM_ID_SIZE + ID_SIZE)

static struct str
poster_key(const void *entry)
{
	const struct poster *poster = entry;

	return str_slice(poster->key, poster->key_len);
}

void
post_limits_init(struct post_limits *limits)
{
	id_map_init(&limits->by_member, poster_key);
	list_init(&limits->all);
}

static void
poster_destroy(struct post_limits *limits, struct poster *poster)
{
	id_map_remove(&limits->by_member, poster_key(poster));
	list_remove(&poster->link);
	free(poster);
}

void
post_limits_fini(struct post_limits *limits)
{
	while (!list_is_empty(&limits->all))
		poster_destroy(limits,
		    LIST_OWNER(limits->all.next, struct poster, link));
	id_map_fini(&limits->by_member);
}

void
post_limits_tick(struct post_limits *limits, int64_t now_ms)
{
	struct list *next;

	for (struct list *at = limits->all.next; at != &limits->all;
	     at = next) {
		struct poster *poster = LIST_OWNER(at, struct poster, link);

		next = at->next;
		if (now_ms >= poster->kept_ms)
			poster_destroy(limits, poster);
	}
}

static struct str
poster_key_write(struct str room, struct str member_id, char out[KEY_SIZE])
{
	char *end = mempcpy(out, room.data, room.len);

	*end++ = ' ';
	end = mempcpy(end, member_id.data, member_id.len);
	return str_slice(out, (size_t)(end - out));
}

static struct poster *
poster_create(struct post_limits *limits, struct str key, int64_t now_ms)
{
	struct poster *poster;

	if (id_map_count(&limits->by_member) >= POSTERS_MOST)
		return NULL;
	poster = calloc(1, sizeof(*poster) + key.len);
	if (poster == NULL)
		return NULL;
	poster->posted_ms = INT64_MIN / 2; /* never */
	poster->begun_ms = now_ms;
	poster->key_len = (uint32_t)key.len;
	memcpy(poster->key, key.data, key.len);
	if (!id_map_put(&limits->by_member, poster)) {
		free(poster);
		return NULL;
	}
	list_append(&limits->all, &poster->link);
	return poster;
}

/* NULL: there is no memory for it. */
static struct poster *
poster_need(struct request *request, const struct room *room, int64_t now_ms)
{
	struct post_limits *limits = &request->state->post_limits;
	char buffer[KEY_SIZE];
	struct str key = poster_key_write(str_from(room->id),
	    str_from(request->author.id), buffer);
	struct poster *poster = id_map_find(&limits->by_member, key);

	return poster != NULL ? poster : poster_create(limits, key, now_ms);
}

static enum chat_error
slow_check(struct request *request, const struct poster *poster,
    int64_t slow_ms, int64_t now_ms)
{
	int64_t wait_ms = poster->posted_ms + slow_ms - now_ms;

	if (wait_ms <= 0)
		return CHAT_OK;
	request->failure.retry_after_ms = wait_ms;
	request->failure.text = STR("This room is slow: wait a little");
	return CHAT_RATE_LIMITED;
}

/* True: this is one message too many. */
static bool
flood_count(const struct request *request, struct poster *poster,
    int64_t now_ms)
{
	const struct chat_limits *limits = &request->chat->limits;

	if (now_ms - poster->begun_ms >= limits->flood_time_ms) {
		poster->begun_ms = now_ms;
		poster->count = 0;
	}
	return ++poster->count > limits->flood_messages;
}

/* The server mutes the author: it is no entry of its own. */
static enum chat_error
flood_mute(struct request *request, const struct room *room)
{
	struct moderation moderation = { .room = *room,
		.target = request->author,
		.is_connected = true,
		.is_here = true };
	struct str id = str_from(request->author.id);
	struct standing *standing = &moderation.standing;

	(void)room_roles_standing(request, room, id, standing);
	standing->penalty = ROLE_MUTED;
	standing->until_ms =
	    request->now_ms + request->chat->limits.flood_mute_ms;
	if (room_roles_append_silently(request, room, id, standing, false) ==
		CHAT_OK &&
	    request->chat->order == NULL)
		moderation_publish_by_server(request, &moderation);
	request->failure.right = right_word(RIGHT_POST);
	request->failure.text = STR("Muted: too many messages");
	return CHAT_FORBIDDEN;
}

enum chat_error
post_limits_take(struct request *request)
{
	const struct room *room = &request->place;
	const struct chat_limits *limits = &request->chat->limits;
	int64_t slow_ms = request->place_is_plain
			      ? room->slow_ms
			      : room_options_slow_ms(request, room);
	int64_t now_ms;
	struct poster *poster;
	enum chat_error error;

	if ((slow_ms == 0 && limits->flood_messages == 0) ||
	    room_roles_of_author(request, room) >= ROLE_MODERATOR)
		return CHAT_OK;
	now_ms = clock_monotonic_ms(request->chat->clock);
	poster = poster_need(request, room, now_ms);
	if (poster == NULL)
		return CHAT_OK;
	error = slow_check(request, poster, slow_ms, now_ms);
	if (error != CHAT_OK)
		return error;
	if (limits->flood_messages > 0 &&
	    flood_count(request, poster, now_ms)) {
		poster->count = 0;
		return flood_mute(request, room);
	}
	poster->posted_ms = now_ms;
	poster->kept_ms =
	    now_ms +
	    (slow_ms > limits->flood_time_ms ? slow_ms : limits->flood_time_ms);
	return CHAT_OK;
}
