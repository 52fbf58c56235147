#include "tests/support/commands/transcript.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void
transcript_clear(struct transcript *transcript)
{
	transcript->text[0] = '\0';
	transcript->len = 0;
}

void
transcript_add(struct transcript *transcript, const char *format, ...)
{
	size_t space = sizeof(transcript->text) - transcript->len;
	va_list args;
	int len;

	va_start(args, format);
	len =
	    vsnprintf(transcript->text + transcript->len, space, format, args);
	va_end(args);
	assert(len >= 0 && (size_t)len < space);
	transcript->len += (size_t)len;
}

static void
add_str(struct transcript *transcript, const char *key, struct str value)
{
	if (value.data != NULL)
		transcript_add(transcript, " %s=%.*s", key, (int)value.len,
		    value.data);
}

static void
add_number(struct transcript *transcript, const char *key, uint64_t value)
{
	if (value != 0)
		transcript_add(transcript, " %s=%" PRIu64, key, value);
}

static void
add_flag(struct transcript *transcript, const char *key, bool value)
{
	if (value)
		transcript_add(transcript, " %s", key);
}

static void
add_names(struct transcript *transcript, const struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		transcript_add(transcript, "%s%.*s",
		    i > 0 ? "," : " names=", (int)names->items[i].len,
		    names->items[i].data);
	for (size_t i = 0; names->ids != NULL && i < names->count; i++)
		transcript_add(transcript, "%s%.*s",
		    i > 0 ? "," : " ids=", (int)names->ids[i].len,
		    names->ids[i].data);
	add_flag(transcript, "names_left_out", names->left_out);
	add_flag(transcript, "more_names", names->more);
}

/* The state of a message. */
static void
add_state(struct transcript *transcript, const struct message *message)
{
	add_flag(transcript, "redacted", message->is_redacted);
	add_number(transcript, "edited", (uint64_t)message->edited_ms);
	for (size_t i = 0; i < message->reaction_count; i++) {
		const struct reaction *reaction = &message->reactions[i];

		transcript_add(transcript, " %.*s:%zu%s",
		    (int)reaction->text.len, reaction->text.data,
		    reaction->count, reaction->is_own ? "*" : "");
	}
}

/* Long bodies are shown as their length. */
static void
add_page(struct transcript *transcript, const struct page *page)
{
	for (size_t i = 0; i < page->count; i++) {
		const struct message *message = &page->items[i];

		transcript_add(transcript,
		    " [%" PRIu64 " at=%" PRId64 " %.*s %.*s ", message->seq,
		    message->at_ms, (int)message->author.len,
		    message->author.data, (int)message->author_id.len,
		    message->author_id.data);
		if (message->body.len > 40)
			transcript_add(transcript, "%zu bytes",
			    message->body.len);
		else
			transcript_add(transcript, "%.*s",
			    (int)message->body.len, message->body.data);
		add_state(transcript, message);
		transcript_add(transcript, "]");
	}
	add_flag(transcript, "more", page->more);
}

static void
add_recovery(struct transcript *transcript, const struct recovery *recovery)
{
	add_flag(transcript, "asked", recovery->asked);
	add_flag(transcript, "recovered", recovery->recovered);
	add_flag(transcript, "epoch_changed", recovery->epoch_changed);
	if (recovery->missing_first != 0)
		transcript_add(transcript, " missing=%" PRIu64 "-%" PRIu64,
		    recovery->missing_first, recovery->missing_last);
}

static void
add_rooms(struct transcript *transcript, const struct room_entries *rooms)
{
	for (size_t i = 0; i < rooms->count; i++) {
		const struct room_entry *room = &rooms->items[i];

		transcript_add(transcript, " [%.*s %.*s %zu", (int)room->id.len,
		    room->id.data, (int)room->name.len, room->name.data,
		    room->members);
		add_flag(transcript, "persistent", room->persistent);
		add_flag(transcript, "private", room->is_private);
		add_number(transcript, "since", (uint64_t)room->created_ms);
		add_number(transcript, "alive", (uint64_t)room->active_ms);
		add_number(transcript, "messages", room->messages);
		add_flag(transcript, "uncounted", room->is_uncounted);
		if (room->is_mine)
			transcript_add(transcript,
			    " seq=%" PRIu64 " read=%" PRIu64 " unread=%" PRIu64,
			    room->seq, room->read, room->unread);
		transcript_add(transcript, "]");
	}
	add_flag(transcript, "more_rooms", rooms->more);
}

static void
add_members(struct transcript *transcript, const struct member_entries *members)
{
	for (size_t i = 0; i < members->count; i++) {
		const struct member_entry *member = &members->items[i];

		transcript_add(transcript, " [%.*s %.*s", (int)member->id.len,
		    member->id.data, (int)member->name.len, member->name.data);
		add_number(transcript, "since", (uint64_t)member->since_ms);
		add_flag(transcript, "user", member->is_user);
		transcript_add(transcript, "]");
	}
	add_flag(transcript, "more_members", members->more);
}

