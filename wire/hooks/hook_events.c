#include "wire/hooks/hook_events.h"

#include <assert.h>

#include "domain/private_talk.h"
#include "domain/role.h"
#include "wire/json/json_fields.h"

/* Up to the time of the event; the caller adds the rest, and "}". */
static void
hook_event_begin(struct wire_text *out, const struct hook_stamp *stamp,
    struct str word, int64_t at_ms)
{
	json_field_string(out, STR("{\"event\":"), word);
	json_field_unsigned(out, STR(",\"number\":"), stamp->number);
	json_field_signed(out, STR(",\"at\":"), at_ms);
}

static void
hook_event_end(struct wire_text *out)
{
	wire_text_append(out, STR("}"));
}

static void
author_put(struct wire_text *out, struct str name, struct str id)
{
	json_field_string(out, STR(",\"member\":"), name);
	json_field_string(out, STR(",\"member_id\":"), id);
}

/* Omits the field if the text is absent or empty. */
static void
field_put_given(struct wire_text *out, struct str head, struct str text)
{
	if (!str_is_empty(text))
		json_field_string(out, head, text);
}

/* --- entries -------------------------------------------------------------- */

static void
room_put(struct wire_text *out, const struct entry *entry,
    const struct room *room)
{
	json_field_string(out, STR(",\"room\":"), entry->room_id);
	if (room != NULL)
		json_field_string(out, STR(",\"epoch\":"),
		    str_from(room->epoch));
}

/* A stored message whose text is gone has none. */
static void
said_put(struct wire_text *out, const struct hook_stamp *stamp,
    const struct entry *entry, const struct room *room)
{
	const struct message *message = &entry->message;

	hook_event_begin(out, stamp, STR("message"), message->at_ms);
	room_put(out, entry, room);
	json_field_unsigned(out, STR(",\"seq\":"), message->seq);
	author_put(out, message->author, message->author_id);
	field_put_given(out, STR(",\"key\":"), message->key);
	if (message->body.len > 0)
		json_field_message(out, STR(",\"message\":"), message->body);
}

static void
created_put(struct wire_text *out, const struct hook_stamp *stamp,
    const struct entry *entry, const struct room *room)
{
	hook_event_begin(out, stamp, STR("room_created"),
	    room != NULL ? room->created_ms : stamp->at_ms);
	room_put(out, entry, room);
	if (room == NULL)
		return;
	json_field_string(out, STR(",\"name\":"), str_from(room->name));
	json_field_boolean(out, STR(",\"persistent\":"), room->persistent);
	json_field_boolean(out, STR(",\"private\":"), room->is_private);
	field_put_given(out, STR(",\"creator\":"), str_from(room->creator));
}

static struct str
reason_of(const struct command *requester)
{
	return requester == NULL ? STR_ABSENT : requester->reason;
}

/* A penalty has a word of its own; its end is a change of the role. */
static void
standing_put(struct wire_text *out, const struct hook_stamp *stamp,
    const struct entry *entry, const struct room *room,
    const struct command *requester)
{
	const struct attribute *attribute = &entry->attribute;
	bool is_penalty;
	struct standing standing;

	standing_read(attribute->value, &standing);
	is_penalty = standing.penalty < ROLE_MEMBER;
	hook_event_begin(out, stamp,
	    is_penalty ? role_word(standing.penalty) : STR("role"),
	    attribute->at_ms);
	room_put(out, entry, room);
	json_field_string(out, STR(",\"member_id\":"), attribute->subject);
	json_field_string(out, STR(",\"role\":"), role_word(standing.role));
	if (is_penalty && standing.until_ms != 0)
		json_field_signed(out, STR(",\"until\":"), standing.until_ms);
	field_put_given(out, STR(",\"by_id\":"), attribute->by);
	field_put_given(out, STR(",\"reason\":"), reason_of(requester));
}

static void
membership_put(struct wire_text *out, const struct hook_stamp *stamp,
    const struct entry *entry, const struct room *room)
{
	const struct attribute *attribute = &entry->attribute;

	hook_event_begin(out, stamp,
	    str_is_empty(attribute->value) ? STR("member_removed")
					   : STR("member_added"),
	    attribute->at_ms);
	room_put(out, entry, room);
	field_put_given(out, STR(",\"member\":"), attribute->value);
	json_field_string(out, STR(",\"member_id\":"), attribute->subject);
	field_put_given(out, STR(",\"by_id\":"), attribute->by);
}

/* A change of a message. The attribute's value is the name of its author. */
static void
hook_change_begin(struct wire_text *out, const struct hook_stamp *stamp,
    const struct entry *entry, const struct room *room, struct str word)
{
	const struct attribute *attribute = &entry->attribute;

	hook_event_begin(out, stamp, word, attribute->at_ms);
	room_put(out, entry, room);
	json_field_unsigned(out, STR(",\"seq\":"), attribute->seq);
	field_put_given(out, STR(",\"member\":"), attribute->value);
	field_put_given(out, STR(",\"member_id\":"), attribute->by);
}

/* The number that the text begins with. */
static uint64_t
number_of(struct str text)
{
	uint64_t number = 0;

	for (size_t i = 0; i < text.len && number < UINT32_MAX; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			break;
		number = number * 10 + (uint64_t)(text.data[i] - '0');
	}
	return number;
}

static void
property_begin(struct wire_text *out, const struct hook_stamp *stamp,
    const struct entry *entry, const struct room *room, struct str word)
{
	hook_event_begin(out, stamp, word, entry->attribute.at_ms);
	room_put(out, entry, room);
	field_put_given(out, STR(",\"by_id\":"), entry->attribute.by);
}

