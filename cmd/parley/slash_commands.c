#include "cmd/parley/slash_commands.h"

#include <stdio.h>
#include <stdlib.h>

#include "domain/base/count_of.h"
#include "domain/base/str_trim.h"
#include "wire/common/wire_text.h"

/* The argument of a command. */
enum takes {
	TAKES_NOTHING,
	TAKES_ROOM,
	TAKES_NAME,
	TAKES_NAME_AND_TEXT,
	TAKES_NAME_AND_REASON, /* the reason is optional */
	TAKES_NAME_AND_ROLE,
	TAKES_PATH,
	TAKES_FILE_AND_PATH, /* the path is optional */
	TAKES_TEXT,          /* optional */
	TAKES_NUMBER         /* optional */
};

static const struct {
	const char *hint;
	bool needed;
} takings[] = {
	[TAKES_NOTHING] = { "", false },
	[TAKES_ROOM] = { " ROOM", true },
	[TAKES_NAME] = { " NAME", true },
	[TAKES_NAME_AND_TEXT] = { " NAME TEXT", true },
	[TAKES_NAME_AND_REASON] = { " NAME [REASON]", true },
	[TAKES_NAME_AND_ROLE] = { " NAME ROLE", true },
	[TAKES_PATH] = { " PATH", true },
	[TAKES_FILE_AND_PATH] = { " FILE [PATH]", true },
	[TAKES_TEXT] = { " [TEXT]", false },
	[TAKES_NUMBER] = { " [N]", false },
};

static const struct word {
	const char *name;
	enum input_kind kind;
	enum request_kind request;
	enum takes takes;
	bool bare; /* the slash is optional in some dialects */
	const char *help;
} words[] = {
	{ "join", INPUT_REQUEST, REQUEST_JOIN, TAKES_ROOM, true,
	    "join a room, or go to a joined one" },
	{ "leave", INPUT_REQUEST, REQUEST_LEAVE, TAKES_NOTHING, true,
	    "leave the room" },
	{ "create", INPUT_REQUEST, REQUEST_CREATE, TAKES_NAME, true,
	    "create and join a room" },
	{ "list", INPUT_REQUEST, REQUEST_MEMBERS, TAKES_NOTHING, false,
	    "list the members" },
	{ "list", INPUT_REQUEST, REQUEST_ROOMS, TAKES_NOTHING, false,
	    "list the topics" },
	{ "rooms", INPUT_REQUEST, REQUEST_ROOMS, TAKES_NOTHING, false,
	    "list the rooms" },
	{ "dm", INPUT_REQUEST, REQUEST_DM, TAKES_NAME_AND_TEXT, false,
	    "send a direct message" },
	{ "name", INPUT_REQUEST, REQUEST_NAME, TAKES_NAME, false,
	    "change your display name" },
	{ "history", INPUT_REQUEST, REQUEST_HISTORY, TAKES_NUMBER, false,
	    "show older messages" },
	{ "send", INPUT_SEND_FILE, 0, TAKES_PATH, false, "share a file" },
	{ "get", INPUT_GET_FILE, 0, TAKES_FILE_AND_PATH, false,
	    "save a file of a message: its name, id or URL" },
	{ "topic", INPUT_REQUEST, REQUEST_TOPIC, TAKES_TEXT, false,
	    "set the topic of the room" },
	{ "invite", INPUT_REQUEST, REQUEST_INVITE, TAKES_NAME, false,
	    "invite a member to the room" },
	{ "kick", INPUT_REQUEST, REQUEST_KICK, TAKES_NAME_AND_REASON, false,
	    "put a member out" },
	{ "mute", INPUT_REQUEST, REQUEST_MUTE, TAKES_NAME_AND_REASON, false,
	    "let a member read only" },
	{ "unmute", INPUT_REQUEST, REQUEST_UNMUTE, TAKES_NAME, false,
	    "let it write again" },
	{ "ban", INPUT_REQUEST, REQUEST_BAN, TAKES_NAME_AND_REASON, false,
	    "put a member out for good" },
	{ "unban", INPUT_REQUEST, REQUEST_UNBAN, TAKES_NAME, false,
	    "let it join again" },
	{ "role", INPUT_REQUEST, REQUEST_ROLE, TAKES_NAME_AND_ROLE, false,
	    "owner, moderator, voice or member" },
	{ "delete", INPUT_REQUEST, REQUEST_DELETE, TAKES_ROOM, false,
	    "delete a room and its history" },
	{ "help", INPUT_HELP, 0, TAKES_NOTHING, false, "show this help" },
	{ "quit", INPUT_QUIT, 0, TAKES_NOTHING, true, "quit" },
	{ "exit", INPUT_QUIT, 0, TAKES_NOTHING, true, "quit" },
};

