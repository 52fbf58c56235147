#include "persistence/stores.h"

#include <assert.h>
#include <unistd.h>

#include "domain/base/count_of.h"
#include "domain/history_transfer.h"
#include "domain/log.h"
#include "persistence/disk/disk.h"
#include "persistence/file/file_store.h"
#include "persistence/memory/memory_attributes.h"
#include "persistence/memory/memory_history.h"
#include "persistence/memory/memory_log.h"
#include "persistence/memory/memory_members.h"
#include "persistence/memory/memory_rooms.h"

/* Stores that cannot be opened for want of memory stay NULL. */
struct backend {
	const char *kind;
	enum stores_end (*open)(struct stores *, const struct stores_config *);
	/* NULL: nothing can be read before. */
	void (*read_ahead)(struct stores_ahead *, const struct stores_config *);
};

static const struct chat_snapshot_messages numbered_in_memory = {
	.put = memory_history_put,
	.each_key = memory_history_each_key,
	.put_key = memory_history_put_key,
	.shrink = memory_history_shrink,
	.set_span = memory_history_set_span,
};

static bool
piece_receive(struct history *history, struct attribute_store *attributes,
    struct str piece)
{
	struct chat_snapshot chat = { .history = history,
		.attributes = attributes,
		.messages = &numbered_in_memory };
	struct unpacker from = { .rest = piece };

	if (history_transfer_unpack(&chat, &from))
		return true;
	log_error("messages of the old process cannot be read");
	return false;
}

/* With what another process has sent. Stores stay NULL on failure. */
static void
history_open_received(struct stores *stores, const struct stores_config *config)
{
	struct stores_ahead *ahead = config->ahead;

	if (!stores_receive(ahead, ahead->messages))
		return;
	stores->history = ahead->history;
	stores->attributes = ahead->attributes;
	memory_history_set_limits(stores->history, config->limits);
	*ahead = (struct stores_ahead){ 0 };
}

static bool
memory_history_open(struct history **history,
    struct attribute_store **attributes, const struct history_limits *limits)
{
	*history = memory_history_create(limits);
	*attributes = memory_attributes_create();
	if (*history == NULL || *attributes == NULL)
		return false;
	memory_attributes_follow(*attributes, *history);
	return true;
}

static enum stores_end
memory_open(struct stores *stores, const struct stores_config *config)
{
	stores->members = memory_members_create();
	stores->rooms = memory_rooms_create();
	if (config->ahead != NULL && config->ahead->messages.data != NULL)
		history_open_received(stores, config);
	else
		(void)memory_history_open(&stores->history, &stores->attributes,
		    config->limits);
	if (stores->rooms == NULL || stores->history == NULL ||
	    stores->attributes == NULL)
		return STORES_OPEN;
	if (config->clock != NULL)
		memory_history_check_clock(stores->history, config->clock,
		    &config->options->clock_trust_ms);
	stores->numbered = &numbered_in_memory;
	stores->log = memory_log_create(stores->rooms, stores->history,
	    stores->attributes);
	if (stores->log != NULL)
		stores->log->observer = config->observer;
	return STORES_OPEN;
}

static struct file_store_config
files_config(const struct stores_config *config, struct disk *disk)
{
	return (struct file_store_config){ .disk = disk,
		.options = config->options,
		.limits = config->limits,
		.ids = config->ids,
		.observer = config->observer };
}

static void
files_read_ahead(struct stores_ahead *ahead, const struct stores_config *config)
{
	struct file_store_config files;

	if (access(config->options->dir, F_OK) != 0)
		return;
	if (ahead->disk == NULL)
		ahead->disk = system_disk_open(config->options->dir);
	if (ahead->disk == NULL)
		return;
	files = files_config(config, ahead->disk);
	file_store_read_ahead(&files, &ahead->files);
}

