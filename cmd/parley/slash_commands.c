#include "cmd/parley/slash_commands.h"

#include <stdio.h>
#include <stdlib.h>

#include "domain/base/count_of.h"
#include "wire/common/wire_text.h"

/* What stands behind a command. */
enum takes {
	TAKES_NOTHING,
	TAKES_ROOM,
	TAKES_NAME,
	TAKES_NAME_AND_TEXT,
	TAKES_NUMBER /* or nothing */
};

static const struct {
	const char *hint;
	bool needed;
} takings[] = {
	[TAKES_NOTHING] = { "", false },
	[TAKES_ROOM] = { " ROOM", true },
	[TAKES_NAME] = { " NAME", true },
	[TAKES_NAME_AND_TEXT] = { " NAME TEXT", true },
	[TAKES_NUMBER] = { " [N]", false },
};

static const struct word {
	const char *name;
	enum input_kind kind;
	enum request_kind deed;
	enum takes takes;
	bool bare; /* may come without its slash where dialects allow it */
	const char *help;
} words[] = {
	{ "join", INPUT_REQUEST, REQUEST_JOIN, TAKES_ROOM, true,
	    "go to a room" },
	{ "leave", INPUT_REQUEST, REQUEST_LEAVE, TAKES_NOTHING, true,
	    "leave the room" },
	{ "create", INPUT_REQUEST, REQUEST_CREATE, TAKES_NAME, true,
	    "make a room and go there" },
	{ "list", INPUT_REQUEST, REQUEST_MEMBERS, TAKES_NOTHING, false,
	    "who is here" },
	{ "list", INPUT_REQUEST, REQUEST_ROOMS, TAKES_NOTHING, false,
	    "which topics there are" },
	{ "rooms", INPUT_REQUEST, REQUEST_ROOMS, TAKES_NOTHING, false,
	    "which rooms there are" },
	{ "dm", INPUT_REQUEST, REQUEST_DM, TAKES_NAME_AND_TEXT, false,
	    "say something to one member only" },
	{ "name", INPUT_REQUEST, REQUEST_NAME, TAKES_NAME, false,
	    "take another name" },
	{ "history", INPUT_REQUEST, REQUEST_HISTORY, TAKES_NUMBER, false,
	    "show older messages" },
	{ "help", INPUT_HELP, 0, TAKES_NOTHING, false, "show this" },
	{ "quit", INPUT_QUIT, 0, TAKES_NOTHING, true, "go" },
	{ "exit", INPUT_QUIT, 0, TAKES_NOTHING, true, "go, too" },
};

#define HISTORY_USUAL 50
#define HISTORY_MOST 1000

static struct str
trim(struct str text)
{
	while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
		text = str_slice(text.data + 1, text.len - 1);
	while (text.len > 0 && (text.data[text.len - 1] == ' ' ||
				   text.data[text.len - 1] == '\t'))
		text.len--;
	return text;
}

/* The first word of a text, which becomes what follows it. */
static struct str
take_word(struct str *text)
{
	struct str word = trim(*text);

	for (size_t i = 0; i < word.len; i++)
		if (word.data[i] == ' ' || word.data[i] == '\t') {
			*text = trim(str_slice(word.data + i, word.len - i));
			return str_slice(word.data, i);
		}
	*text = str_slice(word.data + word.len, 0);
	return word;
}

static bool
dialect_has(const struct client_dialect *dialect, const struct word *word)
{
	return word->kind != INPUT_REQUEST ||
	       dialect->write[word->deed] != NULL;
}

static const struct word *
find(const struct client_dialect *dialect, struct str name)
{
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (str_equal(str_from(words[i].name), name) &&
		    dialect_has(dialect, &words[i]))
			return &words[i];
	return NULL;
}

static bool
read_number(struct str text, uint64_t *out)
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
read_rest(const struct word *word, struct str rest, struct client_request *deed)
{
	switch (word->takes) {
	case TAKES_NOTHING:
		return rest.len == 0;
	case TAKES_ROOM:
		deed->room = rest;
		return rest.len > 0;
	case TAKES_NAME:
		deed->name = rest;
		return rest.len > 0;
	case TAKES_NAME_AND_TEXT:
		deed->name = take_word(&rest);
		deed->text = rest;
		return deed->name.len > 0 && rest.len > 0;
	case TAKES_NUMBER:
		deed->limit = HISTORY_USUAL;
		return rest.len == 0 || read_number(rest, &deed->limit);
	}
	abort();
}

static void
wrong(struct input_line *out, const char *what, const char *name,
    const char *hint)
{
	out->kind = INPUT_INVALID;
	snprintf(out->why, sizeof(out->why), "%s /%s%s", what, name, hint);
}

static void
read_word(const struct word *word, struct str rest, struct input_line *out)
{
	out->kind = word->kind;
	out->deed.kind = word->deed;
	if (!read_rest(word, rest, &out->deed))
		wrong(out, "it is", word->name, takings[word->takes].hint);
}

static void
read_command(const struct client_dialect *dialect, struct str line,
    struct input_line *out)
{
	struct str rest = line;
	struct str name = take_word(&rest);
	const struct word *word = find(dialect, name);
	char shown[40];

	snprintf(shown, sizeof(shown), "%.*s", (int)name.len, name.data);
	if (word == NULL)
		wrong(out, "there is no", shown, "; see /help");
	else
		read_word(word, rest, out);
}

/* As the consoles of these dialects had it; anything else is said. */
static bool
read_bare(const struct client_dialect *dialect, struct str line,
    struct input_line *out)
{
	struct str rest = line;
	const struct word *word = find(dialect, take_word(&rest));

	if (word == NULL || !word->bare)
		return false;
	if ((rest.len > 0) != takings[word->takes].needed)
		return false;
	read_word(word, rest, out);
	return true;
}

void
slash_command_read(const struct client_dialect *dialect, struct str line,
    struct input_line *out)
{
	*out = (struct input_line){ .kind = INPUT_MESSAGE, .text = line };
	if (trim(line).len == 0)
		out->kind = INPUT_EMPTY;
	else if (line.len >= 2 && line.data[0] == '/' && line.data[1] == '/')
		out->text = str_slice(line.data + 1, line.len - 1);
	else if (line.data[0] == '/')
		read_command(dialect, str_slice(line.data + 1, line.len - 1),
		    out);
	else if (dialect->slash_optional)
		read_bare(dialect, line, out);
}

void
slash_command_help(const struct client_dialect *dialect, struct wire_text *out)
{
	char line[128];

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		const struct word *word = &words[i];
		bool bare = dialect->slash_optional && word->bare;

		if (find(dialect, str_from(word->name)) != word)
			continue;
		snprintf(line, sizeof(line), "  %s%s%-*s %s%s\n",
		    bare ? " " : "/", word->name,
		    (int)(18 - strlen(word->name)), takings[word->takes].hint,
		    word->help, bare ? " (or with a slash)" : "");
		wire_text_append(out, str_from(line));
	}
	wire_text_append(out,
	    STR("Anything else is said. To begin with a slash, type two.\n"));
}
