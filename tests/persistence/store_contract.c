#include "tests/persistence/store_contract.h"

#include "persistence/memory/memory_history.h"
#include "persistence/memory/memory_members.h"
#include "persistence/memory/memory_rooms.h"
#include "tests/support/persistence/store_rig.h"

/*
 * The stores of the test that is running. What changes rooms goes through the
 * log, and waits for the disk; the log itself changes the stores.
 */
static struct store_rig rig;
static bool is_in_log;
static const struct room_store_ops *memory_rooms;
static struct history_ops memory_history;
static struct room_store_ops rooms_ops;
static struct history_ops *history_ops;

static enum chat_error
contract_append(struct entry *entry)
{
	enum chat_error error;

	is_in_log = true;
	error = commit_log_append(rig.log, entry, NULL);
	if (error == CHAT_OK)
		store_rig_settle(&rig);
	is_in_log = false;
	return error;
}

static enum chat_error
contract_put_room(struct room_store *rooms, const struct room *room)
{
	struct room persistent = *room;
	struct entry entry = { .kind = ENTRY_ROOM_CREATED,
		.room_id = str_from(room->id),
		.room = &persistent };

	persistent.persistent = true;
	return is_in_log ? memory_rooms->put(rooms, room)
			 : contract_append(&entry);
}

static void
contract_remove_room(struct room_store *rooms, struct str id)
{
	struct entry entry = { .kind = ENTRY_ROOM_REMOVED, .room_id = id };

	if (is_in_log)
		memory_rooms->remove(rooms, id);
	else
		(void)contract_append(&entry);
}

static enum chat_error
open_history(struct history *history, struct str id, int64_t ttl_ms,
    bool persistent)
{
	struct room room = {
		.epoch = "e", .persistent = true, .ttl_ms = ttl_ms
	};
	struct entry entry = {
		.kind = ENTRY_ROOM_CREATED, .room_id = id, .room = &room
	};

	if (is_in_log)
		return memory_history.open(history, id, ttl_ms, persistent);
	memcpy(room.id, id.data, id.len);
	memcpy(room.name, id.data, id.len);
	return contract_append(&entry);
}

static void
close_history(struct history *history, struct str id)
{
	struct entry entry = { .kind = ENTRY_ROOM_REMOVED, .room_id = id };

	if (is_in_log)
		memory_history.close(history, id);
	else
		(void)contract_append(&entry);
}

static enum chat_error
contract_append_message(struct history *history, struct str room,
    struct message *message)
{
	struct entry entry = {
		.kind = ENTRY_MESSAGE, .room_id = room, .message = *message
	};
	enum chat_error error;

	struct message first;

	/* For the log a key that is there is a retry. */
	if (is_in_log ||
	    (message->key.len > 0 && history_find_key(history, room,
					 message->key, message->at_ms, &first)))
		return memory_history.append(history, room, message);
	error = contract_append(&entry);
	*message = entry.message;
	return error;
}

/* The rig frees them. */
static void
leave_rooms(struct room_store *rooms)
{
	(void)rooms;
}

static void
leave_history(struct history *history)
{
	(void)history;
}

/* The clock of the test is trusted, although each test sets its own time. */
static void
open_files(const struct history_limits *limits)
{
	if (rig.memory != NULL) {
		rig.rooms->ops = memory_rooms;
		*history_ops = memory_history;
		store_rig_fini(&rig);
	}
	store_rig_init(&rig);
	rig.options.queue_bytes = 64u << 20;
	rig.options.clock_trust_ms = 0;
	rig.limits_in_use = limits;
	store_rig_open(&rig);
	memory_rooms = rig.rooms->ops;
	rooms_ops = *memory_rooms;
	rooms_ops.put = contract_put_room;
	rooms_ops.remove = contract_remove_room;
	rooms_ops.destroy = leave_rooms;
	rig.rooms->ops = &rooms_ops;
	memory_history = *rig.history->ops;
	/* The file store is found by the address of this table. */
	history_ops = (struct history_ops *)(uintptr_t)rig.history->ops;
	history_ops->open = open_history;
	history_ops->close = close_history;
	history_ops->append = contract_append_message;
	history_ops->destroy = leave_history;
}

static struct room_store *
file_rooms_create(void)
{
	open_files(NULL);
	return rig.rooms;
}

static struct history *
file_history_create(const struct history_limits *limits)
{
	open_files(limits);
	return rig.history;
}

const struct store_kind store_kinds[STORE_KINDS] = {
	{ "memory", memory_members_create, memory_rooms_create,
	    memory_history_create },
	{ "file", memory_members_create, file_rooms_create,
	    file_history_create },
};