#define HISTORY_USUAL 50
#define HISTORY_MOST 1000

/* Removes and returns the first word of a text. */
static struct str
word_next(struct str *text)
{
	struct str word = str_trim(*text, STR_BLANKS);

	for (size_t i = 0; i < word.len; i++)
		if (word.data[i] == ' ' || word.data[i] == '\t') {
			*text = str_trim(str_slice(word.data + i, word.len - i),
			    STR_BLANKS);
			return str_slice(word.data, i);
		}
	*text = str_slice(word.data + word.len, 0);
	return word;
}

static bool
dialect_supports(const struct client_dialect *dialect, const struct word *word)
{
	if (word->kind == INPUT_SEND_FILE)
		return dialect->shares_files;
	return word->kind != INPUT_REQUEST ||
	       dialect->write[word->request] != NULL;
}

static const struct word *
command_find(const struct client_dialect *dialect, struct str name)
{
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (str_equal(str_from(words[i].name), name) &&
		    dialect_supports(dialect, &words[i]))
			return &words[i];
	return NULL;
}

static bool
slash_number_read(struct str text, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		*out = *out * 10 + (uint64_t)(text.data[i] - '0');
		if (*out > HISTORY_MOST)
			return false;
	}
	return true;
}

static bool
argument_read(const struct word *word, struct str rest,
    struct client_request *request)
{
	switch (word->takes) {
	case TAKES_NOTHING:
		return rest.len == 0;
	case TAKES_ROOM:
		request->room = rest;
		return rest.len > 0;
	case TAKES_NAME:
		request->name = rest;
		return rest.len > 0;
	case TAKES_NAME_AND_TEXT:
		request->name = word_next(&rest);
		request->text = rest;
		return request->name.len > 0 && rest.len > 0;
	case TAKES_NAME_AND_REASON:
		request->name = word_next(&rest);
		request->text = rest;
		return request->name.len > 0;
	case TAKES_NAME_AND_ROLE:
		request->name = word_next(&rest);
		request->text = word_next(&rest);
		return request->text.len > 0 && rest.len == 0;
	case TAKES_PATH:
		request->text = rest;
		return rest.len > 0;
	case TAKES_FILE_AND_PATH:
		request->name = word_next(&rest);
		request->text = rest;
		return request->name.len > 0;
	case TAKES_TEXT:
		request->text = rest;
		return true;
	case TAKES_NUMBER:
		request->limit = HISTORY_USUAL;
		return rest.len == 0 ||
		       slash_number_read(rest, &request->limit);
	}
	abort();
}

static void
input_fail(struct input_line *out, const char *what, const char *name,
    const char *hint)
{
	out->kind = INPUT_INVALID;
	snprintf(out->why, sizeof(out->why), "%s /%s%s", what, name, hint);
}

static void
command_read(const struct word *word, struct str rest, struct input_line *out)
{
	out->kind = word->kind;
	out->request.kind = word->request;
	if (!argument_read(word, rest, &out->request))
		input_fail(out, "usage:", word->name,
		    takings[word->takes].hint);
}

static void
slash_read(const struct client_dialect *dialect, struct str line,
    struct input_line *out)
{
	struct str rest = line;
	struct str name = word_next(&rest);
	const struct word *word = command_find(dialect, name);
	char shown[40];

	snprintf(shown, sizeof(shown), "%.*s", (int)name.len, name.data);
	if (word == NULL)
		input_fail(out, "unknown command", shown, "; see /help");
	else
		command_read(word, rest, out);
}

