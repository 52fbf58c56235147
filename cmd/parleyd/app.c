#include "cmd/parleyd/app.h"

#include <stdlib.h>
#include <sys/random.h>
#include <sysexits.h>

#include "auth/authenticator.h"
#include "cmd/parleyd/app_internal.h"
#include "cmd/parleyd/file_service.h"
#include "cmd/parleyd/hooks_open.h"
#include "cmd/parleyd/key_file.h"
#include "cmd/parleyd/listen_file.h"
#include "cmd/parleyd/node.h"
#include "cmd/parleyd/passed_sockets.h"
#include "cmd/parleyd/platform.h"
#include "cmd/parleyd/service_notify.h"
#include "cmd/parleyd/web.h"
#include "cmd/parleyd/word_file.h"
#include "commands/commands.h"
#include "domain/base/id_map.h"
#include "domain/log.h"
#include "domain/text/names.h"
#include "persistence/file/file_store.h"
#include "persistence/stores.h"
#include "transport/api/api.h"
#include "transport/fanout/hub.h"
#include "transport/hooks/hook_questions.h"
#include "transport/hooks/hooks.h"
#include "transport/net/thread_pool.h"
#include "transport/routes.h"
#include "transport/server.h"
#include "transport/session.h"
#include "transport/tls/tls_context.h"
#include "wire/common/file_part.h"
#include "wire/dialect.h"

static uint64_t
random_seed(void)
{
	uint64_t seed = 0;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = (uint64_t)clock_wall_ms(system_clock());
	return seed;
}

/* --- start ---------------------------------------------------------------- */

struct stores_config
app_stores_config(struct app *app)
{
	return (struct stores_config){
		.kind = options_word(&app->options, "store.kind"),
		.limits = &app->options.history,
		.options = &app->options.store,
		.clock = system_clock(),
		.ids = random_ids(),
		.observer =
		    app->hooks == NULL ? NULL : hooks_entries(app->hooks),
		.ahead = &app->stores_ahead,
	};
}

static bool
open_stores(struct app *app)
{
	static const int statuses[] = {
		[STORES_OPEN] = EXIT_SUCCESS,
		[STORES_IN_USE] = EX_UNAVAILABLE,
		[STORES_REFUSED] = EX_CONFIG,
		[STORES_FAILED] = EX_OSERR,
	};
	struct stores_config config = app_stores_config(app);
	enum stores_end end = stores_open(&app->stores, &config);

	if (end != STORES_OPEN)
		app->status = statuses[end];
	return end == STORES_OPEN;
}

/* The receiver of hooks has what happened up to there. */
static void
on_acknowledged(void *arg, uint64_t lsn)
{
	struct app *app = arg;

	if (app->stores.files != NULL)
		file_store_acknowledge(app->stores.files, lsn);
}

/* Before the stores: opening them replays what the receiver does not have. */
static bool
make_hooks(struct app *app)
{
	const struct hooks_options *options = &app->options.hooks;

	if (hooks_open(options, on_acknowledged, app, &app->hooks) &&
	    hook_questions_open(options, &app->questions))
		return true;
	app->status = EX_CONFIG;
	return false;
}

/* The chat publishes to the API, and that to the hub. */
static bool
make_publisher(struct app *app)
{
	struct api_config config = {
		.limits = &app->limits,
		.profile = &app->chat.profile,
		.assets = &api_assets,
	};
	char key[API_KEY_MOST + 1];

	if (!app_load_api_key(&app->options, key)) {
		app->status = EX_CONFIG;
		return false;
	}
	app->hub = config.hub = hub_create();
	if (app->hub == NULL)
		return false;
	app->api = api_create(&config);
	if (app->api == NULL)
		return false;
	app_configure_api(app, key);
	app->chat.publisher = api_publisher(app->api);
	return true;
}

static void
on_node_stop(void *arg, int status)
{
	struct app *app = arg;

	app->status = status;
	server_stop(app->server);
}

static void
on_node_share(void *arg, struct str user_id, size_t here, size_t everywhere)
{
	struct app *app = arg;

	server_share_user(app->server, user_id, here, everywhere);
}

static void
on_node_failed_login(void *arg, const uint64_t keys[2])
{
	struct app *app = arg;

	authenticator_note_failed_login(app->auth, keys);
}

