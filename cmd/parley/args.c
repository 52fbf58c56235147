#include "cmd/parley/args.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/parley/handshake.h"
#include "domain/base/count_of.h"
#include "domain/member.h"

#define CHAT (1u << SUBCOMMAND_CHAT)
#define SEND (1u << SUBCOMMAND_SEND)
#define TAIL (1u << SUBCOMMAND_TAIL)
#define ROOMS (1u << SUBCOMMAND_ROOMS)
#define MEMBERS (CHAT | SEND | TAIL)
#define ALL (MEMBERS | ROOMS)

#define DEFAULT_URL "ws://127.0.0.1:8080/ws"
#define CHAT_HISTORY 20
#define HISTORY_MAX 1000
#define TIMEOUT_S 30
#define TIMEOUT_MAX_S 86400
#define SEQ_MAX (((uint64_t)1 << 53) - 1)

const char args_usage[] =
    "parley: a client for parley's chat servers\n"
    "\n"
    "Usage: parley chat [URL] [OPTION]...               chat interactively\n"
    "       parley send [URL] --room ROOM [OPTION]...   post each input line\n"
    "       parley tail [URL] --room ROOM [OPTION]...   print messages\n"
    "       parley rooms [URL] [OPTION]...              list the rooms\n"
    "\n"
    "URL defaults to " DEFAULT_URL "; wss:// uses TLS.\n"
    "\n"
    "  --name NAME        requested display name ($USER)\n"
    "  --user NAME        log in; asks for the password, unless "
    "PARLEY_PASSWORD\n"
    "                     has it, or the first line of input if that is no\n"
    "                     terminal\n"
    "  --token TOKEN      a signed token instead (or PARLEY_TOKEN)\n"
    "  --room ROOM        room or topic to join (alias: --join)\n"
    "  --dialect DIALECT  command, action or topic; connects to /ws/DIALECT\n"
    "  --transient        create rooms that are deleted when empty\n"
    "  --history N        chat, tail: show N older messages first\n"
    "  --since EPOCH:SEQ  tail: resume after this message\n"
    "  --json             tail: print one JSON object per message\n"
    "  --timeout SECONDS  send: time limit for an acknowledgement (30)\n"
    "  --ca FILE          trust the certificates in FILE only\n"
    "  --insecure         do not verify the certificate\n"
    "  --help, --version  print this help or the version\n"
    "\n"
    "Exit status: 0 success; 64 usage; 69 cannot connect or join the room;\n"
    "75 a message was not acknowledged; 76 protocol error; 77 access denied;\n"
    "130 interrupted. See parley(1).\n";

static const struct {
	const char *word;
	enum args_subcommand mode;
} modes[] = {
	{ "chat", SUBCOMMAND_CHAT },
	{ "send", SUBCOMMAND_SEND },
	{ "tail", SUBCOMMAND_TAIL },
	{ "rooms", SUBCOMMAND_ROOMS },
	{ "help", SUBCOMMAND_HELP },
	{ "--help", SUBCOMMAND_HELP },
	{ "-h", SUBCOMMAND_HELP },
	{ "--version", SUBCOMMAND_VERSION },
};

enum {
	OPTION_NAME = 1,
	OPTION_USER,
	OPTION_TOKEN,
	OPTION_ROOM,
	OPTION_DIALECT,
	OPTION_TRANSIENT,
	OPTION_HISTORY,
	OPTION_SINCE,
	OPTION_JSON,
	OPTION_TIMEOUT,
	OPTION_CA,
	OPTION_INSECURE,
	OPTION_HELP,
	OPTION_VERSION
};

