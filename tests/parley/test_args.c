#include "cmd/parley/args.h"

#include <stdlib.h>

#include "tests/suite.h"

#define WORDS_MAX 12

static char why[160];

/* Splits a line at its blanks. */
static bool
read_line(struct args *args, const char *line)
{
	static char copy[256];
	char *argv[WORDS_MAX] = { copy };
	int argc = 0;

	unsetenv("PARLEY_TOKEN");
	strcpy(copy, line);
	for (char *word = strtok(copy, " "); word != NULL;
	     word = strtok(NULL, " "))
		argv[argc++] = word;
	return args_read(args, argc, argv, why, sizeof(why));
}

static const struct {
	const char *line;
	enum args_subcommand mode;
	const char *dialect, *target;
} good[] = {
	{ "parley chat", SUBCOMMAND_CHAT, "command", "/ws" },
	{ "parley chat --dialect action", SUBCOMMAND_CHAT, "action",
	    "/ws/action" },
	{ "parley chat ws://h/ws/topic", SUBCOMMAND_CHAT, "topic",
	    "/ws/topic" },
	{ "parley chat ws://h", SUBCOMMAND_CHAT, "command", "/ws" },
	{ "parley chat ws://h/ws --dialect topic", SUBCOMMAND_CHAT, "topic",
	    "/ws/topic" },
	{ "parley chat ws://h/talk --dialect topic", SUBCOMMAND_CHAT, "topic",
	    "/talk" },
	{ "parley chat --name a wss://h/x --ca f", SUBCOMMAND_CHAT, "command",
	    "/x" },
	{ "parley send --room r", SUBCOMMAND_SEND, "command", "/ws" },
	{ "parley send --join r --timeout 5", SUBCOMMAND_SEND, "command",
	    "/ws" },
	{ "parley tail --room r --json --history 5 --since e:7",
	    SUBCOMMAND_TAIL, "command", "/ws" },
	{ "parley rooms --insecure", SUBCOMMAND_ROOMS, "command",
	    "/ws/command" },
};

START_TEST(parses_a_command_line)
{
	struct args args;

	ck_assert_msg(read_line(&args, good[_i].line), "%s", why);
	ck_assert_int_eq(args.mode, good[_i].mode);
	ck_assert_str_eq(args.dialect->name, good[_i].dialect);
	ck_assert_str_eq(args.url.target, good[_i].target);
}
END_TEST

static const struct {
	const char *line, *why;
} bad[] = {
	{ "parley", "missing subcommand: chat, send, tail or rooms" },
	{ "parley shout", "unknown subcommand: shout" },
	{ "parley chat a b", "unexpected argument: b" },
	{ "parley chat http://h",
	    "expected ws://HOST:PORT or wss://HOST:PORT, not http://h" },
	{ "parley chat --json", "not an option of this subcommand: --json" },
	{ "parley chat --colour", "unknown option: --colour" },
	{ "parley chat --name", "missing value: --name" },
	{ "parley chat --dialect dotnet",
	    "--dialect: expected command, action or topic" },
	{ "parley send", "--room is required" },
	{ "parley tail", "--room is required" },
	{ "parley chat --name=", "--name: expected a name" },
	{ "parley tail --room r --since 7", "--since: expected EPOCH:SEQ" },
	{ "parley tail --room r --since :7", "--since: expected EPOCH:SEQ" },
	{ "parley tail --room r --since e:", "--since: expected EPOCH:SEQ" },
	{ "parley tail --room r --since e:-1", "--since: expected EPOCH:SEQ" },
	{ "parley tail --room r --history 1001",
	    "--history: expected a number from 0 to 1000" },
	{ "parley send --room r --timeout 0",
	    "--timeout: expected seconds from 1 to 86400" },
	{ "parley chat --token a=\x7f",
	    "--token: expected printable characters without spaces" },
	{ "parley rooms --transient",
	    "not an option of this subcommand: --transient" },
	{ "parley rooms --dialect topic",
	    "not an option of this subcommand: --dialect" },
};

START_TEST(rejects_an_invalid_command_line)
{
	struct args args;

	ck_assert(!read_line(&args, bad[_i].line));
	ck_assert_str_eq(why, bad[_i].why);
}
END_TEST

START_TEST(returns_the_values)
{
	struct args args;

	ck_assert(read_line(&args,
	    "parley tail --room tea --name ann --history 5 --since a:b:7"));
	ck_assert(str_equal(args.room, STR("tea")));
	ck_assert(str_equal(args.name, STR("ann")));
	ck_assert(str_equal(args.epoch, STR("a:b")));
	ck_assert_uint_eq(args.seq, 7);
	ck_assert_uint_eq(args.history, 5);
	ck_assert(!args.transient);
	ck_assert(read_line(&args, "parley chat --ca ca.pem --insecure"));
	ck_assert_str_eq(args.tls.ca_file, "ca.pem");
	ck_assert(args.tls.insecure);
	ck_assert(read_line(&args, "parley send --room r --transient"));
	ck_assert(args.transient);
	ck_assert(read_line(&args, "parley chat"));
	ck_assert_uint_eq(args.history, 20);
}
END_TEST

static const struct {
	const char *line, *user, *name; /* NULL: absent */
} names[] = {
	{ "parley chat", "ann", "ann" },
	{ "parley chat", NULL, NULL },
	{ "parley chat", "root", NULL },
	{ "parley chat --name bob", "ann", "bob" },
	{ "parley chat --user bob", "ann", NULL },
	{ "parley chat --token x", "ann", NULL },
	{ "parley chat --dialect topic", "ann", "ann" },
	{ "parley chat --dialect topic --user bob", "ann", "bob" },
	{ "parley chat --dialect topic --token x", "ann", "guest" },
};

START_TEST(chooses_a_name)
{
	struct args args;

	if (names[_i].user == NULL)
		unsetenv("USER");
	else
		setenv("USER", names[_i].user, 1);
	ck_assert_msg(read_line(&args, names[_i].line), "%s", why);
	if (names[_i].name == NULL)
		ck_assert_ptr_null(args.name.data);
	else
		ck_assert(str_equal(args.name, str_from(names[_i].name)));
}
END_TEST

START_TEST(supplies_default_names_for_topics)
{
	struct args args;

	unsetenv("USER");
	ck_assert(read_line(&args, "parley chat --dialect topic"));
	ck_assert(str_equal(args.room, STR("general")));
	ck_assert(str_equal(args.name, STR("guest")));
}
END_TEST

static const char *const helps[] = {
	"parley --help",
	"parley help",
	"parley -h",
	"parley chat --help",
	"parley send --help",
};

START_TEST(finds_help_anywhere)
{
	struct args args;

	ck_assert(read_line(&args, helps[_i]));
	ck_assert_int_eq(args.mode, SUBCOMMAND_HELP);
}
END_TEST

SUITE(args)
{
	tcase_add_loop_test(tests, parses_a_command_line, 0, COUNT_OF(good));
	tcase_add_loop_test(tests, rejects_an_invalid_command_line, 0,
	    COUNT_OF(bad));
	tcase_add_test(tests, returns_the_values);
	tcase_add_loop_test(tests, chooses_a_name, 0, COUNT_OF(names));
	tcase_add_test(tests, supplies_default_names_for_topics);
	tcase_add_loop_test(tests, finds_help_anywhere, 0, COUNT_OF(helps));
}
