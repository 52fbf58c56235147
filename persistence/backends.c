#include "persistence/backends.h"

#include <assert.h>

#include "domain/log.h"
#include "persistence/memory_history.h"
#include "persistence/memory_members.h"
#include "persistence/memory_rooms.h"

/* A store that cannot be opened is left NULL. */
struct backend {
	const char *kind;
	void (*open)(struct stores *, const struct history_limits *);
};

static void
open_memory(struct stores *stores, const struct history_limits *limits)
{
	stores->members = memory_members_create();
	stores->rooms = memory_rooms_create();
	stores->history = memory_history_create(limits);
}

static const struct backend backends[] = {
	{ "memory", open_memory },
};

static const struct backend *
find_backend(const char *kind)
{
	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
		if (strcmp(backends[i].kind, kind) == 0)
			return &backends[i];
	return NULL;
}

bool
stores_kind_exists(const char *kind)
{
	return find_backend(kind) != NULL;
}

bool
stores_open(struct stores *stores, const char *kind,
    const struct history_limits *limits)
{
	const struct backend *backend = find_backend(kind);

	assert(backend != NULL && limits != NULL);
	*stores = (struct stores){ 0 };
	backend->open(stores, limits);
	if (stores->members != NULL && stores->rooms != NULL &&
	    stores->history != NULL)
		return true;
	log_error("store %s: cannot be opened", kind);
	stores_close(stores);
	return false;
}

void
stores_close(struct stores *stores)
{
	history_destroy(stores->history);
	room_store_destroy(stores->rooms);
	member_store_destroy(stores->members);
	*stores = (struct stores){ 0 };
}
