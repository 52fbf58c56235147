/* The command line of parley. */
#ifndef CMD_PARLEY_ARGS_H
#define CMD_PARLEY_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/parley/client_dialect.h"
#include "cmd/parley/tls.h"
#include "cmd/parley/url.h"

enum args_subcommand {
	SUBCOMMAND_CHAT,
	SUBCOMMAND_SEND,
	SUBCOMMAND_TAIL,
	SUBCOMMAND_ROOMS,
	SUBCOMMAND_HELP,
	SUBCOMMAND_VERSION
};

/* Texts point into argv; absent if the option was not given. */
struct args {
	enum args_subcommand mode;
	struct url url;
	const struct client_dialect *dialect;
	struct str name;
	const char *token; /* NULL: none */
	struct str user;
	struct str room;
	struct str epoch; /* of --since */
	uint64_t seq;
	uint64_t history;
	uint64_t timeout_s;
	bool json;
	bool transient;
	struct tls_config tls;
};

/* False: `why` describes the mistake. */
bool args_read(struct args *out, int argc, char **argv, char *why, size_t size);

/* The output of --help. */
extern const char args_usage[];

#endif