/* The console syntax of the original clients; other text is a message. */
static bool
bare_read(const struct client_dialect *dialect, struct str line,
    struct input_line *out)
{
	struct str rest = line;
	const struct word *word = command_find(dialect, word_next(&rest));

	if (word == NULL || !word->bare)
		return false;
	if ((rest.len > 0) != takings[word->takes].needed)
		return false;
	command_read(word, rest, out);
	return true;
}

void
slash_command_read(const struct client_dialect *dialect, struct str line,
    struct input_line *out)
{
	*out = (struct input_line){ .kind = INPUT_MESSAGE, .text = line };
	if (str_trim(line, STR_BLANKS).len == 0)
		out->kind = INPUT_EMPTY;
	else if (line.len >= 2 && line.data[0] == '/' && line.data[1] == '/')
		out->text = str_slice(line.data + 1, line.len - 1);
	else if (line.data[0] == '/')
		slash_read(dialect, str_slice(line.data + 1, line.len - 1),
		    out);
	else if (dialect->slash_optional)
		bare_read(dialect, line, out);
}

/* --- what comes next ------------------------------------------------------ */

/* By the number of words between the command and what is typed. */
static enum argument_kind
argument_kind_of(const struct word *word, size_t before)
{
	switch (word->takes) {
	case TAKES_ROOM:
		return before == 0 ? ARGUMENT_ROOM : ARGUMENT_NONE;
	case TAKES_NAME:
		if (word->request == REQUEST_NAME ||
		    word->request == REQUEST_CREATE)
			return ARGUMENT_NONE;
		return before == 0 ? ARGUMENT_MEMBER : ARGUMENT_NONE;
	case TAKES_NAME_AND_TEXT:
	case TAKES_NAME_AND_REASON:
	case TAKES_TEXT:
		return ARGUMENT_MEMBER;
	case TAKES_NAME_AND_ROLE:
		if (before > 1)
			return ARGUMENT_NONE;
		return before == 0 ? ARGUMENT_MEMBER : ARGUMENT_ROLE;
	case TAKES_PATH:
		return ARGUMENT_PATH;
	case TAKES_FILE_AND_PATH:
		return before == 0 ? ARGUMENT_FILE : ARGUMENT_PATH;
	case TAKES_NOTHING:
	case TAKES_NUMBER:
		break;
	}
	return ARGUMENT_NONE;
}

enum argument_kind
slash_command_expects(const struct client_dialect *dialect, struct str line,
    struct str *typed)
{
	size_t from = line.len, before = 0;
	struct str rest, name;
	const struct word *word;

	while (from > 0 && line.data[from - 1] != ' ' &&
	       line.data[from - 1] != '\t')
		from--;
	*typed = str_slice(line.data + from, line.len - from);
	if (line.len == 0 || line.data[0] != '/')
		return ARGUMENT_MEMBER;
	if (from == 0) {
		*typed = str_slice(line.data + 1, line.len - 1);
		return ARGUMENT_COMMAND;
	}
	rest = str_slice(line.data + 1, from - 1);
	name = word_next(&rest);
	word = command_find(dialect, name);
	while (rest.len > 0) {
		(void)word_next(&rest);
		before++;
	}
	return word != NULL ? argument_kind_of(word, before) : ARGUMENT_NONE;
}

void
slash_command_each(const struct client_dialect *dialect,
    void (*visit)(struct str name, void *arg), void *arg)
{
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (command_find(dialect, str_from(words[i].name)) == &words[i])
			visit(str_from(words[i].name), arg);
}

void
slash_command_help(const struct client_dialect *dialect, struct wire_text *out)
{
	char line[128];

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		const struct word *word = &words[i];
		bool bare = dialect->slash_optional && word->bare;

		if (command_find(dialect, str_from(word->name)) != word)
			continue;
		snprintf(line, sizeof(line), "  %s%s%-*s %s%s\n",
		    bare ? " " : "/", word->name,
		    (int)(18 - strlen(word->name)), takings[word->takes].hint,
		    word->help, bare ? " (slash optional)" : "");
		wire_text_append(out, str_from(line));
	}
	wire_text_append(out, STR("Other text is sent as a message. Type // to "
				  "start one with a slash.\n"));
}
