#include "cmd/parley/slash_commands.h"

#include "tests/suite.h"
#include "wire/common/wire_text.h"

static const struct {
	const char *dialect, *line;
	enum input_kind kind;
	enum request_kind request;
	const char *room, *name, *text;
} lines[] = {
	{ "command", "", INPUT_EMPTY, 0, 0, 0, 0 },
	{ "command", " \t", INPUT_EMPTY, 0, 0, 0, 0 },
	{ "command", "hi there", INPUT_MESSAGE, 0, 0, 0, "hi there" },
	{ "command", " /join x", INPUT_MESSAGE, 0, 0, 0, " /join x" },
	{ "command", "//join x", INPUT_MESSAGE, 0, 0, 0, "/join x" },
	{ "command", "/join tea", INPUT_REQUEST, REQUEST_JOIN, "tea", 0, 0 },
	{ "command", "/join  tea ", INPUT_REQUEST, REQUEST_JOIN, "tea", 0, 0 },
	{ "command", "/leave", INPUT_REQUEST, REQUEST_LEAVE, 0, 0, 0 },
	{ "command", "/create Game Night", INPUT_REQUEST, REQUEST_CREATE, 0,
	    "Game Night", 0 },
	{ "command", "/list", INPUT_REQUEST, REQUEST_MEMBERS, 0, 0, 0 },
	{ "command", "/rooms", INPUT_REQUEST, REQUEST_ROOMS, 0, 0, 0 },
	{ "command", "/dm bob  how are you", INPUT_REQUEST, REQUEST_DM, 0,
	    "bob", "how are you" },
	{ "command", "/name ann", INPUT_REQUEST, REQUEST_NAME, 0, "ann", 0 },
	{ "command", "/history", INPUT_REQUEST, REQUEST_HISTORY, 0, 0, 0 },
	{ "command", "/history 12", INPUT_REQUEST, REQUEST_HISTORY, 0, 0, 0 },
	{ "command", "/topic  tea and cake", INPUT_REQUEST, REQUEST_TOPIC, 0, 0,
	    "tea and cake" },
	{ "command", "/topic", INPUT_REQUEST, REQUEST_TOPIC, 0, 0, 0 },
	{ "command", "/invite bob", INPUT_REQUEST, REQUEST_INVITE, 0, "bob",
	    0 },
	{ "command", "/kick bob", INPUT_REQUEST, REQUEST_KICK, 0, "bob", 0 },
	{ "command", "/kick bob no spam", INPUT_REQUEST, REQUEST_KICK, 0, "bob",
	    "no spam" },
	{ "command", "/mute bob", INPUT_REQUEST, REQUEST_MUTE, 0, "bob", 0 },
	{ "command", "/unmute bob", INPUT_REQUEST, REQUEST_UNMUTE, 0, "bob",
	    0 },
	{ "command", "/ban bob", INPUT_REQUEST, REQUEST_BAN, 0, "bob", 0 },
	{ "command", "/unban bob", INPUT_REQUEST, REQUEST_UNBAN, 0, "bob", 0 },
	{ "command", "/role bob voice", INPUT_REQUEST, REQUEST_ROLE, 0, "bob",
	    "voice" },
	{ "command", "/delete tea", INPUT_REQUEST, REQUEST_DELETE, "tea", 0,
	    0 },
	{ "command", "/send  my boat.png ", INPUT_SEND_FILE, 0, 0, 0,
	    "my boat.png" },
	{ "command", "/get boat.png", INPUT_GET_FILE, 0, 0, "boat.png", 0 },
	{ "topic", "/get boat.png a b/", INPUT_GET_FILE, 0, 0, "boat.png",
	    "a b/" },
	{ "command", "/help", INPUT_HELP, 0, 0, 0, 0 },
	{ "command", "/quit", INPUT_QUIT, 0, 0, 0, 0 },
	{ "command", "/exit", INPUT_QUIT, 0, 0, 0, 0 },
	{ "command", "quit", INPUT_MESSAGE, 0, 0, 0, "quit" },
	{ "topic", "/list", INPUT_REQUEST, REQUEST_ROOMS, 0, 0, 0 },
	{ "topic", "leave", INPUT_MESSAGE, 0, 0, 0, "leave" },
	{ "action", "create Game Night", INPUT_REQUEST, REQUEST_CREATE, 0,
	    "Game Night", 0 },
	{ "action", "join 25a05739", INPUT_REQUEST, REQUEST_JOIN, "25a05739", 0,
	    0 },
	{ "action", "leave", INPUT_REQUEST, REQUEST_LEAVE, 0, 0, 0 },
	{ "action", "quit", INPUT_QUIT, 0, 0, 0, 0 },
	{ "action", "/quit", INPUT_QUIT, 0, 0, 0, 0 },
	{ "action", "leave me alone", INPUT_MESSAGE, 0, 0, 0,
	    "leave me alone" },
	{ "action", "help", INPUT_MESSAGE, 0, 0, 0, "help" },
	{ "action", "create", INPUT_MESSAGE, 0, 0, 0, "create" },
};

