#include "cmd/parleyd/ctl_tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "cmd/parleyd/ctl_request.h"
#include "domain/base/count_of.h"
#include "wire/json/json_writer.h"

static const char usage[] =
    "parleyd ctl: ask a running server over its HTTP API (docs/api.md)\n"
    "\n"
    "Usage: parleyd ctl [--url URL] [--ca FILE] [--key KEY | --key-file FILE]\n"
    "                   COMMAND\n"
    "\n"
    "  info                   what the server is\n"
    "  nodes                  the nodes that are one chat with it\n"
    "  rooms [AFTER]          a page of the rooms\n"
    "  room ROOM              one room\n"
    "  create ROOM            create a persistent room, unless it exists\n"
    "  delete ROOM            put its members out, remove it and its history\n"
    "  publish ROOM TEXT      publish a text; returns when it is stored\n"
    "  broadcast TEXT         a text for all members in the lobby\n"
    "  history ROOM [BEFORE]  the newest messages, or those before a number\n"
    "  events ROOM            what happens there, as server-sent events,\n"
    "                         until Ctrl-C\n"
    "  members [ROOM]         members of the server, or of a room\n"
    "  kick ROOM MEMBER       put a member out of a room\n"
    "  ban ROOM MEMBER        the same, for good; unban ends it\n"
    "  unban ROOM MEMBER\n"
    "  mute ROOM MEMBER       let it not post; unmute ends it\n"
    "  unmute ROOM MEMBER\n"
    "  invite ROOM MEMBER     invite a member: it may join a private room\n"
    "  role ROOM MEMBER ROLE  owner, moderator, voice or member\n"
    "  topic ROOM TEXT        what the room is about\n"
    "  slow ROOM MS           the least time between messages of a member\n"
    "  redact ROOM NUMBER     remove the text of a message\n"
    "  connections ID         the connections of a member, with numbers\n"
    "  close NUMBER           close one connection\n"
    "  disconnect ID          close the connections of a member\n"
    "  revoke USER            revoke the tokens of a user\n"
    "  trace --room ROOM | --user ID | --connection N [--sample N]\n"
    "                         what happens there, and why, until Ctrl-C;\n"
    "                         --sample: one in N accepted and sent messages\n"
    "\n"
    "URL is http://host:port, https://host:port or unix:/path\n"
    "(http://127.0.0.1:8080), also in PARLEY_URL. --ca names a file of the\n"
    "authorities for https, instead of those of the system. Without --key it\n"
    "is PARLEY_ADMIN_KEY, or in the file that PARLEY_ADMIN_KEY_FILE names.\n"
    "Prints the answer, which is JSON.\n";

/* --- commands ------------------------------------------------------------- */

/*
 * X(word, arguments at least, at most, method, path before the first argument,
 * behind it (NULL: that argument is of the body), query before the next one,
 * field of the body for it)
 */
#define CTL_COMMANDS(X)                                                        \
	X("info", 0, 0, "GET", "/v1/info", "", "", NULL)                       \
	X("nodes", 0, 0, "GET", "/v1/nodes", "", "", NULL)                     \
	X("rooms", 0, 1, "GET", "/v1/rooms?after=", "", "", NULL)              \
	X("room", 1, 1, "GET", "/v1/rooms/", "", "", NULL)                     \
	X("create", 1, 1, "PUT", "/v1/rooms/", "", "", NULL)                   \
	X("delete", 1, 1, "DELETE", "/v1/rooms/", "", "", NULL)                \
	X("publish", 2, 2, "POST", "/v1/rooms/", "/messages", "", "message")   \
	X("broadcast", 1, 1, "POST", "/v1/broadcast", NULL, "", "message")     \
	X("events", 1, 1, "GET", "/v1/rooms/", "/events", "", NULL)            \
	X("history", 1, 2, "GET", "/v1/rooms/", "/messages", "?before=", NULL) \
	X("members", 0, 1, "GET", "/v1/rooms/", "/members", "", NULL)          \
	X("kick", 2, 2, "POST", "/v1/rooms/", "/kick", "", "member")           \
	X("ban", 2, 2, "POST", "/v1/rooms/", "/ban", "", "member")             \
	X("unban", 2, 2, "POST", "/v1/rooms/", "/unban", "", "member")         \
	X("mute", 2, 2, "POST", "/v1/rooms/", "/mute", "", "member")           \
	X("unmute", 2, 2, "POST", "/v1/rooms/", "/unmute", "", "member")       \
	X("invite", 2, 2, "POST", "/v1/rooms/", "/invite", "", "member")       \
	X("role", 3, 3, "POST", "/v1/rooms/", "/role", "", "member")           \
	X("topic", 2, 2, "PATCH", "/v1/rooms/", "", "", "topic")               \
	X("slow", 2, 2, "PATCH", "/v1/rooms/", "", "", "slow_ms")              \
	X("redact", 2, 2, "DELETE", "/v1/rooms/", "/messages/", "", NULL)      \
	X("connections", 1, 1, "GET", "/v1/members/", "/connections", "",      \
	    NULL)                                                              \
	X("close", 1, 1, "DELETE", "/v1/connections/", "", "", NULL)           \
	X("disconnect", 1, 1, "DELETE", "/v1/members/", "", "", NULL)          \
	X("revoke", 1, 1, "POST", "/v1/revocations", NULL, "", "sub")

