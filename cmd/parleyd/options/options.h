/*
 * What an operator can configure. The file overrides presets, the environment
 * overrides the file, flags override the environment.
 */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "auth/authenticator.h"
#include "cluster/broker_options.h"
#include "cmd/parleyd/options/listen.h"
#include "commands/commands.h"
#include "domain/history.h"
#include "domain/log.h"
#include "persistence/store_options.h"
#include "transport/api/api.h"
#include "transport/http/forwarded.h"
#include "transport/limits.h"
#include "wire/common/word_filter.h"

/* What the command line asks the program to do. */
enum options_action {
	OPTIONS_RUN,
	OPTIONS_HELP,
	OPTIONS_HELP_MARKDOWN,
	OPTIONS_HELP_MAN,
	OPTIONS_HELP_CONF_MAN,
	OPTIONS_HELP_CONF,
	OPTIONS_VERSION,
	OPTIONS_CHECK_CONFIG,
	OPTIONS_PRINT_CONFIG
};

enum store_kind {
	STORE_MEMORY,
	STORE_FILE
};

#define OPTIONS_TEXT_SIZE 1024

enum hook_down {
	HOOK_DOWN_DENY,
	HOOK_DOWN_ALLOW_ANONYMOUS
};

/* Which names count as the same. */
enum names_rule {
	NAMES_USUAL,
	NAMES_STRICT
};

struct auth_options {
	enum names_rule names;
	enum auth_kind kind;
	char origins[OPTIONS_TEXT_SIZE];
	char key[OPTIONS_TEXT_SIZE];
	char issuer[OPTIONS_TEXT_SIZE];
	char audience[OPTIONS_TEXT_SIZE];
	int64_t leeway_ms;
	char users[OPTIONS_TEXT_SIZE];
	bool guests;
	bool in_band;
	int64_t session_ms;
	uint32_t logins_per_minute;
	char revoked[OPTIONS_TEXT_SIZE];
	char trusted_proxies[OPTIONS_TEXT_SIZE];
	enum forwarded_style proxy_headers;
	char proxy_user_header[OPTIONS_TEXT_SIZE];
	char proxy_name_header[OPTIONS_TEXT_SIZE];
	char proxy_rights_header[OPTIONS_TEXT_SIZE];
	char hook_url[OPTIONS_TEXT_SIZE];
	char hook_ca[OPTIONS_TEXT_SIZE];
	char hook_headers[OPTIONS_TEXT_SIZE];
	int64_t hook_timeout_ms;
	size_t hook_max;
	enum hook_down hook_down;
};

enum tls_least {
	TLS_LEAST_1_2,
	TLS_LEAST_1_3
};

struct moderation_options {
	char words[OPTIONS_TEXT_SIZE];
	enum word_action action;
};

#define TLS_PATHS_SIZE 2048

struct tls_options {
	char certificate[TLS_PATHS_SIZE];
	char key[TLS_PATHS_SIZE];
	char client_ca[TLS_PATHS_SIZE];
	enum tls_least least;
};

/* The HTTP API for backends. */
struct admin_options {
	struct listen_list listeners; /* of the API; empty: all others */
	char key[API_KEY_MOST + 1];
	char key_file[OPTIONS_TEXT_SIZE];
	char name[API_NAME_MOST + 1];
};

/* What happens without an answer. */
enum hook_policy {
	HOOK_POLICY_DENY,
	HOOK_POLICY_ALLOW
};

/* Another program that gets what happens, and is asked before. */
struct hooks_options {
	char url[OPTIONS_TEXT_SIZE];
	char ca[OPTIONS_TEXT_SIZE];
	char secret[API_KEY_MOST + 1];
	char secret_file[OPTIONS_TEXT_SIZE];
	int64_t timeout_ms;
	int64_t give_up_ms;
	size_t memory;
	char before_connect[OPTIONS_TEXT_SIZE];
	char before_join[OPTIONS_TEXT_SIZE];
	char before_publish[OPTIONS_TEXT_SIZE];
	int64_t before_timeout_ms;
	size_t before_max;
	enum hook_policy failure;
};

/* Where uploaded files are; their limits are the chat's. */
struct file_options {
	char dir[256]; /* "": below store.dir, or in memory without that */
	uint64_t memory;
	char url[API_BASE_MOST + 1];
};

/* A plain value: it can be compared and copied. */
struct options {
	enum options_action action;
	struct listen_list listeners; /* seed ports included */
	char listen_file[256];        /* "": none */
	bool seed_ports;
	struct auth_options auth;
	struct admin_options admin;
	struct hooks_options hooks;
	struct moderation_options moderation;
	struct file_options files;
	struct tls_options tls;
	bool http_pages;
	bool http_stats;
	uint32_t workers; /* 0: as many as there are processors */
	enum store_kind store_kind;
	struct store_options store; /* of files */
	struct broker_options broker;
	enum log_level log_level;
	enum log_format log_format;
	struct transport_limits transport;
	struct chat_limits chat;
	struct history_limits history;
	int64_t upgrade_timeout_ms;
};

/* The sources, as main() gets them. */
struct options_sources {
	int argc;
	char *const *argv;
	char *const *envp;
};

/* One line for the operator, and the exit status (64 or 78). */
struct options_error {
	int exit_code;
	char text[512];
};

/*
 * Reads and checks all sources; a reload is another call. False: *error has
 * the reason, *out is undefined.
 */
bool options_load(struct options *out, const struct options_sources *,
    struct options_error *error);

/* Whether a text is good as the key of backends. */
#define ADMIN_KEY_LEAST 16
bool admin_key_is_valid(struct str);

/* Whether something is asked about. */
bool hooks_options_ask(const struct hooks_options *);

/* Whether the addresses to listen on are the preset. */
bool options_listen_as_preset(const struct options *);

/* Carries out any action but OPTIONS_RUN. */
void options_answer(const struct options *, FILE *out);

/* An option has changed. The texts are valid during the call. */
typedef void options_change(const char *name, const char *was, const char *is,
    bool needs_restart, void *arg);

void options_each_change(const struct options *was, const struct options *is,
    options_change *, void *arg);

/* Restores options that need a restart. */
void options_keep_fixed(struct options *, const struct options *was);

/* The value of an option that takes words; a constant. */
const char *options_word(const struct options *, const char *name);

#endif
