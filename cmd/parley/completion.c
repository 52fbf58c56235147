#include "cmd/parley/completion.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>

#include "cmd/parley/sanitize.h"
#include "cmd/parley/slash_commands.h"

struct known_word {
	struct list link;
	enum argument_kind kind; /* ARGUMENT_ROOM, _MEMBER, _FILE */
	size_t len;
	char text[];
};

void
completion_init(struct completion *completion,
    const struct client_dialect *dialect)
{
	*completion = (struct completion){ .dialect = dialect };
	list_init(&completion->words);
	text_buffer_init(&completion->texts);
	wire_text_init(&completion->insert);
	wire_text_init(&completion->choices);
}

static void
word_forget(struct completion *completion, struct known_word *word)
{
	list_remove(&word->link);
	completion->count--;
	free(word);
}

static struct known_word *
known_word_of(struct list *link)
{
	return LIST_OWNER(link, struct known_word, link);
}

void
completion_fini(struct completion *completion)
{
	while (!list_is_empty(&completion->words))
		word_forget(completion, known_word_of(completion->words.next));
	text_buffer_fini(&completion->texts);
	wire_text_fini(&completion->insert);
	wire_text_fini(&completion->choices);
}

/* --- words that were seen ------------------------------------------------- */

/* What a terminal cannot show as it is cannot be typed either. */
static bool
word_is_typeable(struct completion *completion, struct str text)
{
	wire_text_reset(&completion->insert);
	sanitize_line(&completion->insert, text);
	return text.len > 0 && !completion->insert.failed &&
	       str_equal(str_slice(completion->insert.data,
			     completion->insert.len),
		   text);
}

static struct known_word *
word_find(const struct completion *completion, enum argument_kind kind,
    struct str text)
{
	for (struct list *at = completion->words.next; at != &completion->words;
	     at = at->next) {
		struct known_word *word = known_word_of(at);

		if (word->kind == kind &&
		    str_equal(str_slice(word->text, word->len), text))
			return word;
	}
	return NULL;
}

/* Without memory it is not completed. */
static void
word_note(struct completion *completion, enum argument_kind kind,
    struct str text)
{
	struct known_word *word = word_find(completion, kind, text);

	if (word != NULL) {
		list_remove(&word->link);
	} else {
		if (!word_is_typeable(completion, text))
			return;
		if (completion->count == COMPLETION_WORDS_MOST)
			word_forget(completion,
			    known_word_of(completion->words.previous));
		word = malloc(sizeof(*word) + text.len);
		if (word == NULL)
			return;
		word->kind = kind;
		word->len = text.len;
		memcpy(word->text, text.data, text.len);
		completion->count++;
	}
	list_prepend(&completion->words, &word->link);
}

static void
members_note(struct completion *completion, struct str members)
{
	struct json_reader list;
	struct json_value name;

	if (!text_buffer_begin(&completion->texts, members.len))
		return;
	json_open_array(&list, members, SERVER_EVENT_DEPTH);
	while (json_next_item(&list, &name))
		word_note(completion, ARGUMENT_MEMBER,
		    text_buffer_text(&completion->texts, &name));
}

static void
rooms_note(struct completion *completion, struct str rooms)
{
	struct json_reader list;
	struct json_value item;

	if (!text_buffer_begin(&completion->texts, rooms.len))
		return;
	json_open_array(&list, rooms, SERVER_EVENT_DEPTH);
	while (json_next_item(&list, &item)) {
		struct server_event room = { 0 };

		if (client_dialect_read_item(completion->dialect,
			&completion->texts, item.text, &room))
			word_note(completion, ARGUMENT_ROOM, room.room);
	}
}

void
completion_note_file(struct completion *completion, struct str word)
{
	word_note(completion, ARGUMENT_FILE, word);
}

void
completion_note(struct completion *completion, const struct server_event *event)
{
	if (event->members.data != NULL)
		members_note(completion, event->members);
	if (event->rooms.data != NULL)
		rooms_note(completion, event->rooms);
	word_note(completion, ARGUMENT_ROOM, event->room);
	if (event->kind != SERVER_ERROR)
		word_note(completion, ARGUMENT_MEMBER, event->member);
}

/* --- completing ----------------------------------------------------------- */

/* The words that fit so far. */
struct search {
	struct completion *completion;
	struct str typed;
	enum argument_kind kind;
	struct str first;
	size_t common; /* bytes of `first` that all have */
	size_t found;
	struct dirent **entries; /* of a directory, for scandir() */
	int entry_count;
};

static char
ascii_small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* How many bytes are the same, but for the case of ASCII letters. */
static size_t
common_len(struct str a, struct str b)
{
	size_t len = 0;

	while (len < a.len && len < b.len &&
	       ascii_small(a.data[len]) == ascii_small(b.data[len]))
		len++;
	/* No part of a character. */
	while (len > 0 && len < a.len && (a.data[len] & 0xc0) == 0x80)
		len--;
	return len;
}

