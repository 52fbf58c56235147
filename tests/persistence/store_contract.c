#include "tests/persistence/store_contract.h"

#include <stdio.h>

#include "persistence/memory/memory_history.h"
#include "persistence/memory/memory_members.h"
#include "persistence/memory/memory_rooms.h"
#include "tests/support/persistence/store_rig.h"

/* The stores of the test that is running. */
static struct store_rig rig;

/* Every test lives in a time of its own, and is believed. */
static void
open_files(void)
{
	if (rig.memory != NULL)
		store_rig_fini(&rig);
	store_rig_init(&rig);
	rig.options.queue_bytes = 64u << 20;
	rig.options.clock_trust_ms = 0;
	store_rig_open(&rig);
}

static struct room_store *
file_rooms_create(void)
{
	open_files();
	return rig.rooms;
}

/* The rooms that are talked in are kept, so that all goes into the journal. */
static struct history *
file_history_create(const struct history_limits *limits)
{
	static const char *const rooms[] = { "red", "blue" };

	open_files();
	rig.limits_in_use = limits;
	store_rig_close(&rig);
	store_rig_open(&rig);
	for (size_t i = 0; i < 2; i++) {
		struct room room = { .epoch = "e", .persistent = true };

		snprintf(room.id, sizeof(room.id), "%s", rooms[i]);
		snprintf(room.name, sizeof(room.name), "%s", rooms[i]);
		ck_assert_int_eq(room_store_put(rig.rooms, &room), CHAT_OK);
	}
	return rig.history;
}

const struct store_kind store_kinds[STORE_KINDS] = {
	{ "memory", memory_members_create, memory_rooms_create,
	    memory_history_create },
	{ "file", memory_members_create, file_rooms_create,
	    file_history_create },
};
