#include "commands/support/room_fill.h"

#include "commands/support/request.h"

/* Slots that a key may be in. */
#define SLOTS_OF_KEY 8

static uint64_t
fill_key(uint64_t origin, struct str room)
{
	uint64_t hash = UINT64_C(14695981039346656037) ^ origin;

	for (size_t i = 0; i < room.len; i++) {
		hash ^= (unsigned char)room.data[i];
		hash *= UINT64_C(1099511628211);
	}
	return hash ^ hash >> 32;
}

/* The slot of the key, else the one that is free soonest or is already. */
static struct room_fill_slot *
fill_slot_find(struct room_fill *fill, uint64_t key)
{
	struct room_fill_slot *best = NULL;

	for (size_t i = 0; i < SLOTS_OF_KEY; i++) {
		struct room_fill_slot *slot =
		    &fill->slots[(key + i) % ROOM_FILL_SLOTS];

		if (slot->key == key)
			return slot;
		if (best == NULL || slot->paid_at_us < best->paid_at_us)
			best = slot;
	}
	*best = (struct room_fill_slot){ .key = key };
	return best;
}

/*
 * The part of the time for a whole history that this message takes; in the
 * lobby, for what is kept of it.
 */
static int64_t
fill_cost_us(const struct request *request)
{
	const struct chat_limits *limits = &request->chat->limits;
	bool is_lobby = request->room.data == NULL;
	size_t most = is_lobby ? limits->fill_lobby_bytes : limits->fill_bytes;
	double bytes = (double)request->command->body.len;
	double part = 0;

	if (!is_lobby && limits->fill_messages > 0)
		part = 1.0 / (double)limits->fill_messages;
	if (most > 0 && bytes / (double)most > part)
		part = bytes / (double)most;
	return (int64_t)(part * (double)limits->fill_ms * 1000);
}

int64_t
room_fill_take(struct request *request)
{
	const struct chat_limits *limits = &request->chat->limits;
	uint64_t origin = request->command->origin;
	int64_t now_us, wait_us;
	struct room_fill_slot *slot;

	if (limits->fill_ms == 0 || origin == 0 || request->author.is_user ||
	    (request->command->flags & COMMAND_OF_SERVER))
		return 0;
	now_us = clock_monotonic_ms(request->chat->clock) * 1000;
	slot = fill_slot_find(&request->state->room_fill,
	    fill_key(origin, request->room));
	if (slot->paid_at_us < now_us)
		slot->paid_at_us = now_us;
	slot->paid_at_us += fill_cost_us(request);
	wait_us = slot->paid_at_us - now_us - limits->fill_ms * 1000 / 2;
	return wait_us <= 0 ? 0 : (wait_us + 999) / 1000;
}
