/* The stores that the server uses, on a journal. */
#include <stdio.h>
#include <stdlib.h>

#include "domain/base/list.h"
#include "persistence/file/file_store.h"
#include "tests/persistence/crash/report.h"
#include "tests/persistence/crash/subject.h"

static const struct history_limits limits = { .messages = KEPT };

struct subject {
	struct disk *disk;
	struct id_source ids;
	struct entry_handler handler;
	uint64_t appended; /* entries, … */
	uint64_t done;     /* … and those of them that were done, … */
	uint64_t lost;     /* … or lost */
	struct file_store *store;
	struct commit_log *log;
	struct room_store *rooms;
	struct history *history;
	struct attribute_store *attributes;
	struct journal *journal;
	struct content *content; /* while it is read */
};

/* --- reading -------------------------------------------------------- */

static bool
content_put_message(const struct message *message, void *arg)
{
	struct content *content = arg;

	content_add_message(content, content->reading, message);
	return true;
}

static bool
content_visit_attribute(const struct attribute *attribute, void *arg)
{
	struct content *content = arg;

	if (!content_add_attribute(content, content->reading, attribute))
		content_complain(content,
		    "an attribute of a message that is gone, or redacted");
	return true;
}

static void
content_add_attributes(const struct subject *self, struct str room)
{
	for (unsigned kind = 0; kind < ATTRIBUTE_KINDS; kind++)
		if (attribute_kind_exists(kind))
			attribute_store_each(self->attributes, room,
			    (enum attribute_kind)kind, content_visit_attribute,
			    self->content);
}

static bool
check_key(const struct message *message, void *arg)
{
	struct subject *self = arg;
	struct message found;

	if (message->key.len > 0 &&
	    (!history_find_key(self->history, self->content->reading,
		 message->key, 0, &found) ||
		found.seq != message->seq))
		content_complain(self->content, "a key leads elsewhere");
	return true;
}

static bool
content_put_room(const struct room *room, void *arg)
{
	struct subject *self = arg;
	struct content *content = self->content;
	struct history_span span;
	struct str id = str_from(room->id);

	content_add_room(content, room);
	if (history_span(self->history, id, 0, &span) != CHAT_OK) {
		content_complain(content, "a room without a history");
		return true;
	}
	content_trim(content, id, span.first - 1);
	content->reading = id;
	history_each(self->history, id, 1, 0, content_put_message, content);
	history_each(self->history, id, 1, 0, check_key, self);
	content_add_attributes(self, id);
	return true;
}

static void
content_put_stores(struct subject *self, struct content *content)
{
	content_clear(content);
	self->content = content;
	room_store_each(self->rooms, content_put_room, self);
	self->content = NULL;
}

/* --- writing --------------------------------------------------------- */

/* An entry is done or lost once; a message that is done is the newest. */
static void
stores_take_entry(struct entry_handler *handler, const struct entry *entry,
    const struct command *requester, enum chat_error outcome)
{
	struct subject *self = LIST_OWNER(handler, struct subject, handler);
	struct history_span span;

	(void)requester;
	if (outcome == CHAT_OK)
		self->done++;
	else
		self->lost++;
	if (self->done + self->lost > self->appended)
		violation("an entry is done twice");
	if (entry->kind == ENTRY_MESSAGE && outcome == CHAT_OK &&
	    !entry->is_duplicate &&
	    (history_span(self->history, entry->room_id, 0, &span) != CHAT_OK ||
		span.last != entry->message.seq))
		violation("an entry is done out of order");
}

static const struct entry_handler_ops handler_ops = { stores_take_entry };

static enum chat_error
stores_append(struct subject *self, struct entry *entry, uint64_t *lsn)
{
	enum chat_error error;

	self->appended++;
	error = commit_log_append(self->log, entry, NULL);
	if (error != CHAT_OK)
		self->appended--;
	*lsn = journal_last(self->journal);
	return error;
}

static bool
stores_step(struct subject *self)
{
	return journal_step(self->journal);
}

/*
 * A room is not created while one with its id is being removed: the dispatcher
 * waits for that. Failures are not reported here: no room is removed in a
 * scenario in which calls may fail.
 */
static void
await_room(struct subject *self, struct str id)
{
	while (commit_log_is_room_pending(self->log, id) && stores_step(self))
		file_store_poll(self->store);
}

static enum chat_error
stores_create_room(struct subject *self, const struct room *wish, uint64_t *lsn)
{
	struct room room = *wish;
	struct entry entry = { .kind = ENTRY_ROOM_CREATED,
		.room_id = str_from(room.id),
		.room = &room };

	room.persistent = true;
	await_room(self, entry.room_id);
	return stores_append(self, &entry, lsn);
}