/* Without a broker there is none. */
static bool
make_node(struct app *app)
{
	struct node_ops ops = {
		.stop = on_node_stop,
		.share = on_node_share,
		.failed_login = on_node_failed_login,
		.arg = app,
	};

	if (app->options.broker.url[0] == '\0')
		return true;
	app->node = node_create(&app->options, &app->stores, &app->chat,
	    app->files.shared_id, app->hooks, random_seed(), &ops,
	    &app->status);
	return app->node != NULL;
}

static bool
make_files(struct app *app)
{
	if (!file_service_open(&app->files, &app->options, app->packed_files)) {
		log_error("files cannot be opened");
		return false;
	}
	app->chat.limits.files = file_service_use(&app->files, &app->options);
	app->chat.blobs = app->files.blobs;
	app->chat.file_messages = file_parts_messages(app->files.parts);
	return true;
}

/* Whatever can be wrong with the configuration and its files is found here. */
static bool
load_files(struct app *app)
{
	char key[API_KEY_MOST + 1];

	if (app_load_api_key(&app->options, key) &&
	    app_load_tls(&app->options, &app->tls))
		return app_open_words(app) && app_open_auth(app) &&
		       make_hooks(app);
	app->status = EX_CONFIG;
	return false;
}

static bool
make_chat(struct app *app)
{
	if (!open_stores(app) || !make_files(app) || !make_publisher(app))
		return false;
	app->chat.members = app->stores.members;
	app->chat.rooms = app->stores.rooms;
	app->chat.history = app->stores.history;
	app->chat.attributes = app->stores.attributes;
	app->chat.log = app->stores.log;
	app->chat.clock = system_clock();
	app->chat.ids = random_ids();
	if (app->hooks != NULL) {
		hooks_set_rooms(app->hooks, app->stores.rooms);
		app->chat.observer = hooks_presence(app->hooks);
	}
	if (app->questions != NULL)
		app->chat.approval = hook_questions_approval(app->questions);
	if (!make_node(app))
		return false;
	app->dispatcher = dispatcher_create(&app->chat);
	if (app->dispatcher == NULL)
		return false;
	api_bind(app->api, dispatcher_handler(app->dispatcher));
	return true;
}

/* Those of the API have no dialect. Returns how many; 0: it is logged why. */
static size_t
all_listeners(struct app *app, struct server_listen out[PASSED_LISTENERS_MOST])
{
	const struct options *options = &app->options;
	size_t chat, admin = 0;

	chat = passed_sockets_match(&app->sockets, &options->listeners, out);
	if (chat > 0 && options->admin.listeners.count > 0) {
		admin = passed_sockets_match(&app->sockets,
		    &options->admin.listeners, out + chat);
		if (admin == 0)
			return 0;
	}
	for (size_t i = 0; i < admin; i++)
		out[chat + i].dialect = NULL;
	if (app->handover_fd >= 0)
		passed_sockets_close_unused(&app->sockets);
	return chat > 0 && passed_sockets_are_used(&app->sockets) ? chat + admin
								  : 0;
}

static bool
make_server(struct app *app)
{
	struct server_listen listen[PASSED_LISTENERS_MOST];
	struct sessions_config sessions = {
		.hub = app->hub,
		.handler = dispatcher_handler(app->dispatcher),
		.limits = &app->limits,
	};
	struct server_config server = {
		.listen = listen,
		.listen_count = all_listeners(app, listen),
		.api = app->api,
		.hooks = app->hooks,
		.questions = app->questions,
		.limits = &app->limits,
		.clock = system_clock(),
		.routes = server_routes,
		.assets = app->options.http_pages ? &web_assets : NULL,
		.profile = &app->chat.profile,
		.seed = random_seed(),
		.host = &app->host,
		.proxies = &app->proxies,
	};

	if (server.listen_count == 0) {
		app->status = EX_CONFIG;
		return false;
	}
	server.admission = authenticator_admission(app->auth);
	if (app->questions != NULL)
		server.admission->question =
		    hook_questions_connect(app->questions);
	server.tls = app->tls;
	app_make_host(app);
	app->sessions = sessions_create(&sessions);
	if (app->sessions != NULL) {
		server.endpoint = sessions_endpoint(app->sessions);
		app->server = server_create(&server);
	}
	return app->server != NULL;
}

