#include "tests/support/persistence/store_rig.h"

#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "domain/base/list.h"
#include "tests/support/failing_malloc.h"

static struct store_rig *
rig_of_ids(struct id_source *ids)
{
	return LIST_OWNER(ids, struct store_rig, ids);
}

static void
rig_next_epoch(struct id_source *ids, enum id_style style, char out[ID_SIZE])
{
	(void)style;
	snprintf(out, ID_SIZE, "epoch%u", ++rig_of_ids(ids)->last_id);
}

static const struct id_source_ops ids_ops = { rig_next_epoch };

static void
count_entry(struct entry_handler *handler, const struct entry *entry,
    const struct command *requester, enum chat_error outcome)
{
	struct store_rig *rig = LIST_OWNER(handler, struct store_rig, handler);

	(void)requester;
	ck_assert(outcome == CHAT_OK || outcome == CHAT_STORE_FAILED ||
		  outcome == CHAT_MESSAGE_NOT_FOUND);
	rig->last = *entry;
	if (outcome == CHAT_OK)
		rig->done++;
	else
		rig->lost++;
}

static const struct entry_handler_ops handler_ops = { count_entry };

void
store_rig_init(struct store_rig *rig)
{
	*rig = (struct store_rig){ .memory = memory_disk_create(),
		.options = { .dir = "memory",
		    .sync = STORE_SYNC_ALWAYS,
		    .sync_interval_ms = 1000,
		    .segment_bytes = 1u << 16,
		    .queue_bytes = 1u << 20,
		    .min_free_bytes = 1u << 20,
		    .probe_ms = 5000,
		    .compact_after_bytes = 64u << 20 },
		.limits = { .messages = 100 },
		.ids.ops = &ids_ops,
		.handler.ops = &handler_ops };
	memory_disk_set_wall(rig->memory, STORE_RIG_NOW);
}

void
store_rig_close(struct store_rig *rig)
{
	file_store_close(rig->store);
	rig->store = NULL;
}

void
store_rig_fini(struct store_rig *rig)
{
	store_rig_close(rig);
	ck_assert_uint_eq(memory_disk_open_files(rig->memory), 0);
	memory_disk_destroy(rig->memory);
}

static struct file_store_config
rig_config(struct store_rig *rig)
{
	return (struct file_store_config){
		.disk = memory_disk_disk(rig->memory),
		.options = &rig->options,
		.limits = rig->limits_in_use != NULL ? rig->limits_in_use
						     : &rig->limits,
		.ids = &rig->ids,
		.observer = rig->observer,
		.ahead = rig->ahead,
		.no_threads = true,
	};
}

void
store_rig_read_ahead(struct store_rig *rig)
{
	struct file_store_config config = rig_config(rig);

	file_store_read_ahead(&config, &rig->ahead);
}

enum file_store_end
store_rig_try(struct store_rig *rig)
{
	struct file_store_config config = rig_config(rig);
	enum file_store_end end = file_store_open(&config, &rig->store);

	rig->ahead = NULL;
	malloc_fail_at(0);
	ck_assert_int_eq(end == FILE_STORE_OPEN, rig->store != NULL);
	if (rig->store == NULL)
		return end;
	rig->rooms = file_store_rooms(rig->store);
	rig->history = file_store_history(rig->store);
	rig->attributes = file_store_attributes(rig->store);
	rig->log = file_store_log(rig->store);
	rig->log->handler = &rig->handler;
	return end;
}

void
store_rig_open(struct store_rig *rig)
{
	ck_assert_int_eq(store_rig_try(rig), FILE_STORE_OPEN);
}

void
store_rig_crash(struct store_rig *rig, enum crash_shape shape)
{
	struct memory_disk *left = memory_disk_crash(rig->memory, shape, 1);

	store_rig_close(rig);
	memory_disk_destroy(rig->memory);
	rig->memory = left;
	store_rig_open(rig);
}

void
store_rig_fail_syncs(struct store_rig *rig)
{
	memory_disk_fail(rig->memory,
	    (struct disk_fault){ .call = DISK_CALL_FDATASYNC,
		.nth = 1,
		.error = EIO,
		.forever = true });
}