static void
add_failure(struct transcript *transcript, const struct failure *failure)
{
	if (failure->error == CHAT_OK)
		return;
	transcript_add(transcript, " %s", chat_error_word(failure->error));
	add_str(transcript, "command", failure->command);
	add_str(transcript, "field", failure->field);
	add_str(transcript, "right", failure->right);
	add_number(transcript, "limit", (uint64_t)failure->limit);
	add_number(transcript, "retry", (uint64_t)failure->retry_after_ms);
	add_str(transcript, "text", failure->text);
	add_flag(transcript, "fatal", failure->fatal);
}

static void
add_audience(struct transcript *transcript, const struct event *event,
    const struct audience *audience)
{
	switch (audience->kind) {
	case AUDIENCE_ONE:
		transcript_add(transcript, "%.*s", (int)audience->member_id.len,
		    audience->member_id.data);
		if (audience->connection != 0)
			transcript_add(transcript, "/%u", audience->connection);
		break;
	case AUDIENCE_ROOM:
		transcript_add(transcript, "room %.*s", (int)audience->room.len,
		    audience->room.data);
		break;
	case AUDIENCE_LOBBY:
		transcript_add(transcript, "lobby");
		break;
	}
	add_str(transcript, "except", audience->except);
	if (audience->except.data != NULL && event->connection != 0)
		transcript_add(transcript, "/%u", event->connection);
}

/* Whether the time of an event is checked. */
static bool
event_is_dated(const struct event *event)
{
	switch (event->kind) {
	case EVENT_ROOMS:
	case EVENT_PONG:
		return true;
	case EVENT_DELIVERED:
	case EVENT_ROOM_JOINED:
	case EVENT_ROOM_LEFT:
	case EVENT_MESSAGE:
	case EVENT_DM:
	case EVENT_DM_SENT:
	case EVENT_REDACTED:
	case EVENT_EDITED:
	case EVENT_REACTED:
	case EVENT_KICKED:
	case EVENT_ROLE:
	case EVENT_TOPIC:
	case EVENT_SLOW:
	case EVENT_ROOM_DELETED:
		return event->room.data != NULL;
	default:
		return false;
	}
}

void
transcript_event(struct transcript *transcript, const struct event *event,
    const struct audience *audience)
{
	add_audience(transcript, event, audience);
	transcript_add(transcript, ": %s", event_kind_word(event->kind));
	add_str(transcript, "ref", event->ref);
	/* Failures have no room and time in the text: they are always set. */
	if (event->kind != EVENT_FAILED)
		add_str(transcript, "room", event->room);
	add_str(transcript, "name", event->room_name);
	add_str(transcript, "epoch", event->epoch);
	add_number(transcript, "seq", event->seq);
	if (event_is_dated(event))
		add_number(transcript, "at", (uint64_t)event->at_ms);
	if (event->kind != EVENT_NAMED)
		add_str(transcript, "was", event->was);
	add_str(transcript, "member", event->member);
	add_str(transcript, "id", event->member_id);
	add_str(transcript, "body", event->body);
	add_number(transcript, "recipients", event->recipients);
	add_number(transcript, "count", event->count);
	add_str(transcript, "reaction", event->reaction);
	add_flag(transcript, "removed", event->is_removed);
	add_flag(transcript, "redacted", event->is_redacted);
	add_flag(transcript, "duplicate", event->duplicate);
	add_flag(transcript, "away", event->away);
	add_flag(transcript, "persistent", event->persistent);
	add_flag(transcript, "private", event->is_private);
	add_flag(transcript, "moderated", event->is_moderated);
	add_str(transcript, "topic", event->topic);
	add_str(transcript, "role", event->role);
	add_number(transcript, "until", (uint64_t)event->until_ms);
	add_number(transcript, "slow", (uint64_t)event->slow_ms);
	if (event->kind != EVENT_DM_SENT || event->in_dialog)
		add_str(transcript, "by", event->by);
	add_flag(transcript, "in_dialog", event->in_dialog);
	if (event->in_dialog)
		add_str(transcript, "recipient", event->recipient);
	add_str(transcript, "fields", event->fields);
	add_str(transcript, "by_id", event->by_id);
	add_str(transcript, "reason", event->reason);
	add_names(transcript, &event->names);
	add_page(transcript, &event->page);
	if (event->changes.count > 0) {
		transcript_add(transcript, " changes");
		add_page(transcript, &event->changes);
	}
	add_recovery(transcript, &event->recovery);
	add_rooms(transcript, &event->rooms);
	add_members(transcript, &event->members);
	add_str(transcript, "server", event->profile.server);
	add_failure(transcript, &event->failure);
	transcript_add(transcript, "\n");
}
