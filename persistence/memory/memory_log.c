#include "persistence/memory/memory_log.h"

#include <stdlib.h>

struct memory_log {
	struct commit_log base;
	struct room_store *rooms;
	struct history *history;
	struct attribute_store *attributes;
};

static enum chat_error
memory_log_append(struct commit_log *base, struct entry *entry,
    const struct command *requester)
{
	struct memory_log *self = (struct memory_log *)base;
	enum chat_error error =
	    entry_apply(entry, self->rooms, self->history, self->attributes);

	if (error != CHAT_OK)
		return error;
	entry->room = NULL;
	commit_log_report(base, entry, requester, CHAT_OK);
	return CHAT_OK;
}

static bool
memory_log_is_room_pending(struct commit_log *base, struct str room_id)
{
	(void)base;
	(void)room_id;
	return false;
}

static size_t
memory_log_bytes(struct commit_log *base)
{
	(void)base;
	return 0;
}

static void
memory_log_destroy(struct commit_log *base)
{
	free(base);
}

static const struct commit_log_ops memory_log_ops = {
	.append = memory_log_append,
	.is_room_pending = memory_log_is_room_pending,
	.bytes = memory_log_bytes,
	.destroy = memory_log_destroy,
};

struct commit_log *
memory_log_create(struct room_store *rooms, struct history *history,
    struct attribute_store *attributes)
{
	struct memory_log *self = malloc(sizeof(*self));

	if (self == NULL)
		return NULL;
	*self = (struct memory_log){ .base.ops = &memory_log_ops,
		.rooms = rooms,
		.history = history,
		.attributes = attributes };
	return &self->base;
}
