#include <stdio.h>
#include <stdlib.h>

#include "domain/base/count_of.h"
#include "tests/support/wire/vectors.h"

enum part_type {
	PART_TEXT,
	PART_INT64, /* and uint64_t, size_t: the same bytes */
	PART_UNSIGNED,
	PART_FLAG
};

#define PART(name, type, field)                           \
	{                                                 \
		name, type, offsetof(struct event, field) \
	}

static const struct part {
	const char *name;
	enum part_type type;
	size_t offset;
} parts[] = {
	PART("ref", PART_TEXT, ref),
	PART("room", PART_TEXT, room),
	PART("room_name", PART_TEXT, room_name),
	PART("epoch", PART_TEXT, epoch),
	PART("seq", PART_INT64, seq),
	PART("at_ms", PART_INT64, at_ms),
	PART("member", PART_TEXT, member),
	PART("member_id", PART_TEXT, member_id),
	PART("was", PART_TEXT, was),
	PART("body", PART_TEXT, body),
	PART("recipient", PART_TEXT, recipient),
	PART("fields", PART_TEXT, fields),
	PART("in_dialog", PART_FLAG, in_dialog),
	PART("recipients", PART_INT64, recipients),
	PART("count", PART_INT64, count),
	PART("duplicate", PART_FLAG, duplicate),
	PART("away", PART_FLAG, away),
	PART("persistent", PART_FLAG, persistent),
	PART("redacted", PART_FLAG, is_redacted),
	PART("removed", PART_FLAG, is_removed),
	PART("edited", PART_INT64, edited_ms),
	PART("reaction", PART_TEXT, reaction),
	PART("why", PART_TEXT, reason),
	PART("more_changes", PART_FLAG, changes.more),
	PART("private", PART_FLAG, is_private),
	PART("moderated", PART_FLAG, is_moderated),
	PART("topic", PART_TEXT, topic),
	PART("role", PART_TEXT, role),
	PART("by", PART_TEXT, by),
	PART("by_id", PART_TEXT, by_id),
	PART("until_ms", PART_INT64, until_ms),
	PART("slow_ms", PART_INT64, slow_ms),
	PART("left_out", PART_FLAG, names.left_out),
	PART("more", PART_FLAG, page.more),
	PART("more_names", PART_FLAG, names.more),
	PART("more_rooms", PART_FLAG, rooms.more),
	PART("asked", PART_FLAG, recovery.asked),
	PART("recovered", PART_FLAG, recovery.recovered),
	PART("epoch_changed", PART_FLAG, recovery.epoch_changed),
	PART("missing_first", PART_INT64, recovery.missing_first),
	PART("missing_last", PART_INT64, recovery.missing_last),
	PART("server", PART_TEXT, profile.server),
	PART("durability", PART_TEXT, profile.durability),
	PART("ping_ms", PART_INT64, profile.ping_ms),
	PART("message_bytes", PART_INT64, profile.message_bytes),
	PART("rooms_per_member", PART_INT64, profile.rooms_per_member),
	PART("command", PART_TEXT, failure.command),
	PART("text", PART_TEXT, failure.text),
	PART("field", PART_TEXT, failure.field),
	PART("right", PART_TEXT, failure.right),
	PART("offset", PART_INT64, failure.offset),
	PART("limit", PART_INT64, failure.limit),
	PART("fatal", PART_FLAG, failure.fatal),
	PART("exceeded", PART_TEXT, failure.exceeded),
	PART("failure_retry_after_ms", PART_INT64, failure.retry_after_ms),
	PART("code", PART_UNSIGNED, bye.code),
	PART("reason", PART_TEXT, bye.reason),
	PART("bye_retry_after_ms", PART_INT64, bye.retry_after_ms),
	PART("bye_room", PART_TEXT, bye.room),
	PART("bye_seq", PART_INT64, bye.seq),
};

static void
set_part(struct event *event, const struct part *part, const char *value)
{
	char *at = (char *)event + part->offset;

	if (part->type == PART_TEXT)
		*(struct str *)(void *)at = str_from(value);
	else if (part->type == PART_INT64)
		*(int64_t *)(void *)at = strtoll(value, NULL, 10);
	else if (part->type == PART_UNSIGNED)
		*(unsigned *)(void *)at = (unsigned)strtoul(value, NULL, 10);
	else
		*(bool *)at = true;
}

/* message 17 1795241301123 alice 7f3a01bc "hi" */
static void
event_add_message(struct vector_event *out, char *value)
{
	size_t before = out->event.changes.count;
	struct message *message =
	    &out->messages[before + out->event.page.count++];

	message->seq = strtoull(strsep(&value, " "), NULL, 10);
	message->at_ms = strtoll(strsep(&value, " "), NULL, 10);
	message->author = str_from(strsep(&value, " "));
	message->author_id = str_from(strsep(&value, " "));
	message->body = str_from(value != NULL ? value : "");
	message->is_redacted = value == NULL;
}

/* edited_message 1795241301123: of the last message */
static void
set_edited(struct vector_event *out, const char *value)
{
	out->messages[out->event.page.count - 1].edited_ms =
	    strtoll(value, NULL, 10);
}