static enum chat_error
stores_remove_room(struct subject *self, struct str id, uint64_t *lsn)
{
	struct entry entry = { .kind = ENTRY_ROOM_REMOVED, .room_id = id };

	return stores_append(self, &entry, lsn);
}

static enum chat_error
stores_write_message(struct subject *self, struct str room,
    struct message *message, uint64_t *lsn)
{
	struct entry entry = {
		.kind = ENTRY_MESSAGE, .room_id = room, .message = *message
	};
	enum chat_error error;

	entry.message.seq = 0;
	error = stores_append(self, &entry, lsn);
	if (error == CHAT_OK && entry.is_duplicate)
		violation("a new message is called a retry");
	*message = entry.message;
	return error;
}

static enum chat_error
stores_set_attribute(struct subject *self, struct str room,
    const struct attribute *attribute, uint64_t *lsn)
{
	struct entry entry = { .kind = ENTRY_ATTRIBUTE,
		.room_id = room,
		.attribute = *attribute };

	return stores_append(self, &entry, lsn);
}

static uint64_t
stores_find_message(struct subject *self, struct str room, struct str key)
{
	struct entry retry = { .kind = ENTRY_MESSAGE,
		.room_id = room,
		.message = {
		    .author = STR("Alice"),
		    .author_id = STR("a1"),
		    .body = STR("again"),
		    .key = key,
		} };
	struct message first;
	uint64_t lsn;

	if (!history_find_key(self->history, room, key, 0, &first))
		return 0;
	if (stores_append(self, &retry, &lsn) == CHAT_OK &&
	    (!retry.is_duplicate || retry.message.seq != first.seq))
		violation("a retry is stored again");
	return first.seq;
}

/* Numbers of failed messages are given out again. */
static void
stores_poll(struct subject *self, struct poll_result *news)
{
	uint64_t last = journal_last(self->journal);

	file_store_poll(self->store);
	*news = (struct poll_result){ .committed =
					  journal_committed(self->journal) };
	if (journal_last(self->journal) < last)
		news->failed_first = journal_last(self->journal) + 1;
	if (commit_log_bytes(self->log) == 0 &&
	    self->done + self->lost != self->appended)
		violation("an entry is forgotten");
}

/* --- life cycle ----------------------------------------------------------- */

static void
stores_next_id(struct id_source *ids, enum id_style style, char out[ID_SIZE])
{
	static unsigned last;

	(void)ids;
	(void)style;
	snprintf(out, ID_SIZE, "epoch%u", ++last);
}

static const struct id_source_ops ids_ops = { stores_next_id };

static void
stores_subject_destroy(struct subject *self)
{
	file_store_close(self->store);
	free(self);
}

static enum opened
open_store(struct subject *self, const struct store_options *options)
{
	struct file_store_config config = { .disk = self->disk,
		.options = options,
		.limits = &limits,
		.ids = &self->ids,
		.no_threads = true };

	switch (file_store_open(&config, &self->store)) {
	case FILE_STORE_OPEN:
		break;
	case FILE_STORE_FAILED:
		return OPENED_NOT;
	default:
		return OPENED_REFUSED;
	}
	self->rooms = file_store_rooms(self->store);
	self->history = file_store_history(self->store);
	self->attributes = file_store_attributes(self->store);
	self->journal = file_store_journal(self->store);
	self->log = file_store_log(self->store);
	self->log->handler = &self->handler;
	return OPENED;
}

static enum opened
stores_subject_open(struct memory_disk *memory,
    const struct store_options *options, struct subject **out,
    struct content *content, struct finding *finding)
{
	struct subject *self = calloc(1, sizeof(*self));
	enum opened opened;

	*out = NULL;
	if (self == NULL)
		return OPENED_NOT;
	self->disk = memory_disk_disk(memory);
	self->ids.ops = &ids_ops;
	self->handler.ops = &handler_ops;
	*finding = (struct finding){ 0 };
	opened = open_store(self, options);
	if (opened != OPENED) {
		stores_subject_destroy(self);
		return opened;
	}
	content_put_stores(self, content);
	while (stores_step(self))
		;
	*out = self;
	return OPENED;
}

const struct subject_kind stores_subject = {
	.name = "stores",
	.open = stores_subject_open,
	.close = stores_subject_destroy,
	.make_room = stores_create_room,
	.remove_room = stores_remove_room,
	.message_write = stores_write_message,
	.set_attribute = stores_set_attribute,
	.find = stores_find_message,
	.step = stores_step,
	.poll = stores_poll,
};