/* Members are not persisted. */
static enum stores_end
files_open(struct stores *stores, const struct stores_config *config)
{
	static const enum stores_end ends[] = {
		[FILE_STORE_OPEN] = STORES_OPEN,
		[FILE_STORE_IN_USE] = STORES_IN_USE,
		[FILE_STORE_REFUSED] = STORES_REFUSED,
		[FILE_STORE_FAILED] = STORES_FAILED,
	};
	struct stores_ahead *ahead = config->ahead;
	struct str messages = ahead != NULL ? ahead->messages : STR_ABSENT;
	struct file_store_config files;
	enum file_store_end end;

	if (ahead != NULL && ahead->disk != NULL)
		stores->disk = ahead->disk;
	else
		stores->disk = system_disk_open(config->options->dir);
	if (stores->disk == NULL)
		return STORES_FAILED;
	files = files_config(config, stores->disk);
	if (ahead != NULL) {
		files.ahead = ahead->files;
		*ahead = (struct stores_ahead){ 0 };
	}
	if (!system_disk_make_private(stores->disk)) {
		file_store_close(files.ahead);
		return STORES_FAILED;
	}
	end = file_store_open(&files, &stores->files);
	if (end != FILE_STORE_OPEN)
		return ends[end];
	stores->members = memory_members_create();
	stores->rooms = file_store_rooms(stores->files);
	stores->history = file_store_history(stores->files);
	stores->attributes = file_store_attributes(stores->files);
	stores->log = file_store_log(stores->files);
	stores->numbered = &numbered_in_memory;
	if (messages.data != NULL &&
	    !piece_receive(stores->history, stores->attributes, messages))
		return STORES_FAILED;
	return STORES_OPEN;
}

static const struct backend backends[] = {
	{ "memory", memory_open, NULL },
	{ "file", files_open, files_read_ahead },
};

static const struct backend *
backend_find(const char *kind)
{
	for (size_t i = 0; i < COUNT_OF(backends); i++)
		if (strcmp(backends[i].kind, kind) == 0)
			return &backends[i];
	return NULL;
}

bool
stores_kind_exists(const char *kind)
{
	return backend_find(kind) != NULL;
}

enum stores_end
stores_open(struct stores *stores, const struct stores_config *config)
{
	const struct backend *backend = backend_find(config->kind);
	enum stores_end end;

	assert(backend != NULL && config->limits != NULL);
	*stores = (struct stores){ 0 };
	end = backend->open(stores, config);
	if (end == STORES_OPEN &&
	    (stores->members == NULL || stores->rooms == NULL ||
		stores->history == NULL || stores->attributes == NULL ||
		stores->log == NULL)) {
		log_error("store %s: no memory", config->kind);
		end = STORES_FAILED;
	}
	if (end != STORES_OPEN)
		stores_close(stores);
	return end;
}

void
stores_read_ahead(struct stores_ahead *ahead,
    const struct stores_config *config)
{
	const struct backend *backend = backend_find(config->kind);

	assert(backend != NULL && config->limits != NULL);
	if (backend->read_ahead != NULL)
		backend->read_ahead(ahead, config);
}

/* Limits apply to what is there in the end. */
bool
stores_receive(struct stores_ahead *ahead, struct str piece)
{
	static const struct history_limits unlimited = { 0 };

	if (ahead->history == NULL && !memory_history_open(&ahead->history,
					  &ahead->attributes, &unlimited)) {
		log_error("no memory for messages of the old process");
		return false;
	}
	return piece_receive(ahead->history, ahead->attributes, piece);
}

void
stores_ahead_fini(struct stores_ahead *ahead)
{
	history_destroy(ahead->history);
	attribute_store_destroy(ahead->attributes);
	if (file_store_close(ahead->files))
		disk_destroy(ahead->disk);
	*ahead = (struct stores_ahead){ 0 };
}

bool
stores_hold(struct stores *stores, bool is_held)
{
	return stores->files == NULL || file_store_hold(stores->files, is_held);
}

bool
stores_release(struct stores *stores)
{
	return stores->files == NULL || file_store_release(stores->files);
}

void
stores_close(struct stores *stores)
{
	commit_log_destroy(stores->log);
	if (stores->files == NULL) {
		history_destroy(stores->history);
		attribute_store_destroy(stores->attributes);
		room_store_destroy(stores->rooms);
	}
	member_store_destroy(stores->members);
	if (file_store_close(stores->files))
		disk_destroy(stores->disk);
	*stores = (struct stores){ 0 };
}