static const struct option options[] = {
	{ "name", required_argument, NULL, OPTION_NAME },
	{ "user", required_argument, NULL, OPTION_USER },
	{ "token", required_argument, NULL, OPTION_TOKEN },
	{ "room", required_argument, NULL, OPTION_ROOM },
	{ "join", required_argument, NULL, OPTION_ROOM },
	{ "dialect", required_argument, NULL, OPTION_DIALECT },
	{ "transient", no_argument, NULL, OPTION_TRANSIENT },
	{ "history", required_argument, NULL, OPTION_HISTORY },
	{ "since", required_argument, NULL, OPTION_SINCE },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "ca", required_argument, NULL, OPTION_CA },
	{ "insecure", no_argument, NULL, OPTION_INSECURE },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

/* The subcommands that accept each option, and what is a value of it. */
static const struct {
	unsigned modes;
	const char *value;
} details[] = {
	[OPTION_NAME] = { MEMBERS, "a name" },
	[OPTION_USER] = { ALL, "a name" },
	[OPTION_TOKEN] = { ALL, "printable characters without spaces" },
	[OPTION_ROOM] = { MEMBERS, "a room" },
	[OPTION_DIALECT] = { MEMBERS, "command, action or topic" },
	[OPTION_TRANSIENT] = { MEMBERS, NULL },
	[OPTION_HISTORY] = { CHAT | TAIL, "a number from 0 to 1000" },
	[OPTION_SINCE] = { TAIL, "EPOCH:SEQ" },
	[OPTION_JSON] = { TAIL, NULL },
	[OPTION_TIMEOUT] = { SEND, "seconds from 1 to 86400" },
	[OPTION_CA] = { ALL, NULL },
	[OPTION_INSECURE] = { ALL, NULL },
	[OPTION_HELP] = { ALL, NULL },
	[OPTION_VERSION] = { ALL, NULL },
};

static bool
arg_number_read(const char *text, uint64_t most, uint64_t *out)
{
	size_t len = strlen(text);

	if (len == 0 || len > 18 || strspn(text, "0123456789") != len)
		return false;
	*out = strtoull(text, NULL, 10);
	return *out <= most;
}

static bool
since_read(struct args *out, const char *text)
{
	const char *colon = strrchr(text, ':');

	if (colon == NULL || colon == text)
		return false;
	out->epoch = str_slice(text, (size_t)(colon - text));
	return arg_number_read(colon + 1, SEQ_MAX, &out->seq);
}

static bool
option_apply(struct args *out, int option, const char *value)
{
	switch (option) {
	case OPTION_NAME:
		out->name = str_from(value);
		return value[0] != '\0';
	case OPTION_USER:
		out->user = str_from(value);
		return value[0] != '\0';
	case OPTION_TOKEN:
		out->token = value;
		return handshake_token_is_valid(value);
	case OPTION_ROOM:
		out->room = str_from(value);
		return value[0] != '\0';
	case OPTION_DIALECT:
		out->dialect = client_dialect_find(value);
		return out->dialect != NULL;
	case OPTION_HISTORY:
		return arg_number_read(value, HISTORY_MAX, &out->history);
	case OPTION_SINCE:
		return since_read(out, value);
	case OPTION_TIMEOUT:
		return arg_number_read(value, TIMEOUT_MAX_S, &out->timeout_s) &&
		       out->timeout_s > 0;
	case OPTION_CA:
		out->tls.ca_file = value;
		return true;
	case OPTION_JSON:
		out->json = true;
		return true;
	case OPTION_TRANSIENT:
		out->transient = true;
		return true;
	case OPTION_INSECURE:
		out->tls.insecure = true;
		return true;
	default:
		out->mode = option == OPTION_HELP ? SUBCOMMAND_HELP
						  : SUBCOMMAND_VERSION;
		return true;
	}
}

static bool
args_fail(char *why, size_t size, const char *what, const char *which)
{
	snprintf(why, size, "%s%s", what, which);
	return false;
}

