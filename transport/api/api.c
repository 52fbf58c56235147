#include "transport/api/api.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "transport/api/api_internal.h"
#include "transport/fanout/hub.h"
#include "wire/common/scratch.h"

/* --- the publisher -------------------------------------------------------- */

static struct api *
api_of(struct publisher *publisher)
{
	return (struct api *)publisher;
}

static enum chat_error
api_attach(struct publisher *publisher, void *peer, struct str member_id,
    uint32_t connection)
{
	return publisher_attach(api_of(publisher)->publisher, peer, member_id,
	    connection);
}

static enum chat_error
api_enter(struct publisher *publisher, struct str member_id,
    uint32_t connection, struct str room)
{
	return publisher_enter(api_of(publisher)->publisher, member_id,
	    connection, room);
}

/* The room may be removed with its last member. */
static void
api_leave(struct publisher *publisher, struct str member_id, struct str room)
{
	publisher_leave(api_of(publisher)->publisher, member_id, room);
	if (room.data != NULL)
		api_watch_wake(api_of(publisher), room);
}

static void
api_detach(struct publisher *publisher, struct str member_id,
    uint32_t connection)
{
	publisher_detach(api_of(publisher)->publisher, member_id, connection);
}

/* A call whose client has gone gets nothing. */
static size_t
api_publish(struct publisher *publisher, const struct event *event,
    const struct audience *audience)
{
	struct api *api = api_of(publisher);
	struct api_call *call;
	size_t count;

	if (audience->kind == AUDIENCE_ONE && audience->member_id.len > 0 &&
	    audience->member_id.data[0] == '~') {
		call = id_map_find(&api->calls, audience->member_id);
		if (call != NULL)
			api_call_receive(call, event);
		return call != NULL;
	}
	count = api->publisher->ops->publish(api->publisher, event, audience);
	if (api->trace != NULL)
		api_trace_published(api, event, audience, count);
	if (id_map_count(&api->watched) > 0 &&
	    audience->kind == AUDIENCE_ROOM) {
		api_live_publish(api, event, audience->room);
		if (event->kind == EVENT_MESSAGE)
			api_watch_wake(api, audience->room);
	}
	return count;
}

static bool
api_is_congested(struct publisher *publisher, struct str member_id)
{
	return publisher_is_congested(api_of(publisher)->publisher, member_id);
}

static unsigned
api_rights(struct publisher *publisher, struct str member_id)
{
	return publisher_rights(api_of(publisher)->publisher, member_id);
}

static void
api_end(struct publisher *publisher, struct str member_id, uint32_t connection,
    enum chat_error reason)
{
	publisher_end(api_of(publisher)->publisher, member_id, connection,
	    reason);
}

static void
api_delay(struct publisher *publisher, struct str member_id,
    uint32_t connection, int64_t ms)
{
	publisher_delay(api_of(publisher)->publisher, member_id, connection,
	    ms);
}

static const struct publisher_ops api_publisher_ops = {
	.attach = api_attach,
	.enter = api_enter,
	.leave = api_leave,
	.detach = api_detach,
	.publish = api_publish,
	.is_congested = api_is_congested,
	.rights = api_rights,
	.end = api_end,
	.delay = api_delay,
};

struct publisher *
api_publisher(struct api *api)
{
	return &api->base;
}

/* --- life cycle ----------------------------------------------------------- */

static struct str
api_call_key(const void *entry)
{
	return str_from(((const struct api_call *)entry)->id);
}

static struct str
api_room_key(const void *entry)
{
	return str_from(((const struct api_room *)entry)->id);
}

struct api *
api_create(const struct api_config *config)
{
	struct api *api = calloc(1, sizeof(*api));

	if (api == NULL)
		return NULL;
	api->base.ops = &api_publisher_ops;
	api->config = *config;
	api->publisher = hub_publisher(config->hub);
	id_map_init(&api->calls, api_call_key);
	id_map_init(&api->watched, api_room_key);
	list_init(&api->watchers);
	list_init(&api->kept);
	api->scratch = calloc(1, sizeof(*api->scratch));
	if (api->scratch != NULL)
		return api;
	free(api);
	return NULL;
}

void
api_destroy(struct api *api)
{
	if (api == NULL)
		return;
	assert(id_map_count(&api->calls) == 0);
	api_rooms_forget(api);
	assert(id_map_count(&api->watched) == 0);
	id_map_fini(&api->calls);
	id_map_fini(&api->watched);
	free(api->scratch);
	free(api);
}

void
api_configure(struct api *api, const struct api_settings *settings)
{
	assert(settings->key.len <= sizeof(api->key));
	assert(settings->name.len <= sizeof(api->name));
	api->key_len = settings->key.len;
	if (api->key_len > 0)
		memcpy(api->key, settings->key.data, api->key_len);
	api->name_len = settings->name.len;
	memcpy(api->name, settings->name.data, api->name_len);
	api->has_listener = settings->has_listener;
	api->has_files = settings->has_files;
	assert(settings->files_base.len < sizeof(api->files_base));
	*str_put(api->files_base, settings->files_base) = '\0';
}

void
api_bind(struct api *api, struct command_handler *handler)
{
	api->handler = handler;
}

void
api_tick(struct api *api, int64_t now_ms)
{
	api_watch_tick(api, now_ms);
}
