#include "cmd/parleyd/app.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sysexits.h>

#include "auth/authenticator.h"
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
#include "domain/private_talk.h"
#include "domain/server_stats.h"
#include "domain/text/names.h"
#include "persistence/file/file_store.h"
#include "persistence/stores.h"
#include "transport/api/api.h"
#include "transport/fanout/hub.h"
#include "transport/hooks/hook_questions.h"
#include "transport/hooks/hooks.h"
#include "transport/routes.h"
#include "transport/server.h"
#include "transport/session.h"
#include "transport/tls/tls_context.h"
#include "wire/common/file_part.h"
#include "wire/dialect.h"

struct app {
	const struct options_sources *sources;
	struct options options;         /* as they were given */
	struct transport_limits limits; /* as they fit this process */
	struct trusted_proxies proxies;
	struct hooks *hooks;              /* NULL: none */
	struct hook_questions *questions; /* NULL: none */
	struct stores stores;
	struct hub *hub;
	struct chat chat;
	struct api *api;
	struct dispatcher *dispatcher;
	struct sessions *sessions;
	struct host_ops host_ops;
	struct host host;
	struct authenticator *auth;
	struct word_file *words;
	struct file_service files;
	struct server *server;
	struct node *node; /* NULL: without a broker */
	struct passed_sockets sockets;
	struct service_notify notify;
	bool is_exposed; /* other machines can connect */
	int status;      /* to exit with */
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

/* What an acknowledgement guarantees, for the greeting. */
static struct str
durability_of(const struct options *options)
{
	if (options->broker.url[0] != '\0')
		return STR("broker");
	if (options->store_kind == STORE_MEMORY)
		return STR("none");
	return str_from(options_word(options, "store.sync"));
}

/* The greeting of members. */
static struct profile
make_profile(const struct options *options)
{
	return (struct profile){
		.server = STR("parley/" PARLEY_VERSION),
		.durability = durability_of(options),
		.ping_ms = options->transport.ping_interval_ms,
		.message_bytes = options->chat.message_bytes,
		.rooms_per_member = options->chat.rooms_per_member,
	};
}

/* Each connection takes a file descriptor. */
static void
limits_fit_files(struct transport_limits *limits, size_t listeners)
{
	size_t files = rlimits_raise_files();
	size_t wanted = limits->connections;
	size_t within = rlimits_fit_connections(wanted, files, listeners);

	if (within != wanted)
		log_warn("limits.connections is %zu, not %zu: "
			 "%zu files may be open",
		    within, wanted, files);
	limits->connections = within;
	limits->sockets = rlimits_fit_sockets(files, listeners);
}

/* The text was checked with the other options. */
static void
proxies_set(struct trusted_proxies *proxies, const struct auth_options *auth)
{
	const char *why;
	struct str bad;

	if (!address_ranges_parse(str_from(auth->trusted_proxies),
		&proxies->ranges, &bad, &why))
		abort();
	proxies->style = auth->proxy_headers;
}

/* The longest frame around a message: command, room, key, ref, escapes. */
#define ENVELOPE_BYTES 4096

static void
use_options(struct app *app, const struct options *options)
{
	stderr_log_set_format(options->log_format);
	log_set_sink(stderr_log, options->log_level);
	log_set_clock(system_clock());
	app->options = *options;
	app->limits = options->transport;
	app->limits.inflate_floor =
	    options->chat.message_bytes + ENVELOPE_BYTES;
	limits_fit_files(&app->limits, options->listeners.count +
					   options->admin.listeners.count +
					   app->sockets.count);
	proxies_set(&app->proxies, &options->auth);
	app->chat.limits = options->chat;
	app->chat.limits.files = file_service_use(&app->files, &app->options);
	app->chat.limits.fill_messages = options->history.messages;
	app->chat.limits.fill_bytes = options->history.bytes;
	app->chat.profile = make_profile(options);
}

static void
log_change(const char *name, const char *was, const char *is,
    bool needs_restart, void *arg)
{
	(void)arg;
	if (needs_restart)
		log_warn("%s stays %s until a restart, then it is %s", name,
		    was, is);
	else
		log_info("%s is %s, was %s", name, is, was);
}

/* *out is NULL without a listener under TLS. False: it is logged why not. */
static bool
tls_load(const struct options *options, struct tls_context **out)
{
	struct tls_config config = {
		.certificates = options->tls.certificate,
		.keys = options->tls.key,
		.client_ca = options->tls.client_ca,
		.only_1_3 = options->tls.least == TLS_LEAST_1_3,
	};
	char why[512];

	*out = NULL;
	if (!listen_has_tls(&options->listeners) &&
	    !listen_has_tls(&options->admin.listeners))
		return true;
	*out = tls_context_create(&config, why, sizeof(why));
	if (*out == NULL)
		log_error("TLS: %s", why);
	return *out != NULL;
}

/* Empty options are absent texts. */
static struct str
optional_text(const char *text)
{
	return text[0] == '\0' ? STR_ABSENT : str_from(text);
}

static struct authenticator_config
auth_config_of(const struct options *options)
{
	const struct auth_options *auth = &options->auth;

	return (struct authenticator_config){
		.kind = auth->kind,
		.origins = optional_text(auth->origins),
		.key_file = optional_text(auth->key),
		.policy = {
		    .issuer = optional_text(auth->issuer),
		    .audience = optional_text(auth->audience),
		    .leeway_s = auth->leeway_ms / 1000,
		},
		.revoked_file = optional_text(auth->revoked),
		.proxy_user_header = str_from(auth->proxy_user_header),
		.proxy_name_header = optional_text(auth->proxy_name_header),
		.proxy_rights_header = optional_text(auth->proxy_rights_header),
		.hook_url = optional_text(auth->hook_url),
		.hook_ca = auth->hook_ca[0] == '\0' ? NULL : auth->hook_ca,
		.hook_headers = str_from(auth->hook_headers),
		.hook_timeout_ms = auth->hook_timeout_ms,
		.hook_max = auth->hook_max,
		.hook_admits_when_down =
		    auth->hook_down == HOOK_DOWN_ALLOW_ANONYMOUS,
		.users_file = optional_text(auth->users),
		.session_s = auth->session_ms / 1000,
		.logins_per_minute = auth->logins_per_minute,
		.guests = auth->guests,
		.in_band = auth->in_band,
	};
}

static bool
auth_open(struct app *app)
{
	struct authenticator_config config = auth_config_of(&app->options);
	char why[512];

	app->auth =
	    authenticator_create(&config, system_clock(), why, sizeof(why));
	if (app->auth == NULL) {
		log_error("%s", why);
		app->status = EX_CONFIG;
	}
	return app->auth != NULL;
}

/* False: it is logged why not. */
static bool
api_load(const struct options *options, char key[API_KEY_MOST + 1])
{
	memcpy(key, options->admin.key, API_KEY_MOST + 1);
	return options->admin.key_file[0] == '\0' ||
	       key_file_read("admin.key_file", options->admin.key_file, key);
}

static void
api_set(struct app *app, const char *key)
{
	const struct admin_options *admin = &app->options.admin;
	struct api_settings settings = {
		.key = str_from(key),
		.name = str_from(admin->name),
		.has_listener = admin->listeners.count > 0,
		.has_files = app->files.blobs != NULL,
		.files_base = str_from(app->options.files.url),
	};

	api_configure(app->api, &settings);
}

/* False: `why` has the reason, nothing has changed. */
static bool
words_use(struct app *app, const struct options *options, char *why,
    size_t size)
{
	const struct moderation_options *moderation = &options->moderation;

	if (!word_file_use(app->words, moderation->words, moderation->action,
		why, size))
		return false;
	app->chat.filter = word_file_filter(app->words);
	return true;
}

static bool
words_open(struct app *app)
{
	char why[2048];

	app->words = word_file_create(system_clock());
	if (app->words == NULL)
		return false;
	if (words_use(app, &app->options, why, sizeof(why)))
		return true;
	log_error("%s", why);
	app->status = EX_CONFIG;
	return false;
}

/* Everything is checked before anything is changed. */
static void
options_reload(struct app *app)
{
	struct options fresh, applied;
	struct options_error error;
	struct authenticator_config auth;
	struct tls_context *tls;
	char why[2048], key[API_KEY_MOST + 1];

	if (!options_load(&fresh, app->sources, &error)) {
		log_error("not reloaded: %s", error.text);
		return;
	}
	applied = fresh;
	options_keep_fixed(&applied, &app->options);
	if (!node_agrees(app->node, &applied)) {
		log_error("not reloaded: other nodes have the limits of "
			  "before; restart all nodes to change them");
		return;
	}
	if (!api_load(&applied, key) || !tls_load(&applied, &tls)) {
		log_error("not reloaded");
		return;
	}
	auth = auth_config_of(&applied);
	if (!authenticator_configure(app->auth, &auth, why, sizeof(why))) {
		log_error("not reloaded: %s", why);
		tls_context_unref(tls);
		return;
	}
	if (!words_use(app, &applied, why, sizeof(why)))
		log_error("the list of words stays: %s", why);
	options_each_change(&app->options, &fresh, log_change, NULL);
	use_options(app, &applied);
	api_set(app, key);
	server_limits_changed(app->server);
	server_set_tls(app->server, tls);
	tls_context_unref(tls);
	log_info("reloaded");
}

static void
on_reload(void *arg)
{
	struct app *app = arg;

	service_notify_reloading(&app->notify);
	options_reload(app);
	service_notify_ready(&app->notify);
}

/* --- figures -------------------------------------------------------------- */

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
}