/* What they are for can be done by the loop alone. */
static void
start_workers(struct app *app)
{
	unsigned count =
	    rlimits_fit_threads(app->options.workers, POOL_THREADS_MOST);

	app->workers = thread_pool_create(count);
	if (app->workers != NULL &&
	    !hub_use_threads(app->hub, app->workers, HUB_THREADS_LEAST)) {
		thread_pool_destroy(app->workers);
		app->workers = NULL;
	}
	if (thread_pool_size(app->workers) > 1)
		log_info("workers: %u", thread_pool_size(app->workers));
}

static bool
start_node(struct app *app)
{
	return app->node == NULL ||
	       node_start(app->node, server_event_base(app->server),
		   app->dispatcher);
}

static void
exposure_note(const struct server_listen *at, void *arg)
{
	struct app *app = arg;
	char text[ADDRESS_TEXT_SIZE];

	if (at->dialect == NULL || address_is_local(&at->address))
		return;
	app->is_exposed = true;
	address_format(&at->address, text);
	if (app->options.auth.kind == AUTH_OPEN)
		log_warn("auth.kind is open: every client that reaches %s may "
			 "join rooms and choose any free name",
		    text);
}

static void
page_log(const struct server_listen *at, void *arg)
{
	char host[LISTEN_HOST_SIZE];

	(void)arg;
	if (at->dialect == dialect_find(STR("command")) && !at->proxy &&
	    listen_host(&at->address, host))
		log_info("chat page: http%s://%s/", at->tls ? "s" : "", host);
}

static bool
announce_addresses(struct app *app)
{
	const struct options *options = &app->options;

	if (options->listen_file[0] != '\0' &&
	    !listen_file_write(options->listen_file, app->server))
		return false;
	server_each_address(app->server, exposure_note, app);
	if (listen_has_proxy(&options->listeners) &&
	    address_ranges_are_empty(&app->proxies.ranges))
		log_warn("auth.trusted_proxies is empty: every peer of a "
			 "listener with PROXY headers may name any address");
	if (options->http_pages)
		server_each_address(app->server, page_log, NULL);
	return true;
}

static void
app_fini(struct app *app)
{
	node_stop(app->node);
	server_destroy(app->server);
	sessions_destroy(app->sessions);
	authenticator_destroy(app->auth);
	dispatcher_destroy(app->dispatcher);
	api_destroy(app->api);
	word_file_destroy(app->words);
	hub_destroy(app->hub);
	thread_pool_destroy(app->workers);
	file_service_fini(&app->files);
	node_destroy(app->node);
	stores_close(&app->stores);
	stores_ahead_fini(&app->stores_ahead);
	hooks_destroy(app->hooks);
	hook_questions_destroy(app->questions);
	service_notify_fini(&app->notify);
	tls_context_unref(app->tls);
	handover_message_fini(&app->state);
}

int
app_run(const struct options *options, const struct options_sources *sources)
{
	struct app app = {
		.sources = sources,
		.status = EX_OSERR,
		.handover_fd = -1,
		.old_pidfd = -1,
	};

	id_map_seed(random_seed());
	dialects_seed(options->broker.url[0] != '\0' ? node_common_seed(options)
						     : random_seed());
	name_set_strict(options->auth.names == NAMES_STRICT);
	if (!passed_sockets_read(&app.sockets) || !app_join(&app))
		return EX_CONFIG;
	service_notify_init(&app.notify);
	app_use_options(&app, options);
	if (load_files(&app) && app_receive(&app) && make_chat(&app) &&
	    make_server(&app) && start_node(&app) && app_unpack(&app) &&
	    announce_addresses(&app) && app_take_over(&app)) {
		app.status = EXIT_SUCCESS;
		start_workers(&app);
		service_notify_ready(&app.notify);
		server_run(app.server);
		service_notify_stopping(&app.notify, 0);
		if (app.options.listen_file[0] != '\0')
			listen_file_remove(app.options.listen_file);
	} else
		log_error("cannot start");
	app_fini(&app);
	return app.status;
}
