/* The options of the server in use, and their reload. */

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "auth/authenticator.h"
#include "cmd/parleyd/app_internal.h"
#include "cmd/parleyd/file_service.h"
#include "cmd/parleyd/key_file.h"
#include "cmd/parleyd/node.h"
#include "cmd/parleyd/options/broker_tls.h"
#include "cmd/parleyd/platform.h"
#include "cmd/parleyd/service_notify.h"
#include "cmd/parleyd/word_file.h"
#include "commands/commands.h"
#include "domain/log.h"
#include "transport/api/api.h"
#include "transport/server.h"
#include "transport/session.h"
#include "transport/tls/tls_context.h"
#include "wire/dialect.h"

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

void
app_use_options(struct app *app, const struct options *options)
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
	app->chat.limits.fill_lobby_bytes = options->transport.lobby_bytes;
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
bool
app_load_tls(const struct options *options, struct tls_context **out)
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

static void
on_failed_login(void *arg, const uint64_t keys[2])
{
	struct app *app = arg;

	if (app->node != NULL)
		node_spread_failed_login(app->node, keys);
}

/* Log-ins are limited by all nodes together. */
static void
auth_share_logins(struct app *app, struct authenticator_config *config,
    uint64_t seed[2])
{
	if (app->options.broker.url[0] == '\0')
		return;
	seed[0] = node_common_seed(&app->options);
	seed[1] = ~seed[0];
	config->login_seed = seed;
	config->on_failed_login = on_failed_login;
	config->arg = app;
}

bool
app_open_auth(struct app *app)
{
	struct authenticator_config config = auth_config_of(&app->options);
	uint64_t seed[2];
	char why[512];

	auth_share_logins(app, &config, seed);
	app->auth =
	    authenticator_create(&config, system_clock(), why, sizeof(why));
	if (app->auth == NULL) {
		log_error("%s", why);
		app->status = EX_CONFIG;
	}
	return app->auth != NULL;
}

/* False: it is logged why not. */
bool
app_load_api_key(const struct options *options, char key[API_KEY_MOST + 1])
{
	memcpy(key, options->admin.key, API_KEY_MOST + 1);
	return options->admin.key_file[0] == '\0' ||
	       key_file_read("admin.key_file", options->admin.key_file, key);
}

void
app_configure_api(struct app *app, const char *key)
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

bool
app_open_words(struct app *app)
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
	struct tls_context *tls = NULL;
	struct redis_tls *redis_tls = NULL;
	char why[2048], key[API_KEY_MOST + 1];
	uint64_t seed[2];

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
	if (!app_load_api_key(&applied, key) || !app_load_tls(&applied, &tls) ||
	    !node_load_tls(app->node, &applied.broker, &redis_tls)) {
		log_error("not reloaded");
		goto unref_tls;
	}
	auth = auth_config_of(&applied);
	auth_share_logins(app, &auth, seed);
	if (!authenticator_configure(app->auth, &auth, why, sizeof(why))) {
		log_error("not reloaded: %s", why);
		goto unref_tls;
	}
	if (!words_use(app, &applied, why, sizeof(why)))
		log_error("the list of words stays: %s", why);
	options_each_change(&app->options, &fresh, log_change, NULL);
	app_use_options(app, &applied);
	app_configure_api(app, key);
	server_limits_changed(app->server);
	server_set_tls(app->server, tls);
	node_use_tls(app->node, redis_tls);
	log_info("reloaded");
unref_tls:
	broker_tls_destroy(redis_tls);
	tls_context_unref(tls);
}

void
app_reload(void *arg)
{
	struct app *app = arg;

	service_notify_reloading(&app->notify);
	options_reload(app);
	service_notify_ready(&app->notify);
}
