#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/parleyd/options/options.h"
#include "tests/suite.h"

#define WORDS_MAX 8

static struct options options;
static struct options_error error;

/* A file with some text; NULL: none. */
static char path[] = "/tmp/parley-test-XXXXXX";

static void
options_file_write(const char *text)
{
	FILE *file;

	strcpy(path, "/tmp/parley-test-XXXXXX");
	file = fdopen(mkstemp(path), "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

/* Splits "a b c" into words, ending with NULL; "" has none. */
static int
words_split(const char *text, char *buffer, char **words)
{
	int count = 0;

	strcpy(buffer, text);
	for (char *word = strtok(buffer, " "); word != NULL;
	     word = strtok(NULL, " "))
		words[count++] = word;
	words[count] = NULL;
	return count;
}

/* Flags and environment with blanks between; the file as it is. */
static bool
options_load_all(const char *flags, const char *env, const char *file)
{
	char *argv[WORDS_MAX + 3], *envp[WORDS_MAX];
	char flag_words[512], env_words[512];
	struct options_sources from = { .argv = argv, .envp = envp };
	bool loaded;

	argv[0] = "parleyd";
	from.argc = words_split(flags, flag_words, argv + 1) + 1;
	words_split(env, env_words, envp);
	if (file != NULL) {
		options_file_write(file);
		argv[from.argc++] = "--config";
		argv[from.argc++] = path;
		argv[from.argc] = NULL;
	}
	loaded = options_load(&options, &from, &error);
	if (file != NULL)
		unlink(path);
	return loaded;
}

START_TEST(has_a_preset_for_everything)
{
	ck_assert(options_load_all("", "", NULL));
	ck_assert_int_eq(options.action, OPTIONS_RUN);
	ck_assert_uint_eq(options.transport.connections, 10000);
	ck_assert_uint_eq(options.transport.messages.rate, 1000);
	ck_assert_uint_eq(options.transport.messages.burst, 2000);
	ck_assert_int_eq(options.transport.drain_timeout_ms, 28000);
	ck_assert(!options.transport.deflate);
	ck_assert_uint_eq(options.chat.message_bytes, 65536);
	ck_assert_int_eq(options.history.age_ms, 2592000000);
	ck_assert_uint_eq(options.listeners.count, 1);
	ck_assert_int_eq(options.log_level, LOG_INFO);
}
END_TEST

static const struct {
	const char *flags, *env, *file;
	size_t rooms;
} precedences[] = {
	{ "", "", "limits.rooms = 1", 1 },
	{ "", "PARLEY_LIMITS_ROOMS=2", NULL, 2 },
	{ "", "PARLEY_LIMITS_ROOMS=2", "limits.rooms = 1", 2 },
	{ "--limits-rooms 3", "", NULL, 3 },
	{ "--limits-rooms=3", "", NULL, 3 },
	{ "--limits-rooms 3", "PARLEY_LIMITS_ROOMS=2", "limits.rooms = 1", 3 },
	{ "--limits-rooms 3", "", "limits.rooms = 1", 3 },
	{ "--limits-rooms 3 --limits-rooms 4", "", NULL, 4 },
	{ "", "PARLEY_LIMITS_ROOMS=", "limits.rooms = 1", 1 },
};

START_TEST(a_flag_goes_before_environment_before_file)
{
	ck_assert_msg(options_load_all(precedences[_i].flags,
			  precedences[_i].env, precedences[_i].file),
	    "%s", error.text);
	ck_assert_uint_eq(options.chat.rooms, precedences[_i].rooms);
}
END_TEST

#define SEED_PORTS                                        \
	"127.0.0.1:8080=command, 127.0.0.1:8765=action, " \
	"127.0.0.1:8000=topic, 127.0.0.1:5106=dotnet"

static const struct {
	const char *flags, *env, *file;
	const char *listen;
} lists[] = {
	{ "", "", NULL, "127.0.0.1:8080" },
	{ "--listen :1", "", NULL, ":1" },
	{ "--listen :1 --listen :2,:3", "", NULL, ":1, :2, :3" },
	{ "", "PARLEY_LISTEN=:1,:2", NULL, ":1, :2" },
	{ "", "", "listen = :1\nlisten = :2, :3\n", ":1, :2, :3" },
	{ "--listen :1", "PARLEY_LISTEN=:2", "listen = :3", ":1" },
	{ "", "PARLEY_LISTEN=:2", "listen = :3", ":2" },
	{ "--seed-ports", "", NULL, SEED_PORTS },
	{ "--seed-ports --listen :1", "", NULL, ":1, " SEED_PORTS },
	{ "--seed-ports on --listen :1", "", NULL, ":1, " SEED_PORTS },
	{ "--seed-ports=on", "", "listen = :1", ":1, " SEED_PORTS },
	{ "", "PARLEY_SEED_PORTS=on", "listen = :1", ":1, " SEED_PORTS },
	{ "", "", "seed_ports = on", SEED_PORTS },
	{ "--seed-ports off", "", "seed_ports = on", "127.0.0.1:8080" },
	/* What has been given an address keeps it. */
	{ "--seed-ports --listen localhost:8080=action", "", NULL,
	    "localhost:8080=action, 127.0.0.1:8765=action, "
	    "127.0.0.1:8000=topic, 127.0.0.1:5106=dotnet" },
	{ "--seed-ports", "", "listen = " SEED_PORTS, SEED_PORTS },
};

START_TEST(lists_get_longer_within_one_source_only)
{
	ck_assert_msg(options_load_all(lists[_i].flags, lists[_i].env,
			  lists[_i].file),
	    "%s", error.text);
	ck_assert_str_eq(options.listeners.text, lists[_i].listen);
}
END_TEST

static const struct {
	const char *flags, *env, *file;
	bool as_preset;
} places[] = {
	{ "", "", "limits.rooms = 1", true },
	{ "--seed-ports off", "", "seed_ports = on", true },
	{ "--listen 127.0.0.1:8080", "", NULL, true },
	{ "", "PARLEY_LISTEN=:8080", NULL, false },
	{ "", "", "listen = :8080", false },
	{ "--seed-ports", "", NULL, false },
};

START_TEST(it_is_known_whether_only_this_machine_can_connect)
{
	ck_assert(options_load_all(places[_i].flags, places[_i].env,
	    places[_i].file));
	ck_assert(options_listen_as_preset(&options) == places[_i].as_preset);
}
END_TEST

/* FILE stands for the file's path. */
static const struct {
	const char *flags, *env, *file;
	int exit_code;
	const char *text;
} mistakes[] = {
	{ "--limits-rooms many", "", NULL, 64,
	    "--limits-rooms: \"many\": expected a number from 1 to 1000000" },
	{ "--limits-rooms=", "", NULL, 64,
	    "--limits-rooms: \"\": expected a number from 1 to 1000000" },
	{ "--limits-rooms", "", NULL, 64,
	    "--limits-rooms: a value is missing" },
	{ "--config", "", NULL, 64, "--config: a value is missing" },
	{ "--config=", "", NULL, 64, "--config: a value is missing" },
	{ "--limits-room 1", "", NULL, 64,
	    "--limits-room: there is no such option; "
	    "did you mean --limits-rooms?" },
	{ "--broker-url redis://u:geheim@h", "", NULL, 64,
	    "broker.url: a URL has no password here: use broker.user and "
	    "broker.password_file" },
#ifndef PARLEY_REDIS_TLS
	{ "", "PARLEY_BROKER_URL=rediss://h", NULL, 78,
	    "broker.url: this build has no TLS to Redis (hiredis before "
	    "1.0)" },
#endif
	{ "--broker-certificate c", "", NULL, 64,
	    "broker.certificate and broker.key need each other" },
	{ "--broker-url redis://h --store-kind file", "", NULL, 64,
	    "broker.url needs store.kind memory: Redis has the rooms" },
	{ "--broker-prefix a{b", "", NULL, 64,
	    "broker.prefix has a character that no key may have" },
	{ "", "", "broker.node = a*", 78,
	    "broker.node has a character that no key may have" },
	{ "--broker-password a --broker-password-file b", "", NULL, 64,
	    "broker.password_file and broker.password are both given" },
	{ "--colour-scheme x", "", NULL, 64,
	    "--colour-scheme: there is no such option" },
	{ "--listen :1=comand", "", NULL, 64,
	    "--listen: there is no dialect \"comand\"; "
	    "did you mean command?" },
	{ "", "", "listen = :1,:2=telnet", 78,
	    "FILE:1: listen: there is no dialect \"telnet\"" },
	{ "--seed-ports maybe", "", NULL, 64,
	    "--seed-ports: \"maybe\": expected on or off" },
	{ "--seed-ports --listen "
	  ":1,:2,:3,:4,:5,:6,:7,:8,:9,:10,:11,:12,:13,:14",
	    "", NULL, 64,
	    "listen and seed_ports are together more than 16 addresses" },
	{ "now", "", NULL, 64, "\"now\": expected an option; see --help" },
	{ "", "PARLEY_LOG_LEVEL=loud", NULL, 78,
	    "PARLEY_LOG_LEVEL: \"loud\": expected debug, info, warn or error" },
	{ "", "PARLEY_LOG_LEVLE=info", NULL, 78,
	    "PARLEY_LOG_LEVLE: there is no such option; "
	    "did you mean PARLEY_LOG_LEVEL?" },
	{ "", "PARLEY_HISTORY_SOMETHING_ELSE=1", NULL, 78,
	    "PARLEY_HISTORY_SOMETHING_ELSE: there is no such option" },
	{ "", "PARLEY_CONFIG=/nowhere/p.conf", NULL, 78,
	    "/nowhere/p.conf: No such file or directory" },
	{ "", "", "\nlimits.rooms = 0\n", 78,
	    "FILE:2: limits.rooms: \"0\": expected a number from 1 to "
	    "1000000" },
	{ "", "", "limit.rooms = 1\n", 78,
	    "FILE:1: limit.rooms: there is no such option; "
	    "did you mean limits.rooms?" },
	{ "", "", "limits.rooms = 1\n\nlimits.rooms = 1\n", 78,
	    "FILE:3: limits.rooms is in line 1 already" },
	{ "", "", "\n\nlimits.rooms 1\n", 78,
	    "FILE:3: not a line of the form name = value" },
	{ "--limits-rooms 5", "", "limits.rooms = many", 78,
	    "FILE:1: limits.rooms: \"many\": expected a number from 1 to "
	    "1000000" },
	{ "", "", "limits.rooms = \x1b[31m", 78,
	    "FILE:1: limits.rooms: \"?[31m\": expected a number from 1 to "
	    "1000000" },
	{ "--limits-output-soft 2MiB", "", NULL, 64,
	    "limits.output_soft (2MiB) is above limits.output_hard (1MiB)" },
	{ "", "PARLEY_LIMITS_FRAME_BYTES=32KiB", NULL, 78,
	    "limits.message_bytes (64KiB) is above limits.frame_bytes "
	    "(32KiB)" },
	{ "", "", "drain.timeout = 20s", 78,
	    "drain.delay (5s) and drain.window (20s) are together above "
	    "drain.timeout (20s)" },
	{ "--listen :8443,tls --tls-key k", "", NULL, 64,
	    "listen (:8443, tls) needs tls.certificate and tls.key" },
};

START_TEST(reports_the_error_and_its_place)
{
	const char *wanted = mistakes[_i].text;

	ck_assert(!options_load_all(mistakes[_i].flags, mistakes[_i].env,
	    mistakes[_i].file));
	if (strncmp(wanted, "FILE", 4) == 0) {
		ck_assert_int_eq(memcmp(error.text, path, strlen(path)), 0);
		ck_assert_str_eq(error.text + strlen(path), wanted + 4);
	} else {
		ck_assert_str_eq(error.text, wanted);
	}
	ck_assert_int_eq(error.exit_code, mistakes[_i].exit_code);
}
END_TEST

START_TEST(no_limit_leaves_room_for_any_part)
{
	ck_assert(
	    options_load_all("--limits-output-total 0 --history-total-bytes 0 "
			     "--history-bytes 1GiB --limits-output-hard 1GiB",
		"", NULL));
}
END_TEST

static unsigned warnings;
static char warning[256];

static void
note_warning(enum log_level level, const char *line)
{
	ck_assert_int_eq(level, LOG_WARN);
	snprintf(warning, sizeof(warning), "%s", line);
	warnings++;
}

START_TEST(leaves_alone_what_others_have_in_the_environment)
{
	log_set_sink(note_warning, LOG_DEBUG);
	warnings = 0;
	ck_assert(options_load_all("",
	    "HOME=/ PARLEY=1 PARLEY_SERVICE_HOST=10.0.0.1 PARLEY_PORT=x "
	    "PARLEY_PORT_8080_TCP_ADDR=10.0.0.1 nonsense",
	    NULL));
	ck_assert_uint_eq(warnings, 0);
	ck_assert(options_load_all("", "PARLEY_COLOUR_SCHEME=x", NULL));
	ck_assert_uint_eq(warnings, 1);
	ck_assert_str_eq(warning,
	    "PARLEY_COLOUR_SCHEME in the environment is no option: ignored");
	log_set_sink(NULL, LOG_DEBUG);
}
END_TEST

static const struct {
	const char *flags;
	enum options_action action;
} actions[] = {
	{ "--help", OPTIONS_HELP },
	{ "-h", OPTIONS_HELP },
	{ "--limits-rooms 5 --help nonsense", OPTIONS_HELP },
	{ "--help=markdown", OPTIONS_HELP_MARKDOWN },
	{ "--version", OPTIONS_VERSION },
	{ "--check-config --limits-rooms 5", OPTIONS_CHECK_CONFIG },
	{ "--print-config", OPTIONS_PRINT_CONFIG },
};

START_TEST(does_what_it_is_asked)
{
	ck_assert_msg(options_load_all(actions[_i].flags, "", NULL), "%s",
	    error.text);
	ck_assert_int_eq(options.action, actions[_i].action);
}
END_TEST

START_TEST(helps_even_if_the_environment_is_wrong)
{
	ck_assert(options_load_all("--help", "PARLEY_LIMITS_ROOMS=x", NULL));
	ck_assert(!options_load_all("--check-config", "PARLEY_LIMITS_ROOMS=x",
	    NULL));
}
END_TEST

/* "name was > is; " for each, "!" where a restart is needed. */
static char changes[256];

static void
note_change(const char *name, const char *was, const char *is,
    bool needs_restart, void *arg)
{
	size_t used = strlen(changes);

	ck_assert_ptr_eq(arg, changes);
	snprintf(changes + used, sizeof(changes) - used, "%s %s > %s%s; ", name,
	    was, is, needs_restart ? "!" : "");
}

START_TEST(a_reload_reports_changes)
{
	struct options was;

	ck_assert(options_load_all("", "", "limits.rooms = 5"));
	was = options;
	ck_assert(options_load_all("", "",
	    "listen = :1\nlimits.messages = 0\n"));
	options_each_change(&was, &options, note_change, changes);
	ck_assert_str_eq(changes,
	    "listen 127.0.0.1:8080 > :1!; limits.messages 1000/s > 0; "
	    "limits.rooms 5 > 10000; ");
}
END_TEST

START_TEST(a_reload_leaves_what_needs_a_restart)
{
	struct options was;

	ck_assert(options_load_all("", "",
	    "listen = unix:/a\nhttp.stats = off\nstore.kind = file\n"
	    "store.dir = there\nstore.sync_interval = 2s\nlog.level = warn"));
	was = options;
	ck_assert(options_load_all("", "", "limits.rooms = 5"));
	options_keep_fixed(&options, &was);
	changes[0] = '\0';
	options_each_change(&was, &options, note_change, changes);
	ck_assert_str_eq(changes,
	    "log.level warn > info; limits.rooms 10000 > 5; ");
}
END_TEST

START_TEST(returns_the_chosen_word)
{
	ck_assert(options_load_all("--store-kind file", "", NULL));
	ck_assert_str_eq(options_word(&options, "store.kind"), "file");
	ck_assert_str_eq(options_word(&options, "store.sync"), "always");
}
END_TEST

SUITE(options)
{
	tcase_add_test(tests, has_a_preset_for_everything);
	tcase_add_loop_test(tests, a_flag_goes_before_environment_before_file,
	    0, COUNT_OF(precedences));
	tcase_add_loop_test(tests, lists_get_longer_within_one_source_only, 0,
	    COUNT_OF(lists));
	tcase_add_loop_test(tests,
	    it_is_known_whether_only_this_machine_can_connect, 0,
	    COUNT_OF(places));
	tcase_add_loop_test(tests, reports_the_error_and_its_place, 0,
	    COUNT_OF(mistakes));
	tcase_add_test(tests, no_limit_leaves_room_for_any_part);
	tcase_add_test(tests, leaves_alone_what_others_have_in_the_environment);
	tcase_add_loop_test(tests, does_what_it_is_asked, 0, COUNT_OF(actions));
	tcase_add_test(tests, helps_even_if_the_environment_is_wrong);
	tcase_add_test(tests, a_reload_reports_changes);
	tcase_add_test(tests, a_reload_leaves_what_needs_a_restart);
	tcase_add_test(tests, returns_the_chosen_word);
}