static const struct ctl_command {
	const char *word;
	int least, most;
	const char *method, *before, *behind;
	const char *query;
	const char *field; /* of the body, for the next argument; or NULL */
} commands[] = {
#define X(...) { __VA_ARGS__ },
	CTL_COMMANDS(X)
#undef X
};

static void
request_write_body(struct ctl_request *request, const char *field,
    const char *value, const char *role)
{
	struct wire_text *body = &request->body;

	wire_text_append(body, STR("{"));
	json_put_string(body, str_from(field));
	wire_text_append(body, STR(":"));
	if (strcmp(field, "slow_ms") == 0 && value[0] != '\0' &&
	    value[strspn(value, "0123456789")] == '\0')
		json_put_unsigned(body, strtoull(value, NULL, 10));
	else
		json_put_string(body, str_from(value));
	if (role != NULL) {
		wire_text_append(body, STR(",\"role\":"));
		json_put_string(body, str_from(role));
	}
	wire_text_append(body, STR("}"));
}

static void
request_write(struct ctl_request *request, const struct ctl_command *command,
    int argc, char *const *argv)
{
	request->method = command->method;
	if (argc == 0 && strcmp(command->word, "members") == 0) {
		ctl_request_add(request, "/v1/members");
		return;
	}
	if (argc == 0 && strcmp(command->word, "rooms") == 0) {
		ctl_request_add(request, "/v1/rooms");
		return;
	}
	ctl_request_add(request, command->before);
	if (command->behind == NULL) {
		request_write_body(request, command->field, argv[0], NULL);
		return;
	}
	if (argc > 0)
		ctl_request_add_encoded(request, argv[0]);
	ctl_request_add(request, command->behind);
	if (argc < 2)
		return;
	if (command->field == NULL) {
		ctl_request_add(request, command->query);
		ctl_request_add_encoded(request, argv[1]);
		return;
	}
	request_write_body(request, command->field, argv[1],
	    argc > 2 ? argv[2] : NULL);
}

static int
ctl_command_run(struct ctl *ctl, const struct ctl_command *command, int argc,
    char *const *argv)
{
	struct ctl_request request = {
		.is_stream = strcmp(command->word, "events") == 0,
	};

	request_write(&request, command, argc, argv);
	return ctl_request_run(ctl, &request);
}

/* The flags are the parameters of the query: "--room tea" is "room=tea". */
static int
ctl_trace(struct ctl *ctl, int argc, char *const *argv)
{
	static const char *const flags[] = { "--room", "--user", "--connection",
		"--sample" };
	struct ctl_request request = { .method = "GET", .is_stream = true };

	if (argc == 0)
		return ctl_error_print(ctl, EX_USAGE,
		    "trace: ", "--room, --user or --connection is needed");
	ctl_request_add(&request, "/v1/trace");
	for (int i = 0; i < argc; i += 2) {
		size_t n = 0;

		while (n < COUNT_OF(flags) && strcmp(argv[i], flags[n]) != 0)
			n++;
		if (n == COUNT_OF(flags) || i + 1 == argc) {
			wire_text_fini(&request.target);
			return ctl_error_print(ctl, EX_USAGE,
			    "trace: unknown option, or missing value: ",
			    argv[i]);
		}
		ctl_request_add(&request, i == 0 ? "?" : "&");
		ctl_request_add(&request, flags[n] + 2);
		ctl_request_add(&request, "=");
		ctl_request_add_encoded(&request, argv[i + 1]);
	}
	return ctl_request_run(ctl, &request);
}

