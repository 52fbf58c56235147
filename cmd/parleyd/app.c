#include "cmd/parleyd/app.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sysexits.h>

#include "cmd/parleyd/platform.h"
#include "cmd/parleyd/web.h"
#include "commands/commands.h"
#include "domain/id_map.h"
#include "domain/log.h"
#include "domain/report.h"
#include "persistence/backends.h"
#include "transport/hub.h"
#include "transport/server.h"
#include "transport/session.h"
#include "wire/dialect.h"

struct app {
	const struct options_sources *sources;
	struct options options;         /* as they were given */
	struct transport_limits limits; /* as they fit this process */
	struct stores stores;
	struct hub *hub;
	struct chat chat;
	struct dispatcher *dispatcher;
	struct sessions *sessions;
	struct server *server;
};

/* --- settings ------------------------------------------------------------- */

static uint64_t
random_seed(void)
{
	uint64_t seed = 0;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = (uint64_t)clock_wall_ms(system_clock());
	return seed;
}

/* What each kind of store is called, and what it promises. */
static const struct {
	const char *name;
	struct str durability;
} store_kinds[] = {
	[STORE_MEMORY] = { "memory", { "none", 4 } },
};

/* What members are told when they arrive. */
static struct profile
make_profile(const struct options *options)
{
	return (struct profile){
		.server = STR("parley/" PARLEY_VERSION),
		.durability = store_kinds[options->store_kind].durability,
		.ping_ms = options->transport.ping_interval_ms,
		.message_bytes = options->chat.message_bytes,
		.rooms_per_member = options->chat.rooms_per_member,
	};
}

/* Descriptors are what connections are made of. */
static void
fit_to_descriptors(struct transport_limits *limits)
{
	size_t descriptors = descriptors_raise();
	size_t wanted = limits->connections;
	size_t within = connections_within(wanted, descriptors);

	if (within != wanted)
		log_warn("limits.connections is %zu, not %zu: "
			 "%zu files may be open",
		    within, wanted, descriptors);
	limits->connections = within;
}

static void
use_options(struct app *app, const struct options *options)
{
	log_set_sink(stderr_log, options->log_level);
	app->options = *options;
	app->limits = options->transport;
	fit_to_descriptors(&app->limits);
	app->chat.limits = options->chat;
	app->chat.profile = make_profile(options);
}

static void
log_change(const char *name, const char *was, const char *is,
    bool needs_restart, void *arg)
{
	(void)arg;
	if (needs_restart)
		log_warn("%s stays %s: %s needs a restart", name, was, is);
	else
		log_info("%s is %s, was %s", name, is, was);
}

/* Everything is checked before anything is changed. */
static void
reload(void *arg)
{
	struct app *app = arg;
	struct options fresh;
	struct options_error error;

	if (!options_load(&fresh, app->sources, &error)) {
		log_error("not reloaded: %s", error.text);
		return;
	}
	options_each_change(&app->options, &fresh, log_change, NULL);
	fresh.listeners = app->options.listeners;
	fresh.seed_ports = app->options.seed_ports;
	fresh.http_pages = app->options.http_pages;
	fresh.http_stats = app->options.http_stats;
	fresh.store_kind = app->options.store_kind;
	use_options(app, &fresh);
	server_limits_changed(app->server);
	log_info("reloaded");
}

/* --- what is asked of the whole ------------------------------------------- */

static size_t
held_by_stores(void *arg)
{
	struct app *app = arg;

	return history_bytes(app->stores.history);
}

static void
tell_figures(struct figures *out, void *arg)
{
	struct app *app = arg;

	chat_figures(&app->chat, out);
}

static bool
add_room(const struct room *room, void *arg)
{
	report_add_room(arg, room);
	return true;
}

static void
tell_report(struct report *out, void *arg)
{
	struct app *app = arg;

	out->server = app->chat.profile.server;
	out->resident = resident_bytes();
	out->cpu_ms = processor_ms();
	hub_tell_report(app->hub, out);
	room_store_each(app->stores.rooms, add_room, out);
}

/* --- together ------------------------------------------------------------- */

static bool
make_chat(struct app *app)
{
	const char *kind = store_kinds[app->options.store_kind].name;

	if (!stores_open(&app->stores, kind, &app->options.history))
		return false;
	app->hub = hub_create();
	if (app->hub == NULL)
		return false;
	app->chat.members = app->stores.members;
	app->chat.rooms = app->stores.rooms;
	app->chat.history = app->stores.history;
	app->chat.publisher = hub_publisher(app->hub);
	app->chat.clock = system_clock();
	app->chat.ids = random_ids();
	app->dispatcher = dispatcher_create(&app->chat);
	return app->dispatcher != NULL;
}

static bool
make_server(struct app *app)
{
	struct sessions_config sessions = {
		.hub = app->hub,
		.handler = dispatcher_handler(app->dispatcher),
		.limits = &app->limits,
	};
	struct server_config server = {
		.listen = app->options.listeners.at,
		.listen_count = app->options.listeners.count,
		.limits = &app->limits,
		.clock = system_clock(),
		.has_routes = true,
		.assets = app->options.http_pages ? &web_assets : NULL,
		.report = app->options.http_stats ? tell_report : NULL,
		.seed = random_seed(),
		.held = held_by_stores,
		.figures = tell_figures,
		.reload = reload,
		.arg = app,
	};

	app->sessions = sessions_create(&sessions);
	if (app->sessions == NULL)
		return false;
	server.endpoint = sessions_endpoint(app->sessions);
	app->server = server_create(&server);
	return app->server != NULL;
}

static void
app_fini(struct app *app)
{
	server_destroy(app->server);
	sessions_destroy(app->sessions);
	dispatcher_destroy(app->dispatcher);
	hub_destroy(app->hub);
	stores_close(&app->stores);
}

int
app_run(const struct options *options, const struct options_sources *sources)
{
	struct app app = { .sources = sources };
	int status = EX_OSERR;

	id_map_seed(random_seed());
	dialects_seed(random_seed());
	use_options(&app, options);
	if (make_chat(&app) && make_server(&app)) {
		server_run(app.server);
		status = EXIT_SUCCESS;
	} else
		log_error("cannot start");
	app_fini(&app);
	return status;
}
