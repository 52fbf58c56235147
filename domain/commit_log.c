#include "domain/commit_log.h"

#include <assert.h>

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

/* False: the message that it is about is gone, or redacted. */
static bool
attribute_is_due(const struct entry *entry, struct history *history)
{
	const struct attribute *attribute = &entry->attribute;
	struct message message;

	return attribute->seq == 0 ||
	       (history_get(history, entry->room_id, attribute->seq,
		    attribute->at_ms, &message) &&
		   !message.is_redacted);
}

static enum chat_error
apply_edit(const struct entry *entry, struct history *history,
    struct attribute_store *attributes)
{
	struct attribute attribute = entry->attribute;
	struct attribute was;
	bool is_first =
	    !attribute_store_find(attributes, entry->room_id, &attribute, &was);
	enum chat_error error;

	error = attribute_store_set(attributes, entry->room_id, &attribute);
	if (error != CHAT_OK)
		return error;
	error = history_amend(history, entry->room_id, attribute.seq,
	    attribute.body, attribute.at_ms);
	if (error != CHAT_OK && is_first) {
		attribute.value = attribute.body = STR_ABSENT;
		(void)attribute_store_set(attributes, entry->room_id,
		    &attribute);
	}
	return error;
}

static enum chat_error
apply_redaction(const struct entry *entry, struct history *history,
    struct attribute_store *attributes)
{
	const struct attribute *attribute = &entry->attribute;
	enum chat_error error;

	error = attribute_store_set(attributes, entry->room_id, attribute);
	if (error != CHAT_OK)
		return error;
	return history_amend(history, entry->room_id, attribute->seq,
	    STR_ABSENT, attribute->at_ms);
}

static enum chat_error
apply_attribute(const struct entry *entry, struct room_store *rooms,
    struct history *history, struct attribute_store *attributes)
{
	struct room room;

	assert(attribute_can_be_set(&entry->attribute));
	if (room_store_get(rooms, entry->room_id, &room) != CHAT_OK)
		return CHAT_ROOM_NOT_FOUND;
	if (!attribute_is_due(entry, history))
		return CHAT_MESSAGE_NOT_FOUND;
	switch (entry->attribute.kind) {
	case ATTRIBUTE_EDIT:
		return apply_edit(entry, history, attributes);
	case ATTRIBUTE_REDACTION:
		return apply_redaction(entry, history, attributes);
	default:
		return attribute_store_set(attributes, entry->room_id,
		    &entry->attribute);
	}
}

enum chat_error
entry_apply(struct entry *entry, struct room_store *rooms,
    struct history *history, struct attribute_store *attributes)
{
	enum chat_error error = CHAT_OK;

	switch (entry->kind) {
	case ENTRY_MESSAGE:
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
		attribute_store_remove_room(attributes, entry->room_id);
		room_store_remove(rooms, entry->room_id);
		break;
	case ENTRY_ATTRIBUTE:
		error = apply_attribute(entry, rooms, history, attributes);
		break;
	case ENTRY_BARRIER:
		break;
	}
	return error;
}