/* --- arguments ------------------------------------------------------------ */

/* Returns an exit status. */
static int
key_load(struct ctl *ctl)
{
	FILE *file;

	if (ctl->key != NULL)
		return 0;
	if (ctl->key_file == NULL)
		return ctl_error_print(ctl, EX_USAGE,
		    "a key is needed: --key, ",
		    "--key-file or PARLEY_ADMIN_KEY");
	file = fopen(ctl->key_file, "re");
	if (file == NULL) {
		fprintf(stderr, "parleyd: ctl: key file %s: %s\n",
		    ctl->key_file, strerror(errno));
		return EX_NOINPUT;
	}
	if (fgets(ctl->key_read, sizeof(ctl->key_read), file) == NULL)
		ctl->key_read[0] = '\0';
	fclose(file);
	ctl->key_read[strcspn(ctl->key_read, "\r\n")] = '\0';
	ctl->key = ctl->key_read;
	return ctl->key_read[0] != '\0'
		   ? 0
		   : ctl_error_print(ctl, EX_NOINPUT,
			 "no key in the first line of ", ctl->key_file);
}

static const struct ctl_command *
ctl_command_find(const char *word)
{
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		if (strcmp(commands[i].word, word) == 0)
			return &commands[i];
	return NULL;
}

/* Takes the options off the arguments; returns how many, -1: not understood. */
static int
options_take(struct ctl *ctl, int argc, char *const *argv)
{
	const struct {
		const char *name;
		const char **value;
	} names[] = {
		{ "--url", &ctl->url },
		{ "--key", &ctl->key },
		{ "--key-file", &ctl->key_file },
		{ "--ca", &ctl->ca },
	};
	int i = 0;

	while (i < argc && argv[i][0] == '-') {
		size_t n = 0;

		while (n < COUNT_OF(names) &&
		       strcmp(argv[i], names[n].name) != 0)
			n++;
		if (n == COUNT_OF(names) || i + 1 == argc) {
			ctl_error_print(ctl, 0,
			    "unknown option, or missing value: ", argv[i]);
			return -1;
		}
		*names[n].value = argv[i + 1];
		i += 2;
	}
	return i;
}

static const char *
env_get(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value == NULL || *value == '\0' ? otherwise : value;
}

int
ctl_tool_run(int argc, char *const *argv, FILE *out)
{
	struct ctl ctl = {
		.tool = "ctl",
		.url = env_get("PARLEY_URL", "http://127.0.0.1:8080"),
		.out = out,
	};
	const struct ctl_command *command;
	bool is_trace;
	int used, status;

	if (argc == 0 || strcmp(argv[0], "--help") == 0) {
		fputs(usage, argc == 0 ? stderr : out);
		return argc == 0 ? EX_USAGE : EXIT_SUCCESS;
	}
	used = options_take(&ctl, argc, argv);
	if (used < 0 || used == argc)
		return used < 0
			   ? EX_USAGE
			   : ctl_error_print(&ctl, EX_USAGE, "no command", "");
	is_trace = strcmp(argv[used], "trace") == 0;
	command = ctl_command_find(argv[used]);
	if (!is_trace && command == NULL)
		return ctl_error_print(&ctl, EX_USAGE,
		    "no such command, see parleyd ctl --help: ", argv[used]);
	argc -= used + 1;
	argv += used + 1;
	if (!is_trace && (argc < command->least || argc > command->most))
		return ctl_error_print(&ctl, EX_USAGE,
		    "wrong number of arguments, see parleyd ctl --help: ",
		    command->word);
	if (!ctl_read_url(&ctl))
		return EX_USAGE;
	if (ctl.key == NULL && ctl.key_file == NULL) {
		ctl.key = env_get("PARLEY_ADMIN_KEY", NULL);
		ctl.key_file = env_get("PARLEY_ADMIN_KEY_FILE", NULL);
	}
	status = key_load(&ctl);
	if (status != 0)
		return status;
	return is_trace ? ctl_trace(&ctl, argc, argv)
			: ctl_command_run(&ctl, command, argc, argv);
}
