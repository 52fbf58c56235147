/* What the transport asks the program: figures, and the state of the disk. */

#include <stdlib.h>
#include <string.h>

#include "auth/authenticator.h"
#include "cmd/parleyd/app_internal.h"
#include "cmd/parleyd/file_service.h"
#include "cmd/parleyd/node.h"
#include "cmd/parleyd/platform.h"
#include "cmd/parleyd/service_notify.h"
#include "commands/commands.h"
#include "domain/log.h"
#include "domain/private_talk.h"
#include "domain/server_stats.h"
#include "persistence/file/file_store.h"
#include "persistence/stores.h"
#include "transport/fanout/hub.h"
#include "transport/hooks/hook_questions.h"
#include "transport/hooks/hooks.h"
#include "transport/session.h"
#include "wire/dialect.h"

/* --- figures ------------------------------------------------------------ */

/* Bytes of entries and commands that wait for the disk. */
static size_t
waiting_bytes(const struct app *app)
{
	return commit_log_bytes(app->chat.log) +
	       dispatcher_queued_bytes(app->dispatcher);
}

static size_t
stores_bytes_held(void *arg)
{
	struct app *app = arg;

	return history_bytes(app->stores.history) +
	       attribute_store_bytes(app->stores.attributes) +
	       room_store_bytes(app->stores.rooms) +
	       file_service_bytes(&app->files) + waiting_bytes(app) +
	       (app->hooks == NULL ? 0 : hooks_bytes(app->hooks)) +
	       (app->questions == NULL ? 0
				       : hook_questions_bytes(app->questions));
}

static bool
member_name_get(struct str id, char out[MEMBER_NAME_SIZE], void *arg)
{
	struct app *app = arg;
	struct member member;

	if (member_store_get(app->chat.members, id, &member) != CHAT_OK)
		return false;
	memcpy(out, member.name, sizeof(member.name));
	return true;
}

static bool
monitored_room_get(struct str id, struct room *out, void *arg)
{
	struct app *app = arg;

	return !talk_id_is_valid(id) &&
	       room_store_get(app->chat.rooms, id, out) == CHAT_OK;
}

/* Private talks of two users are not shown. */
struct room_visitor {
	room_visit *visit;
	void *arg;
};

static bool
monitored_room_visit(const struct room *room, void *arg)
{
	const struct room_visitor *visitor = arg;

	return talk_id_is_valid(str_from(room->id)) ||
	       visitor->visit(room, visitor->arg);
}

static void
monitored_rooms_visit(struct str name, room_visit *visit, void *visitor_arg,
    void *arg)
{
	struct app *app = arg;
	struct room_visitor visitor = { visit, visitor_arg };
	struct member member;

	if (name.data == NULL)
		room_store_each(app->chat.rooms, monitored_room_visit,
		    &visitor);
	else if (member_store_get_named(app->chat.members, name, &member) ==
		 CHAT_OK)
		room_store_each_room_of(app->chat.rooms, str_from(member.id),
		    monitored_room_visit, &visitor);
}

struct name_visitor {
	struct app *app;
	void (*visit)(struct str name, void *);
	void *arg;
};

static bool
monitored_member_visit(struct str id, void *arg)
{
	const struct name_visitor *visitor = arg;
	struct member member;

	if (member_store_get(visitor->app->chat.members, id, &member) ==
	    CHAT_OK)
		visitor->visit(str_from(member.name), visitor->arg);
	return true;
}

static void
monitored_members_visit(struct str room, void (*visit)(struct str name, void *),
    void *visitor_arg, void *arg)
{
	struct app *app = arg;
	struct name_visitor visitor = { app, visit, visitor_arg };

	room_store_each_member(app->chat.rooms, room, monitored_member_visit,
	    &visitor);
}

static void
collect_chat_stats(struct chat_stats *out, void *arg)
{
	struct app *app = arg;

	chat_stats_collect(&app->chat, out);
}

static bool
add_room(const struct room *room, void *arg)
{
	/* The users of a talk are private. */
	if (!talk_id_is_valid(str_from(room->id)))
		server_stats_add_room(arg, room);
	return true;
}