/* An edit that a snapshot has kept may have no text: the message has it. */
static bool
attribute_put(struct wire_text *out, const struct hook_stamp *stamp,
    const struct entry *entry, const struct room *room,
    const struct command *requester)
{
	const struct attribute *attribute = &entry->attribute;

	switch (attribute->kind) {
	case ATTRIBUTE_TOPIC:
		property_begin(out, stamp, entry, room, STR("topic"));
		json_field_string(out, STR(",\"topic\":"),
		    str_is_empty(attribute->value) ? STR("")
						   : attribute->value);
		return true;
	case ATTRIBUTE_SLOW:
		property_begin(out, stamp, entry, room, STR("slow"));
		json_field_unsigned(out, STR(",\"slow_ms\":"),
		    number_of(attribute->value));
		return true;
	case ATTRIBUTE_ROLE:
		standing_put(out, stamp, entry, room, requester);
		return true;
	case ATTRIBUTE_MEMBER:
		membership_put(out, stamp, entry, room);
		return true;
	case ATTRIBUTE_REDACTION:
		hook_change_begin(out, stamp, entry, room, STR("redacted"));
		field_put_given(out, STR(",\"reason\":"), reason_of(requester));
		return true;
	case ATTRIBUTE_EDIT:
		hook_change_begin(out, stamp, entry, room, STR("edited"));
		if (attribute->body.len > 0)
			json_field_message(out, STR(",\"message\":"),
			    attribute->body);
		return true;
	case ATTRIBUTE_REACTION:
		hook_change_begin(out, stamp, entry, room, STR("reacted"));
		json_field_string(out, STR(",\"reaction\":"), attribute->label);
		if (str_is_empty(attribute->value))
			wire_text_append(out, STR(",\"removed\":true"));
		return true;
	case ATTRIBUTE_READ:
	case ATTRIBUTE_KINDS:
		break;
	}
	return false;
}

/* Private talks of two users are not reported. */
bool
hook_put_entry(struct wire_text *out, const struct hook_stamp *stamp,
    const struct entry *entry, const struct room *room,
    const struct command *requester)
{
	if (entry->is_duplicate || talk_id_is_valid(entry->room_id))
		return false;
	switch (entry->kind) {
	case ENTRY_MESSAGE:
		said_put(out, stamp, entry, room);
		break;
	case ENTRY_ROOM_CREATED:
		created_put(out, stamp, entry, room);
		break;
	case ENTRY_ROOM_REMOVED:
		hook_event_begin(out, stamp, STR("room_deleted"), stamp->at_ms);
		room_put(out, entry, NULL);
		break;
	case ENTRY_ATTRIBUTE:
		if (!attribute_put(out, stamp, entry, room, requester))
			return false;
		break;
	case ENTRY_BARRIER:
		return false;
	}
	hook_event_end(out);
	return true;
}

/* --- presence ------------------------------------------------------------- */

void
hook_put_connection(struct wire_text *out, const struct hook_stamp *stamp,
    const char *word, const struct member *member, uint32_t connection,
    uint64_t generation)
{
	hook_event_begin(out, stamp, str_from(word), stamp->at_ms);
	author_put(out, str_from(member->name), str_from(member->id));
	json_field_boolean(out, STR(",\"user\":"), member->is_user);
	json_field_unsigned(out, STR(",\"connection\":"), connection);
	json_field_unsigned(out, STR(",\"generation\":"), generation);
	hook_event_end(out);
}

void
hook_put_stay(struct wire_text *out, const struct hook_stamp *stamp,
    const char *word, const struct member *member, const struct room *room,
    uint64_t generation)
{
	hook_event_begin(out, stamp, str_from(word), stamp->at_ms);
	json_field_string(out, STR(",\"room\":"), str_from(room->id));
	author_put(out, str_from(member->name), str_from(member->id));
	json_field_unsigned(out, STR(",\"members\":"), room->member_count);
	json_field_unsigned(out, STR(",\"generation\":"), generation);
	hook_event_end(out);
}

void
hook_put_emptied(struct wire_text *out, const struct hook_stamp *stamp,
    const struct room *room)
{
	hook_event_begin(out, stamp, STR("room_emptied"), stamp->at_ms);
	json_field_string(out, STR(",\"room\":"), str_from(room->id));
	json_field_boolean(out, STR(",\"persistent\":"), room->persistent);
	hook_event_end(out);
}

void
hook_put_event(struct wire_text *out, const struct hook_stamp *stamp,
    const struct event *event)
{
	hook_event_begin(out, stamp, str_from(event_kind_word(event->kind)),
	    stamp->at_ms);
	json_field_optional(out, STR(",\"room\":"), event->room);
	author_put(out, event->member, event->member_id);
	field_put_given(out, STR(",\"was\":"), event->was);
	field_put_given(out, STR(",\"by\":"), event->by);
	field_put_given(out, STR(",\"by_id\":"), event->by_id);
	field_put_given(out, STR(",\"reason\":"), event->reason);
	if (event->body.len > 0)
		json_field_message(out, STR(",\"message\":"), event->body);
	hook_event_end(out);
}

void
hook_put_gap(struct wire_text *out, const struct hook_stamp *stamp,
    uint64_t lost)
{
	hook_event_begin(out, stamp, STR("gap"), stamp->at_ms);
	json_field_unsigned(out, STR(",\"lost\":"), lost);
	hook_event_end(out);
}

void
hook_put_started(struct wire_text *out, const struct hook_stamp *stamp)
{
	hook_event_begin(out, stamp, STR("started"), stamp->at_ms);
	hook_event_end(out);
}
