#include "cmd/parleyd/options/options.h"
#include "auth/hook_request.h"
#include "auth/origin.h"

#include <assert.h>

#include "cluster/broker_url.h"
#include "cmd/parleyd/options/option_limits.h"
#include "cmd/parleyd/options/options_load.h"
#include "domain/base/count_of.h"
#include "domain/member.h"
#include "domain/text/file_name.h"
#include "domain/text/names.h"
#include "transport/http/http.h"
#include "transport/http/http_target.h"

static void
presets_assign(struct options_load *load)
{
	assert(option_count <= OPTIONS_MAX);
	for (size_t i = 0; i < option_count; i++) {
		bool good = options_load_assign(load, &option_table[i],
		    FROM_PRESET, str_from(option_table[i].preset));

		assert(good);
	}
}

static enum options_load_rank
rank_max(enum options_load_rank a, enum options_load_rank b)
{
	return a > b ? a : b;
}

static bool
limits_check(struct options_load *load)
{
	char part[OPTION_TEXT_SIZE], other[OPTION_TEXT_SIZE] = "";
	char whole[OPTION_TEXT_SIZE];
	struct option_conflict found;
	enum options_load_rank rank;

	if (option_limits_agree(load->out, &found))
		return true;
	option_format(found.part, load->out, part);
	option_format(found.whole, load->out, whole);
	rank = rank_max(load->rank[options_load_index(found.part)],
	    load->rank[options_load_index(found.whole)]);
	if (found.other_part == NULL)
		return options_load_fail(load, rank, "%s (%s) is above %s (%s)",
		    found.part->name, part, found.whole->name, whole);
	option_format(found.other_part, load->out, other);
	rank = rank_max(rank, load->rank[options_load_index(found.other_part)]);
	return options_load_fail(load, rank,
	    "%s (%s) and %s (%s) are together above %s (%s)", found.part->name,
	    part, found.other_part->name, other, found.whole->name, whole);
}

/* The list becomes as if all addresses had been written in it. */
static bool
seed_ports_append(struct options_load *load)
{
	const struct option *listen =
	    option_find(OPTION_STYLE_FILE, STR("listen"));
	enum options_load_rank rank = load->rank[options_load_index(listen)];
	struct listen_list *list = &load->out->listeners;

	if (!load->out->seed_ports)
		return true;
	if (rank == FROM_PRESET)
		listen_clear(list);
	if (listen_append_seed_ports(list))
		return true;
	return options_load_fail(load, rank,
	    "listen and seed_ports are together more than %d addresses",
	    LISTEN_MAX);
}

/* An address under TLS needs a certificate and its key. */
static bool
tls_check(struct options_load *load)
{
	const struct option *listen =
	    option_find(OPTION_STYLE_FILE, STR("listen"));
	const struct tls_options *tls = &load->out->tls;

	if ((!listen_has_tls(&load->out->listeners) &&
		!listen_has_tls(&load->out->admin.listeners)) ||
	    (tls->certificate[0] != '\0' && tls->key[0] != '\0'))
		return true;
	return options_load_fail(load, load->rank[options_load_index(listen)],
	    "listen (%s) needs tls.certificate and tls.key",
	    load->out->listeners.text);
}

/* Tokens need a key, passwords a file, and origins the form of origins. */
static bool
auth_check(struct options_load *load)
{
	const struct option *kind =
	    option_find(OPTION_STYLE_FILE, STR("auth.kind"));
	const struct option *origins =
	    option_find(OPTION_STYLE_FILE, STR("auth.origins"));
	const struct auth_options *auth = &load->out->auth;

	if (auth->kind == AUTH_JWT && auth->key[0] == '\0')
		return options_load_fail(load,
		    load->rank[options_load_index(kind)],
		    "auth.kind (jwt) needs auth.key");
	if (auth->kind == AUTH_PASSWORD && auth->users[0] == '\0')
		return options_load_fail(load,
		    load->rank[options_load_index(kind)],
		    "auth.kind (password) needs auth.users");
	return origin_list_is_valid(str_from(auth->origins)) ||
	       options_load_fail(load, load->rank[options_load_index(origins)],
		   "auth.origins (%s) is not a list of origins", auth->origins);
}

static bool
option_fail(struct options_load *load, const char *name, const char *why)
{
	const struct option *option =
	    option_find(OPTION_STYLE_FILE, str_from(name));

	return options_load_fail(load, load->rank[options_load_index(option)],
	    "%s %s", name, why);
}