static void
collect_server_stats(struct server_stats *out, void *arg)
{
	struct app *app = arg;

	out->server = app->chat.profile.server;
	resource_usage(&out->process);
	if (app->stores.files != NULL)
		file_store_stats(app->stores.files, &out->store);
	out->files = *dispatcher_file_totals(app->dispatcher);
	if (app->files.blobs != NULL) {
		struct blob_usage usage =
		    blob_store_usage(app->files.blobs, STR_ABSENT);

		out->file_count = usage.count;
		out->file_bytes = usage.bytes;
	}
	hub_stats(app->hub, out);
	if (app->node != NULL)
		node_stats(app->node, &out->broker);
	if (app->hooks != NULL)
		hooks_stats(app->hooks, &out->hooks);
	if (app->questions != NULL)
		hook_questions_stats(app->questions, &out->hooks);
	room_store_each(app->stores.rooms, add_room, out);
	server_stats_add_limit(out, "limits.rooms", out->rooms,
	    app->chat.limits.rooms);
	server_stats_add_limit(out, "files.quota", out->file_bytes,
	    app->chat.limits.files.quota);
}

/* --- events ------------------------------------------------------------- */

static bool
on_store_event(void *arg)
{
	struct app *app = arg;

	if (file_store_poll(app->stores.files))
		return true;
	log_error("the disk failed: exiting, because of store.on_io_error");
	app->status = EXIT_FAILURE;
	return false;
}

static void
on_files_event(void *arg)
{
	struct app *app = arg;

	blob_store_poll(app->files.blobs);
}

static const char *
store_error(void *arg)
{
	struct app *app = arg;

	return journal_error(file_store_journal(app->stores.files));
}

/* Clients are not read when the queues are nearly full. */
static bool
files_are_behind(void *arg)
{
	const struct app *app = arg;

	return blob_store_is_behind(app->files.blobs);
}

static bool
is_under_pressure(void *arg)
{
	struct app *app = arg;

	return file_store_is_under_pressure(app->stores.files) ||
	       dispatcher_is_under_pressure(app->dispatcher);
}

static bool
has_pending(void *arg)
{
	struct app *app = arg;

	return waiting_bytes(app) > 0;
}

static const char *
configuration_warning(void *arg)
{
	const struct app *app = arg;

	return app->is_exposed && app->options.auth.kind == AUTH_OPEN
		   ? "auth.kind is open, and other machines can connect"
		   : NULL;
}

static void
on_tick(size_t websockets, void *arg)
{
	struct app *app = arg;

	service_notify_tick(&app->notify, websockets,
	    room_store_count(app->stores.rooms));
	if (app->node != NULL)
		node_tick(app->node);
}

static void
on_draining(void *arg)
{
	struct app *app = arg;

	service_notify_stopping(&app->notify, app->limits.drain_timeout_ms);
}

static const char *
broker_error(void *arg)
{
	struct app *app = arg;

	return node_error(app->node, app->options.broker.down);
}

static void
nodes_visit(node_visit *visit, void *visitor, void *arg)
{
	struct app *app = arg;

	node_each(app->node, visit, visitor);
}

void
app_make_host(struct app *app)
{
	struct host_ops *ops = &app->host_ops;

	app->host.ops = ops;
	app->host.arg = app;
	ops->bytes_held = stores_bytes_held;
	ops->chat_stats = collect_chat_stats;
	if (app->options.http_stats) {
		ops->member_name = member_name_get;
		ops->room = monitored_room_get;
		ops->each_room = monitored_rooms_visit;
		ops->each_room_member = monitored_members_visit;
	}
	ops->server_stats =
	    app->options.http_stats ? collect_server_stats : NULL;
	ops->reload = app_reload;
	ops->upgrade = app_upgrade;
	ops->turn_end = app_upgrade_go_on;
	ops->tick = on_tick;
	ops->draining = on_draining;
	ops->warning = configuration_warning;
	if (app->node != NULL) {
		ops->store_error = broker_error;
		ops->each_node = nodes_visit;
		ops->has_pending = has_pending;
	}
	if (app->files.blobs != NULL && app->files.blobs->fd >= 0) {
		app->host.files_fd = app->files.blobs->fd;
		ops->on_files_event = on_files_event;
		ops->files_are_behind = files_are_behind;
	}
	if (app->stores.files == NULL)
		return;
	app->host.store_fd = journal_fd(file_store_journal(app->stores.files));
	ops->on_store_event = on_store_event;
	ops->store_error = store_error;
	ops->under_pressure = is_under_pressure;
	ops->has_pending = has_pending;
}
