/*
 * What an operator may choose. A preset gives way to the file, the file to
 * the environment, the environment to a flag.
 */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "cmd/parleyd/options/listen.h"
#include "commands/commands.h"
#include "domain/history.h"
#include "domain/log.h"
#include "persistence/store_options.h"
#include "transport/limits.h"

/* What the program was asked to do. */
enum options_action {
	OPTIONS_RUN,
	OPTIONS_HELP,
	OPTIONS_HELP_MARKDOWN,
	OPTIONS_VERSION,
	OPTIONS_CHECK_CONFIG,
	OPTIONS_PRINT_CONFIG
};

enum store_kind {
	STORE_MEMORY,
	STORE_FILE
};

/* A plain value: compare and copy it as you like. */
struct options {
	enum options_action action;
	struct listen_list listeners; /* seed ports included */
	bool seed_ports;
	bool http_pages;
	bool http_stats;
	enum store_kind store_kind;
	struct store_options store; /* of files */
	enum log_level log_level;
	struct transport_limits transport;
	struct chat_limits chat;
	struct history_limits history;
};

/* Where they come from; as main() gets them. */
struct options_sources {
	int argc;
	char *const *argv;
	char *const *envp;
};

/* One line for the operator, and what to exit with (64 or 78). */
struct options_error {
	int exit_code;
	char text[512];
};

/*
 * Reads and checks everything anew, so a reload is one more call. False: out
 * is not to be used and *error says why.
 */
bool options_load(struct options *out, const struct options_sources *,
    struct options_error *error);

/* Whether they listen where they do if nobody says where. */
bool options_listen_as_preset(const struct options *);

/* Carries out any action but OPTIONS_RUN. */
void options_answer(const struct options *, FILE *out);

/*
 * Told of an option whose value is another than before. The texts are good
 * for the call.
 */
typedef void options_change(const char *name, const char *was, const char *is,
    bool needs_restart, void *arg);

void options_each_change(const struct options *was, const struct options *is,
    options_change *, void *arg);

/* What needs a restart becomes as it was. */
void options_keep_fixed(struct options *, const struct options *was);

/* The word that an option of this name has been given; a constant. */
const char *options_word(const struct options *, const char *name);

#endif