static bool
admin_check(struct options_load *load)
{
	const struct admin_options *admin = &load->out->admin;
	bool has_key = admin->key[0] != '\0';
	char name[NAME_SIZE(MEMBER_NAME_CHARS)];

	if (has_key && !admin_key_is_valid(str_from(admin->key)))
		return option_fail(load, "admin.key",
		    "needs at least 16 visible characters of ASCII");
	if (has_key && admin->key_file[0] != '\0')
		return option_fail(load, "admin.key_file",
		    "and admin.key are both given");
	if (admin->listeners.count > 0 && !has_key &&
	    admin->key_file[0] == '\0')
		return option_fail(load, "admin.listen",
		    "needs admin.key or admin.key_file");
	return name_normalize(str_from(admin->name), MEMBER_NAME_CHARS, name) ==
		   CHAT_OK ||
	       option_fail(load, "admin.name", "is not a name");
}

bool
admin_key_is_valid(struct str key)
{
	for (size_t i = 0; i < key.len; i++)
		if (key.data[i] <= ' ' || key.data[i] > '~')
			return false;
	return key.len >= ADMIN_KEY_LEAST && key.len <= API_KEY_MOST;
}

/* An option, for messages about its value. */
static const struct option *
option_named(const char *name)
{
	return option_find(OPTION_STYLE_FILE, str_from(name));
}

/* The name of a header, or nothing. */
static bool
header_option_check(struct options_load *load, const char *name,
    const char *value)
{
	return value[0] == '\0' || http_is_token(str_from(value)) ||
	       options_load_fail(load,
		   load->rank[options_load_index(option_named(name))],
		   "%s (%s) is not the name of a header", name, value);
}

/* Users that proxies name need a proxy. */
static bool
proxy_auth_check(struct options_load *load)
{
	const struct auth_options *auth = &load->out->auth;

	if (auth->kind == AUTH_PROXY && auth->trusted_proxies[0] == '\0')
		return options_load_fail(load,
		    load->rank[options_load_index(option_named("auth.kind"))],
		    "auth.kind (proxy) needs auth.trusted_proxies");
	return header_option_check(load, "auth.proxy_user_header",
		   auth->proxy_user_header) &&
	       header_option_check(load, "auth.proxy_name_header",
		   auth->proxy_name_header) &&
	       header_option_check(load, "auth.proxy_rights_header",
		   auth->proxy_rights_header);
}

/* Its host is looked up later: that needs the network. */
static bool
url_option_check(struct options_load *load, const char *name, const char *url)
{
	char why[128];

	return url[0] == '\0' ||
	       http_target_is_valid(str_from(url), why, sizeof(why)) ||
	       options_load_fail(load,
		   load->rank[options_load_index(option_named(name))], "%s: %s",
		   name, why);
}

static bool
hook_check(struct options_load *load)
{
	const struct auth_options *auth = &load->out->auth;

	if (auth->kind == AUTH_HOOK && auth->hook_url[0] == '\0')
		return options_load_fail(load,
		    load->rank[options_load_index(option_named("auth.kind"))],
		    "auth.kind (hook) needs auth.hook_url");
	if (!hook_headers_are_valid(str_from(auth->hook_headers)))
		return options_load_fail(load,
		    load->rank
			[options_load_index(option_named("auth.hook_headers"))],
		    "auth.hook_headers (%s) is not a list of names",
		    auth->hook_headers);
	return url_option_check(load, "auth.hook_url", auth->hook_url);
}

bool
hooks_options_ask(const struct hooks_options *hooks)
{
	return hooks->before_connect[0] != '\0' ||
	       hooks->before_join[0] != '\0' ||
	       hooks->before_publish[0] != '\0';
}

static bool
hooks_check(struct options_load *load)
{
	const struct hooks_options *hooks = &load->out->hooks;
	const struct {
		const char *name, *url;
	} urls[] = {
		{ "hooks.url", hooks->url },
		{ "hooks.before_connect", hooks->before_connect },
		{ "hooks.before_join", hooks->before_join },
		{ "hooks.before_publish", hooks->before_publish },
	};
	bool has_secret = hooks->secret[0] != '\0';
	bool has_file = hooks->secret_file[0] != '\0';

	if (has_secret && !admin_key_is_valid(str_from(hooks->secret)))
		return option_fail(load, "hooks.secret",
		    "needs at least 16 visible characters of ASCII");
	if (has_secret && has_file)
		return option_fail(load, "hooks.secret_file",
		    "and hooks.secret are both given");
	for (size_t i = 0; i < COUNT_OF(urls); i++) {
		if (!url_option_check(load, urls[i].name, urls[i].url))
			return false;
		if (urls[i].url[0] != '\0' && !has_secret && !has_file)
			return option_fail(load, urls[i].name,
			    "needs hooks.secret or hooks.secret_file: requests "
			    "are signed");
	}
	return true;
}

static bool
proxies_check(struct options_load *load)
{
	const struct option *option =
	    option_find(OPTION_STYLE_FILE, STR("auth.trusted_proxies"));
	struct address_ranges ranges;
	const char *why;
	struct str bad;

	return address_ranges_parse(str_from(load->out->auth.trusted_proxies),
		   &ranges, &bad, &why) ||
	       options_load_fail(load, load->rank[options_load_index(option)],
		   "auth.trusted_proxies: %.*s: %s", (int)bad.len, bad.data,
		   why);
}