static void
search_visit(struct str word, void *arg)
{
	struct search *search = arg;
	struct wire_text *choices = &search->completion->choices;
	size_t common = common_len(word, search->typed);

	if (common < search->typed.len)
		return;
	if (search->found++ == 0) {
		search->first = word;
		search->common = word.len;
	} else {
		common = common_len(search->first, word);
		if (common < search->common)
			search->common = common;
		wire_text_append(choices, STR("  "));
	}
	wire_text_append(choices, word);
}

static void
search_seen_words(struct search *search)
{
	const struct list *words = &search->completion->words;

	for (struct list *at = words->next; at != words; at = at->next) {
		const struct known_word *word = known_word_of(at);

		if (word->kind == search->kind)
			search_visit(str_slice(word->text, word->len), search);
	}
}

static int
entry_is_shown(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 &&
	       strcmp(entry->d_name, "..") != 0;
}

/*
 * The entries of the directory in the path; its last part is completed. Hidden
 * ones are shown if their dot is typed.
 */
static void
search_path(struct search *search)
{
	struct str path = search->typed;
	const char *slash = memrchr(path.data, '/', path.len);
	char directory[PATH_MAX] = "./";
	size_t len = slash == NULL ? 0 : (size_t)(slash + 1 - path.data);

	if (len >= sizeof(directory))
		return;
	if (len > 0)
		*str_put(directory, str_slice(path.data, len)) = '\0';
	search->typed = str_slice(path.data + len, path.len - len);
	search->entry_count =
	    scandir(directory, &search->entries, entry_is_shown, alphasort);
	for (int i = 0; i < search->entry_count; i++) {
		struct str name = str_from(search->entries[i]->d_name);

		if ((name.data[0] != '.' || search->typed.len > 0) &&
		    word_is_typeable(search->completion, name))
			search_visit(name, search);
	}
	wire_text_reset(&search->completion->insert);
}

static void
search_free(struct search *search)
{
	for (int i = 0; i < search->entry_count; i++)
		free(search->entries[i]);
	if (search->entry_count >= 0)
		free(search->entries);
}

static bool
search_found_directory(const struct search *search)
{
	for (int i = 0; i < search->entry_count; i++)
		if (search->entries[i]->d_name == search->first.data)
			return search->entries[i]->d_type == DT_DIR;
	return false;
}

static void
search_run(struct search *search)
{
	switch (search->kind) {
	case ARGUMENT_COMMAND:
		slash_command_each(search->completion->dialect, search_visit,
		    search);
		break;
	case ARGUMENT_ROLE:
		search_visit(STR("owner"), search);
		search_visit(STR("moderator"), search);
		search_visit(STR("voice"), search);
		search_visit(STR("member"), search);
		break;
	case ARGUMENT_ROOM:
	case ARGUMENT_MEMBER:
	case ARGUMENT_FILE:
		search_seen_words(search);
		break;
	case ARGUMENT_PATH:
		search_path(search);
		break;
	case ARGUMENT_NONE:
		break;
	}
}

static size_t
characters_count(struct str text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += (text.data[i] & 0xc0) != 0x80;
	return count;
}

/* Behind a whole word; a name that begins a message addresses its member. */
static struct str
word_suffix(const struct search *search, struct str line)
{
	if (search_found_directory(search))
		return STR("/");
	return search->kind == ARGUMENT_MEMBER && line.len == search->typed.len
		   ? STR(": ")
		   : STR(" ");
}

static void
search_put_result(const struct search *search, struct str line,
    struct completion_result *out)
{
	struct completion *completion = search->completion;
	bool is_longer = search->common > search->typed.len;

	wire_text_append(&completion->insert,
	    str_slice(search->first.data, search->common));
	if (search->found == 1)
		wire_text_append(&completion->insert,
		    word_suffix(search, line));
	wire_text_append(&completion->insert, str_slice("", 1)); /* the NUL */
	if (completion->insert.failed || completion->choices.failed)
		return;
	if (search->found == 1 || is_longer) {
		out->erase = characters_count(search->typed);
		out->insert = str_slice(completion->insert.data,
		    completion->insert.len - 1);
	} else
		out->choices = str_slice(completion->choices.data,
		    completion->choices.len);
}

void
completion_find(struct completion *completion, struct str line,
    struct completion_result *out)
{
	struct search search = { .completion = completion };

	*out = (struct completion_result){ 0 };
	search.kind =
	    slash_command_expects(completion->dialect, line, &search.typed);
	wire_text_reset(&completion->choices);
	wire_text_reset(&completion->insert);
	search_run(&search);
	if (search.found > 0)
		search_put_result(&search, line, out);
	search_free(&search);
}