void
store_rig_settle(struct store_rig *rig)
{
	while (journal_step(file_store_journal(rig->store)))
		continue;
	file_store_poll(rig->store);
}

enum chat_error
store_rig_put(struct store_rig *rig, const char *id, bool persistent)
{
	struct room room = { .persistent = persistent };
	struct entry entry = { .kind = ENTRY_ROOM_CREATED,
		.room_id = str_from(id),
		.room = &room };

	snprintf(room.id, sizeof(room.id), "%s", id);
	snprintf(room.name, sizeof(room.name), "%s", id);
	id_source_next(&rig->ids, ID_HEX16, room.epoch);
	return commit_log_append(rig->log, &entry, NULL);
}

enum chat_error
store_rig_remove(struct store_rig *rig, const char *id)
{
	struct entry entry = { .kind = ENTRY_ROOM_REMOVED,
		.room_id = str_from(id) };

	return commit_log_append(rig->log, &entry, NULL);
}

uint64_t
store_rig_append_keyed(struct store_rig *rig, const char *room,
    const char *body, const char *key)
{
	struct entry entry = { .kind = ENTRY_MESSAGE,
		.room_id = str_from(room),
		.message = {
		    .at_ms = STORE_RIG_NOW,
		    .author = STR("Alice"),
		    .author_id = STR("a1"),
		    .body = str_from(body),
		} };

	if (key != NULL)
		entry.message.key = str_from(key);
	if (commit_log_append(rig->log, &entry, NULL) != CHAT_OK)
		return 0;
	return entry.message.seq;
}

uint64_t
store_rig_append(struct store_rig *rig, const char *room, const char *body)
{
	return store_rig_append_keyed(rig, room, body, NULL);
}

enum chat_error
store_rig_set(struct store_rig *rig, const char *room,
    const struct attribute *attribute)
{
	struct entry entry = { .kind = ENTRY_ATTRIBUTE,
		.room_id = str_from(room),
		.attribute = *attribute };

	return commit_log_append(rig->log, &entry, NULL);
}

/* --- showing -------------------------------------------------------------- */

static char shown[1 << 16];

__attribute__((format(printf, 1, 2))) static void
show(const char *format, ...)
{
	size_t len = strlen(shown);
	va_list args;

	va_start(args, format);
	vsnprintf(shown + len, sizeof(shown) - len, format, args);
	va_end(args);
}

static bool
rig_show_message(const struct message *message, void *arg)
{
	(void)arg;
	show(" %d=%.*s", (int)message->seq, (int)message->body.len,
	    message->body.data);
	return true;
}

static bool
rig_show_attribute(const struct attribute *attribute, void *arg)
{
	(void)arg;
	show(" %s", attribute_kind_word(attribute->kind));
	if (attribute->seq > 0)
		show("@%d", (int)attribute->seq);
	if (attribute->label.len > 0)
		show(":%.*s", (int)attribute->label.len, attribute->label.data);
	if (attribute->subject.len > 0)
		show("/%.*s", (int)attribute->subject.len,
		    attribute->subject.data);
	show("=%.*s", (int)attribute->value.len, attribute->value.data);
	return true;
}

static void
rig_show_attributes(const struct store_rig *rig, struct str room)
{
	for (unsigned kind = 0; kind < ATTRIBUTE_KINDS; kind++)
		if (attribute_kind_exists(kind))
			attribute_store_each(rig->attributes, room,
			    (enum attribute_kind)kind, rig_show_attribute,
			    NULL);
}

static bool
rig_show_room(const struct room *room, void *arg)
{
	struct store_rig *rig = arg;

	show("%s%s %s%s:", shown[0] != '\0' ? "; " : "", room->id, room->epoch,
	    room->persistent ? "" : " ordinary");
	history_each(rig->history, str_from(room->id), 1,
	    memory_disk_disk(rig->memory)
		->ops->wall_ms(memory_disk_disk(rig->memory)),
	    rig_show_message, NULL);
	rig_show_attributes(rig, str_from(room->id));
	return true;
}

const char *
store_rig_show(struct store_rig *rig)
{
	shown[0] = '\0';
	room_store_each(rig->rooms, rig_show_room, rig);
	return shown;
}