/* --- the disk ------------------------------------------------------------- */

static bool
on_store_event(void *arg)
{
	struct app *app = arg;

	if (file_store_poll(app->stores.files))
		return true;
	log_error("the disk failed: exiting, as store.on_io_error says");
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
make_host(struct app *app)
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
	ops->reload = on_reload;
	ops->tick = on_tick;
	ops->draining = on_draining;
	ops->warning = configuration_warning;
	if (app->node != NULL) {
		ops->store_error = broker_error;
		ops->has_pending = has_pending;
	}
	if (app->files.blobs != NULL && app->files.blobs->fd >= 0) {
		app->host.files_fd = app->files.blobs->fd;
		ops->on_files_event = on_files_event;
	}
	if (app->stores.files == NULL)
		return;
	app->host.store_fd = journal_fd(file_store_journal(app->stores.files));
	ops->on_store_event = on_store_event;
	ops->store_error = store_error;
	ops->under_pressure = is_under_pressure;
	ops->has_pending = has_pending;
}

/* --- start ---------------------------------------------------------------- */

static bool
open_stores(struct app *app)
{
	static const int statuses[] = {
		[STORES_OPEN] = EXIT_SUCCESS,
		[STORES_IN_USE] = EX_UNAVAILABLE,
		[STORES_REFUSED] = EX_CONFIG,
		[STORES_FAILED] = EX_OSERR,
	};
	struct stores_config config = {
		.kind = options_word(&app->options, "store.kind"),
		.limits = &app->options.history,
		.options = &app->options.store,
		.clock = system_clock(),
		.ids = random_ids(),
		.observer =
		    app->hooks == NULL ? NULL : hooks_entries(app->hooks),
	};
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

	if (!api_load(&app->options, key)) {
		app->status = EX_CONFIG;
		return false;
	}
	app->hub = config.hub = hub_create();
	if (app->hub == NULL)
		return false;
	app->api = api_create(&config);
	if (app->api == NULL)
		return false;
	api_set(app, key);
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

/* Without a broker there is none. */
static bool
make_node(struct app *app)
{
	struct node_ops ops = { .stop = on_node_stop, .arg = app };

	if (app->options.broker.url[0] == '\0')
		return true;
	app->node = node_create(&app->options, &app->stores, &app->chat,
	    random_seed(), &ops, &app->status);
	return app->node != NULL;
}

static bool
make_files(struct app *app)
{
	if (!file_service_open(&app->files, &app->options)) {
		log_error("files cannot be opened");
		return false;
	}
	app->chat.limits.files = file_service_use(&app->files, &app->options);
	app->chat.blobs = app->files.blobs;
	app->chat.file_messages = file_parts_messages(app->files.parts);
	return true;
}

static bool
make_chat(struct app *app)
{
	if (!make_hooks(app) || !open_stores(app) || !make_files(app) ||
	    !make_publisher(app))
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
	return words_open(app);
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
	if (!auth_open(app))
		return false;
	server.admission = authenticator_admission(app->auth);
	if (app->questions != NULL)
		server.admission->question =
		    hook_questions_connect(app->questions);
	if (!tls_load(&app->options, &server.tls)) {
		app->status = EX_CONFIG;
		return false;
	}
	make_host(app);
	app->sessions = sessions_create(&sessions);
	if (app->sessions != NULL) {
		server.endpoint = sessions_endpoint(app->sessions);
		app->server = server_create(&server);
	}
	tls_context_unref(server.tls);
	return app->server != NULL;
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
	file_service_fini(&app->files);
	node_destroy(app->node);
	stores_close(&app->stores);
	hooks_destroy(app->hooks);
	hook_questions_destroy(app->questions);
	service_notify_fini(&app->notify);
}

int
app_run(const struct options *options, const struct options_sources *sources)
{
	struct app app = { .sources = sources, .status = EX_OSERR };

	id_map_seed(random_seed());
	dialects_seed(options->broker.url[0] != '\0' ? node_common_seed(options)
						     : random_seed());
	name_set_strict(options->auth.names == NAMES_STRICT);
	if (!passed_sockets_read(&app.sockets))
		return EX_CONFIG;
	service_notify_init(&app.notify);
	use_options(&app, options);
	if (make_chat(&app) && make_server(&app) && start_node(&app) &&
	    announce_addresses(&app)) {
		app.status = EXIT_SUCCESS;
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