static bool
args_read_options(struct args *out, int argc, char **argv, char *why,
    size_t size)
{
	unsigned mode = 1u << out->mode;
	int option, index;

	optind = 0; /* restart getopt */
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", options, &index)) != -1) {
		if (option == '?')
			return args_fail(why, size,
			    "unknown option: ", argv[optind - 1]);
		if (option == ':')
			return args_fail(why, size,
			    "missing value: ", argv[optind - 1]);
		if (!(details[option].modes & mode))
			return args_fail(why, size,
			    "not an option of this subcommand: --",
			    options[index].name);
		if (!option_apply(out, option, optarg)) {
			snprintf(why, size, "--%s: expected %s",
			    options[index].name, details[option].value);
			return false;
		}
	}
	return true;
}

/* The name of the system's user, if a server would take it. */
static struct str
name_of_system(void)
{
	const char *user = getenv("USER");
	char normalized[MEMBER_NAME_SIZE];

	if (user == NULL ||
	    member_name_normalize(str_from(user), normalized) != CHAT_OK)
		return STR_ABSENT;
	return str_from(user);
}

/* An account has a name of its own. */
static void
identity_complete(struct args *out)
{
	const char *token = getenv("PARLEY_TOKEN");

	if (out->token == NULL && out->user.data == NULL && token != NULL &&
	    handshake_token_is_valid(token))
		out->token = token;
	if (out->name.data == NULL && out->token == NULL &&
	    out->user.data == NULL)
		out->name = name_of_system();
	if (out->name.data == NULL && out->dialect->join_required)
		out->name = out->user.data != NULL ? out->user : STR("guest");
}

/* Derives the path from the dialect, or the dialect from the path. */
static bool
args_agree(struct args *out)
{
	bool free_path =
	    url_path_is(&out->url, "/") || url_path_is(&out->url, "/ws");

	if (out->mode == SUBCOMMAND_ROOMS)
		out->dialect = client_dialect_find("command");
	if (out->dialect == NULL)
		out->dialect = client_dialect_of_url(&out->url);
	else if (free_path)
		url_set_path(&out->url, out->dialect->path);
	if (url_path_is(&out->url, "/"))
		url_set_path(&out->url, "/ws");
	if (out->room.data == NULL && out->dialect->default_room != NULL)
		out->room = str_from(out->dialect->default_room);
	identity_complete(out);
	return out->room.data != NULL || out->mode == SUBCOMMAND_CHAT ||
	       out->mode == SUBCOMMAND_ROOMS;
}

static bool
subcommand_read(struct args *out, const char *word)
{
	for (size_t i = 0; i < COUNT_OF(modes); i++)
		if (strcmp(modes[i].word, word) == 0) {
			out->mode = modes[i].mode;
			return true;
		}
	return false;
}

bool
args_read(struct args *out, int argc, char **argv, char *why, size_t size)
{
	const char *url = DEFAULT_URL;

	memset(out, 0, sizeof(*out));
	if (argc < 2)
		return args_fail(why, size,
		    "missing subcommand: chat, send, tail or rooms", "");
	if (!subcommand_read(out, argv[1]))
		return args_fail(why, size, "unknown subcommand: ", argv[1]);
	out->timeout_s = TIMEOUT_S;
	out->history = out->mode == SUBCOMMAND_CHAT ? CHAT_HISTORY : 0;
	if (out->mode == SUBCOMMAND_HELP || out->mode == SUBCOMMAND_VERSION)
		return true;
	if (!args_read_options(out, argc - 1, argv + 1, why, size))
		return false;
	if (out->mode == SUBCOMMAND_HELP || out->mode == SUBCOMMAND_VERSION)
		return true;
	if (argc - 1 - optind > 1)
		return args_fail(why, size,
		    "unexpected argument: ", argv[1 + optind + 1]);
	if (optind < argc - 1)
		url = argv[1 + optind];
	if (!url_parse(&out->url, str_from(url)))
		return args_fail(why, size,
		    "expected ws://HOST:PORT or wss://HOST:PORT, not ", url);
	return args_agree(out) ||
	       args_fail(why, size, "--room is required", "");
}
