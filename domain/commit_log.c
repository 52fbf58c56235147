#include "domain/commit_log.h"

bool
entry_find_first(struct entry *entry, struct history *history)
{
	struct message *message = &entry->message;
	struct message first;

	if (message->key.len == 0 || !history_find_key(history, entry->room_id,
					 message->key, message->at_ms, &first))
		return false;
	entry->is_duplicate = true;
	message->seq = first.seq;
	message->at_ms = first.at_ms;
	return true;
}

enum chat_error
entry_apply(struct entry *entry, struct room_store *rooms,
    struct history *history)
{
	enum chat_error error = CHAT_OK;

	switch (entry->kind) {
	case ENTRY_SAID:
		if (!entry_find_first(entry, history))
			error = history_append(history, entry->room_id,
			    &entry->message);
		break;
	case ENTRY_ROOM_CREATED:
		error = room_store_put(rooms, entry->room);
		if (error != CHAT_OK)
			break;
		error = history_open(history, entry->room_id,
		    entry->room->ttl_ms, entry->room->persistent);
		if (error != CHAT_OK)
			room_store_remove(rooms, entry->room_id);
		break;
	case ENTRY_ROOM_REMOVED:
		history_close(history, entry->room_id);
		room_store_remove(rooms, entry->room_id);
		break;
	case ENTRY_BARRIER:
		break;
	}
	return error;
}