static void
str_expect(struct str got, const char *want)
{
	ck_assert(str_equal(got, want == NULL ? STR("") : str_from(want)));
}

START_TEST(parses_lines)
{
	struct input_line input;

	slash_command_read(client_dialect_find(lines[_i].dialect),
	    str_from(lines[_i].line), &input);
	ck_assert_int_eq(input.kind, lines[_i].kind);
	if (input.kind == INPUT_MESSAGE)
		str_expect(input.text, lines[_i].text);
	if (input.kind != INPUT_REQUEST && input.kind != INPUT_SEND_FILE &&
	    input.kind != INPUT_GET_FILE)
		return;
	ck_assert_int_eq(input.request.kind, lines[_i].request);
	str_expect(input.request.room, lines[_i].room);
	str_expect(input.request.name, lines[_i].name);
	str_expect(input.request.text, lines[_i].text);
}
END_TEST

static const struct {
	const char *dialect, *line, *why;
} wrong[] = {
	{ "command", "/jion tea", "unknown command /jion; see /help" },
	{ "command", "/", "unknown command /; see /help" },
	{ "command", "/join", "usage: /join ROOM" },
	{ "command", "/dm bob", "usage: /dm NAME TEXT" },
	{ "command", "/leave now", "usage: /leave" },
	{ "command", "/send", "usage: /send PATH" },
	{ "command", "/get", "usage: /get FILE [PATH]" },
	{ "action", "/send a", "unknown command /send; see /help" },
	{ "command", "/kick", "usage: /kick NAME [REASON]" },
	{ "command", "/role bob", "usage: /role NAME ROLE" },
	{ "command", "/role bob big cheese", "usage: /role NAME ROLE" },
	{ "command", "/delete", "usage: /delete ROOM" },
	{ "action", "/kick bob", "unknown command /kick; see /help" },
	{ "command", "/history 1001", "usage: /history [N]" },
	{ "command", "/history x", "usage: /history [N]" },
	{ "action", "/rooms", "unknown command /rooms; see /help" },
	{ "topic", "/dm a b", "unknown command /dm; see /help" },
};

START_TEST(rejects_invalid_commands)
{
	struct input_line input;

	slash_command_read(client_dialect_find(wrong[_i].dialect),
	    str_from(wrong[_i].line), &input);
	ck_assert_int_eq(input.kind, INPUT_INVALID);
	ck_assert_str_eq(input.why, wrong[_i].why);
}
END_TEST

START_TEST(parses_the_history_limit)
{
	struct input_line input;

	slash_command_read(&client_dialect_native, STR("/history 12"), &input);
	ck_assert_uint_eq(input.request.limit, 12);
	slash_command_read(&client_dialect_native, STR("/history"), &input);
	ck_assert_uint_eq(input.request.limit, 50);
}
END_TEST

static const struct {
	const char *dialect, *has, *lacks;
} helps[] = {
	{ "command", "/dm NAME TEXT", "topics" },
	{ "action", " create NAME", "/dm" },
	{ "topic", "list the topics", "/create" },
};

START_TEST(lists_the_commands_of_the_dialect)
{
	struct wire_text out;

	wire_text_init(&out);
	slash_command_help(client_dialect_find(helps[_i].dialect), &out);
	wire_text_append(&out, str_slice("", 1));
	ck_assert_ptr_nonnull(strstr(out.data, helps[_i].has));
	ck_assert_ptr_null(strstr(out.data, helps[_i].lacks));
	ck_assert_ptr_nonnull(strstr(out.data, "quit"));
	wire_text_fini(&out);
}
END_TEST

SUITE(slash_commands)
{
	tcase_add_loop_test(tests, parses_lines, 0, COUNT_OF(lines));
	tcase_add_loop_test(tests, rejects_invalid_commands, 0,
	    COUNT_OF(wrong));
	tcase_add_test(tests, parses_the_history_limit);
	tcase_add_loop_test(tests, lists_the_commands_of_the_dialect, 0,
	    COUNT_OF(helps));
}
