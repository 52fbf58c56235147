/* The stores that the server uses, on a journal. */
#include <stdio.h>
#include <stdlib.h>

#include "domain/publisher.h"
#include "persistence/file/commit_gate.h"
#include "persistence/file/file_store.h"
#include "tests/persistence/crash/subject.h"

static const struct history_limits limits = { .messages = KEPT };

struct subject {
	struct disk *disk;
	struct id_source ids;
	struct publisher nobody; /* behind the gate: it is told nothing */
	struct commit_gate *gate;
	struct file_store *store;
	struct room_store *rooms;
	struct history *history;
	struct journal *journal;
	struct content *content; /* while it is read */
};

/* --- what is found -------------------------------------------------------- */

static bool
show_message(const struct message *message, void *arg)
{
	struct content *content = arg;

	content_add_message(content, content->reading, message);
	return true;
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
show_room(const struct room *room, void *arg)
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
	history_each(self->history, id, 1, 0, show_message, content);
	history_each(self->history, id, 1, 0, check_key, self);
	return true;
}

static void
show(struct subject *self, struct content *content)
{
	content_clear(content);
	self->content = content;
	room_store_each(self->rooms, show_room, self);
	self->content = NULL;
}

/* --- what is done --------------------------------------------------------- */

static enum chat_error
make_room(struct subject *self, const struct room *wish, uint64_t *lsn)
{
	struct room room = *wish;
	enum chat_error error = room_store_put(self->rooms, &room);

	if (error != CHAT_OK)
		return error;
	*lsn = room.lsn;
	error = history_open(self->history, str_from(room.id), 0);
	if (error != CHAT_OK)
		room_store_remove(self->rooms, str_from(room.id));
	return error;
}

static enum chat_error
remove_room(struct subject *self, struct str id, uint64_t *lsn)
{
	history_close(self->history, id);
	room_store_remove(self->rooms, id);
	*lsn = journal_last(self->journal);
	return CHAT_OK;
}

static enum chat_error
say(struct subject *self, struct str room, struct message *message,
    uint64_t *lsn)
{
	enum chat_error error = history_append(self->history, room, message);

	*lsn = message->lsn;
	return error;
}

static uint64_t
find(struct subject *self, struct str room, struct str key)
{
	struct message message;

	return history_find_key(self->history, room, key, 0, &message)
		   ? message.seq
		   : 0;
}

static bool
step(struct subject *self)
{
	return journal_step(self->journal);
}

/* Numbers of what failed are given out again. */
static void
poll(struct subject *self, struct news *news)
{
	uint64_t last = journal_last(self->journal);

	file_store_hear(self->store, self->gate);
	*news = (struct news){ .committed = journal_committed(self->journal) };
	if (journal_last(self->journal) < last)
		news->failed_first = journal_last(self->journal) + 1;
}

/* --- birth and death ------------------------------------------------------ */

static void
next_id(struct id_source *ids, enum id_style style, char out[ID_SIZE])
{
	static unsigned last;

	(void)ids;
	(void)style;
	snprintf(out, ID_SIZE, "epoch%u", ++last);
}

static const struct id_source_ops ids_ops = { next_id };
static const struct publisher_ops nobody_ops = { 0 };

static void
destroy(struct subject *self)
{
	file_store_close(self->store);
	commit_gate_destroy(self->gate);
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
	self->journal = file_store_journal(self->store);
	self->gate = commit_gate_create(&self->nobody, SIZE_MAX);
	return self->gate != NULL ? OPENED : OPENED_NOT;
}

static enum opened
open_subject(struct memory_disk *memory, const struct store_options *options,
    struct subject **out, struct content *content, struct finding *finding)
{
	struct subject *self = calloc(1, sizeof(*self));
	enum opened opened;

	*out = NULL;
	if (self == NULL)
		return OPENED_NOT;
	self->disk = memory_disk_disk(memory);
	self->ids.ops = &ids_ops;
	self->nobody.ops = &nobody_ops;
	*finding = (struct finding){ 0 };
	opened = open_store(self, options);
	if (opened != OPENED) {
		destroy(self);
		return opened;
	}
	show(self, content);
	while (step(self))
		;
	*out = self;
	return OPENED;
}

const struct subject_kind stores_subject = {
	.name = "stores",
	.open = open_subject,
	.close = destroy,
	.make_room = make_room,
	.remove_room = remove_room,
	.say = say,
	.find = find,
	.step = step,
	.poll = poll,
};