/* reactions 3 +1: to the last message */
static void
add_reaction(struct vector_event *out, char *value)
{
	struct message *message = &out->messages[out->event.page.count - 1];
	struct reaction *reaction = &out->reactions[out->reaction_count++];

	if (message->reaction_count++ == 0)
		message->reactions = reaction;
	reaction->count = strtoul(strsep(&value, " "), NULL, 10);
	reaction->text = str_from(value);
}

/* reacted: the last reaction is the reader's, too */
static void
reaction_set_own(struct vector_event *out)
{
	out->reactions[out->reaction_count - 1].is_own = true;
}

/* The messages so far are changes; those that follow are the page. */
static void
move_to_changes(struct vector_event *out)
{
	struct page *page = &out->event.page;

	out->event.changes = *page;
	*page = (struct page){ .items = page->items + page->count };
}

/* entry 25a05739 3 persistent Game Night */
static void
add_entry(struct vector_event *out, char *value)
{
	struct room_entry *entry = &out->rooms[out->event.rooms.count++];
	const char *word;

	entry->id = str_from(strsep(&value, " "));
	entry->members = strtoul(strsep(&value, " "), NULL, 10);
	word = strsep(&value, " ");
	entry->persistent = strcmp(word, "persistent") == 0;
	entry->is_private = strcmp(word, "private") == 0;
	entry->name = str_from(value);
}

/* lively 1795241299902 1795241301110 12: of the last entry */
static void
set_lively(struct vector_event *out, char *value)
{
	struct room_entry *entry = &out->rooms[out->event.rooms.count - 1];

	entry->created_ms = strtoll(strsep(&value, " "), NULL, 10);
	entry->active_ms = strtoll(strsep(&value, " "), NULL, 10);
	entry->messages = strtoull(value, NULL, 10);
}

/* mine 17 15 2: seq, read and unread of the last entry */
static void
entry_set_mine(struct vector_event *out, char *value)
{
	struct room_entry *entry = &out->rooms[out->event.rooms.count - 1];

	entry->is_mine = true;
	entry->seq = strtoull(strsep(&value, " "), NULL, 10);
	entry->read = strtoull(strsep(&value, " "), NULL, 10);
	entry->unread = strtoull(value, NULL, 10);
}

static bool
set_error(struct event *event, const char *word)
{
	for (enum chat_error error = CHAT_OK; error <= CHAT_STORE_FAILED;
	     error++) {
		event->failure.error = error;
		if (strcmp(chat_error_word(error), word) == 0)
			return true;
	}
	return false;
}

static bool
set_by_name(struct vector_event *out, const char *name, char *value)
{
	size_t i = 0;

	if (strcmp(name, "name") == 0) {
		out->names[out->event.names.count++] = str_from(value);
		return true;
	}
	if (strcmp(name, "name_id") == 0) {
		out->event.names.ids = out->ids;
		out->ids[out->id_count++] = str_from(value);
		return true;
	}
	if (strcmp(name, "message") == 0)
		return event_add_message(out, value), true;
	if (strcmp(name, "edited_message") == 0)
		return set_edited(out, value), true;
	if (strcmp(name, "reactions") == 0)
		return add_reaction(out, value), true;
	if (strcmp(name, "reacted") == 0)
		return reaction_set_own(out), true;
	if (strcmp(name, "are_changes") == 0)
		return move_to_changes(out), true;
	if (strcmp(name, "entry") == 0)
		return add_entry(out, value), true;
	if (strcmp(name, "mine") == 0)
		return entry_set_mine(out, value), true;
	if (strcmp(name, "lively") == 0)
		return set_lively(out, value), true;
	if (strcmp(name, "error") == 0)
		return set_error(&out->event, value);
	while (i < COUNT_OF(parts) && strcmp(parts[i].name, name) != 0)
		i++;
	if (i == COUNT_OF(parts))
		return false;
	set_part(&out->event, &parts[i], value == NULL ? "" : value);
	return true;
}

static bool
set_kind(struct event *event, const char *word)
{
	for (enum event_kind kind = 0; kind < EVENT_KINDS; kind++) {
		event->kind = kind;
		if (strcmp(event_kind_word(kind), word) == 0)
			return true;
	}
	return false;
}

void
vector_event_parse(struct vector_event *out, const struct vector *vector)
{
	char *rest, *line;
	bool first = true, known = true;

	*out = (struct vector_event){ .text = strdup(vector->event) };
	out->event.names.items = out->names;
	out->event.page.items = out->messages;
	out->event.rooms.items = out->rooms;
	rest = out->text;
	while (known && *(line = strsep(&rest, "\n")) != '\0') {
		char *name = strsep(&line, " ");

		known = first ? set_kind(&out->event, name)
			      : set_by_name(out, name, line);
		first = false;
		if (!known)
			fprintf(stderr, "%s:%zu: what is %s?\n", vector->file,
			    vector->line, name);
	}
	if (!known)
		exit(EXIT_FAILURE);
}

void
vector_event_free(struct vector_event *event)
{
	free(event->text);
}