static bool
url_base_is_valid(struct str base)
{
	const struct str schemes[] = { STR("https://"), STR("http://") };

	for (size_t i = 0; i < COUNT_OF(schemes); i++)
		if (base.len > schemes[i].len &&
		    memcmp(base.data, schemes[i].data, schemes[i].len) == 0)
			return base.data[base.len - 1] != '/' &&
			       strcspn(base.data, " \"<>\\^`{|}?#") == base.len;
	return base.len == 0;
}

static bool
files_check(struct options_load *load)
{
	const struct options *options = load->out;

	if (!file_types_are_valid(str_from(options->chat.files.types)))
		return options_load_fail(load,
		    load->rank[options_load_index(option_named("files.types"))],
		    "files.types (%s) is not a list of media types",
		    options->chat.files.types);
	return url_base_is_valid(str_from(options->files.url)) ||
	       options_load_fail(load,
		   load->rank[options_load_index(option_named("files.url"))],
		   "files.url (%s) is not a URL, without a slash at its end",
		   options->files.url);
}

/* What cannot be in the name of a key, or would be matched by a pattern. */
static bool
key_text_is_valid(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~' ||
		    strchr("{}*?[]\\\"'", *text) != NULL)
			return false;
	return true;
}

/* The URL is not quoted: it may have a password by mistake. */
static bool
broker_check(struct options_load *load)
{
	const struct broker_options *broker = &load->out->broker;
	struct broker_targets targets;
	const char *why, *wrong = NULL;

	if (broker->url[0] != '\0' &&
	    !broker_targets_parse(&targets, str_from(broker->url), &why))
		return options_load_fail(load,
		    load->rank[options_load_index(option_named("broker.url"))],
		    "broker.url: %s", why);
	if (!key_text_is_valid(broker->prefix))
		wrong = "broker.prefix";
	else if (!key_text_is_valid(broker->node))
		wrong = "broker.node";
	if (wrong != NULL)
		return option_fail(load, wrong,
		    "has a character that no key may have");
	if (!url_base_is_valid(str_from(broker->node_url)))
		return option_fail(load, "broker.node_url",
		    "is not a URL, without a slash at its end");
	if (broker->password[0] != '\0' && broker->password_file[0] != '\0')
		return option_fail(load, "broker.password_file",
		    "and broker.password are both given");
	if ((broker->certificate[0] == '\0') != (broker->key[0] == '\0'))
		return option_fail(load, "broker.certificate",
		    "and broker.key need each other");
	if (broker->url[0] == '\0')
		return true;
	return load->out->store_kind == STORE_MEMORY ||
	       option_fail(load, "broker.url",
		   "needs store.kind memory: Redis has the rooms");
}

bool
options_load(struct options *out, const struct options_sources *sources,
    struct options_error *error)
{
	struct options_load load = { .out = out, .error = error };

	memset(out, 0, sizeof(*out));
	memset(error, 0, sizeof(*error));
	presets_assign(&load);
	if (!options_load_flags(&load, sources->argc, sources->argv))
		return false;
	if (options_load_only_answers(out))
		return true;
	return options_load_environment(&load, sources->envp) &&
	       options_load_file(&load) && seed_ports_append(&load) &&
	       limits_check(&load) && tls_check(&load) && auth_check(&load) &&
	       admin_check(&load) && proxies_check(&load) &&
	       proxy_auth_check(&load) && hook_check(&load) &&
	       hooks_check(&load) && files_check(&load) && broker_check(&load);
}

bool
options_listen_as_preset(const struct options *options)
{
	const struct option *listen =
	    option_find(OPTION_STYLE_FILE, STR("listen"));

	return strcmp(options->listeners.text, listen->preset) == 0;
}

void
options_each_change(const struct options *was, const struct options *is,
    options_change *change, void *arg)
{
	char before[OPTION_TEXT_SIZE], after[OPTION_TEXT_SIZE];

	for (size_t i = 0; i < option_count; i++) {
		const struct option *option = &option_table[i];

		option_format(option, was, before);
		option_format(option, is, after);
		if (strcmp(before, after) != 0)
			change(option->name, before, after,
			    option->needs_restart, arg);
	}
}

void
options_keep_fixed(struct options *options, const struct options *was)
{
	for (size_t i = 0; i < option_count; i++) {
		const struct option *option = &option_table[i];

		if (option->needs_restart)
			memcpy((char *)options + option->offset,
			    (const char *)was + option->offset, option->width);
	}
}

const char *
options_word(const struct options *options, const char *name)
{
	const struct option *option =
	    option_find(OPTION_STYLE_FILE, str_from(name));
	unsigned word;

	assert(option != NULL && option->type == OPTION_WORD);
	memcpy(&word, (const char *)options + option->offset, sizeof(word));
	return option->words[word];
}
