/* Encoders of direct answers. */
#include "wire/common/error_texts.h"
#include "wire/native/native_encoders.h"

/* The beginning of an answer, with the ref of its command. */
static void
answer_begin(struct wire_text *out, struct str head, const struct event *event)
{
	wire_text_append(out, head);
	if (event->ref.data != NULL)
		json_field_raw(out, STR(",\"ref\":"), event->ref);
}

static void
texts_put(struct wire_text *out, struct str head, const struct str *texts,
    size_t count)
{
	wire_text_append(out, head);
	for (size_t i = 0; i < count; i++) {
		wire_text_append_if(out, i > 0, STR(","));
		json_put_string(out, texts[i]);
	}
	wire_text_append(out, STR("]"));
}

static void
names_put(struct wire_text *out, const struct names *names)
{
	texts_put(out, STR(",\"members\":["), names->items, names->count);
	if (names->ids != NULL)
		texts_put(out, STR(",\"ids\":["), names->ids, names->count);
}

/* The reactions of the member that reads. */
static void
message_put_reacted(struct wire_text *out, const struct message *message)
{
	bool has_own = false;

	for (size_t i = 0; i < message->reaction_count; i++) {
		if (!message->reactions[i].is_own)
			continue;
		wire_text_append(out,
		    has_own ? STR(",") : STR(",\"reacted\":["));
		json_put_string(out, message->reactions[i].text);
		has_own = true;
	}
	wire_text_append_if(out, has_own, STR("]"));
}

static void
message_put_reactions(struct wire_text *out, const struct message *message)
{
	if (message->reaction_count == 0)
		return;
	wire_text_append(out, STR(",\"reactions\":{"));
	for (size_t i = 0; i < message->reaction_count; i++) {
		wire_text_append_if(out, i > 0, STR(","));
		json_put_string(out, message->reactions[i].text);
		json_field_unsigned(out, STR(":"), message->reactions[i].count);
	}
	wire_text_append(out, STR("}"));
	message_put_reacted(out, message);
}

static void
page_put(struct wire_text *out, struct str head, const struct page *page)
{
	wire_text_append(out, head);
	for (size_t i = 0; i < page->count; i++) {
		const struct message *message = &page->items[i];

		wire_text_append_if(out, i > 0, STR(","));
		json_field_unsigned(out, STR("{\"seq\":"), message->seq);
		json_field_signed(out, STR(",\"at\":"), message->at_ms);
		json_field_string(out, STR(",\"member\":"), message->author);
		json_field_string(out, STR(",\"member_id\":"),
		    message->author_id);
		event_put_message_text(out, message->body, message->is_redacted,
		    message->edited_ms);
		message_put_reactions(out, message);
		wire_text_append(out, STR("}"));
	}
	wire_text_append(out, STR("]"));
}

bool
native_encode_me(const struct event *event, struct wire_text *out)
{
	const struct profile *profile = &event->profile;

	answer_begin(out, STR("{\"event\":\"me\""), event);
	json_field_string(out, STR(",\"member\":"), event->member);
	json_field_string(out, STR(",\"id\":"), event->member_id);
	json_field_string(out, STR(",\"data\":{\"id\":"), event->member_id);
	wire_text_append(out, STR("}"));
	json_field_string(out, STR(",\"server\":"), profile->server);
	json_field_string(out, STR(",\"durability\":"), profile->durability);
	json_field_signed(out, STR(",\"ping_ms\":"), profile->ping_ms);
	json_field_unsigned(out, STR(",\"limits\":{\"message_bytes\":"),
	    profile->message_bytes);
	json_field_unsigned(out, STR(",\"rooms_per_member\":"),
	    profile->rooms_per_member);
	wire_text_append(out, STR("}"));
	return event_end(out);
}

/* Without a ref no acknowledgement was requested. */
bool
native_encode_delivered(const struct event *event, struct wire_text *out)
{
	if (event->ref.data == NULL)
		return false;
	answer_begin(out, STR("{\"event\":\"ack\""), event);
	event_put_place(out, event);
	/* The recipients of the first attempt are not stored. */
	if (event->duplicate)
		wire_text_append(out, STR(",\"duplicate\":true"));
	else
		json_field_unsigned(out, STR(",\"recipients\":"),
		    event->recipients);
	return event_end(out);
}

bool
native_encode_list(const struct event *event, struct wire_text *out)
{
	answer_begin(out, STR("{\"event\":\"list\""), event);
	json_field_optional(out, STR(",\"room\":"), event->room);
	names_put(out, &event->names);
	wire_text_append_if(out, event->names.more, STR(",\"more\":true"));
	return event_end(out);
}

bool
native_encode_dm_sent(const struct event *event, struct wire_text *out)
{
	answer_begin(out, STR("{\"event\":\"dm_sent\""), event);
	event_put_place(out, event);
	json_field_optional(out, STR(",\"member\":"), event->member);
	json_field_string(out, STR(",\"member_id\":"), event->member_id);
	/* The text of the first attempt counts, which may be another. */
	if (event->duplicate)
		wire_text_append(out, STR(",\"duplicate\":true"));
	else
		json_field_raw(out, STR(",\"message\":"), event->body);
	wire_text_append_if(out, event->away, STR(",\"away\":true"));
	return event_end(out);
}

bool
native_encode_named(const struct event *event, struct wire_text *out)
{
	answer_begin(out, STR("{\"event\":\"named\""), event);
	json_field_string(out, STR(",\"member\":"), event->member);
	json_field_string(out, STR(",\"id\":"), event->member_id);
	return event_end(out);
}

bool
native_encode_created(const struct event *event, struct wire_text *out)
{
	answer_begin(out, STR("{\"event\":\"created\""), event);
	json_field_string(out, STR(",\"room\":"), event->room);
	json_field_string(out, STR(",\"name\":"), event->room_name);
	json_field_boolean(out, STR(",\"persistent\":"), event->persistent);
	return event_end(out);
}

static void
recovery_put(struct wire_text *out, const struct recovery *recovery)
{
	if (!recovery->asked)
		return;
	json_field_boolean(out, STR(",\"recovered\":"), recovery->recovered);
	if (recovery->missing_first != 0) {
		json_field_unsigned(out, STR(",\"missing\":["),
		    recovery->missing_first);
		json_field_unsigned(out, STR(","), recovery->missing_last);
		wire_text_append(out, STR("]"));
	}
	wire_text_append_if(out, recovery->epoch_changed,
	    STR(",\"epoch_changed\":true"));
}

/* Options that are not the default. */
static void
room_options_put(struct wire_text *out, const struct event *event)
{
	json_field_optional(out, STR(",\"topic\":"), event->topic);
	json_field_optional(out, STR(",\"role\":"), event->role);
	wire_text_append_if(out, event->is_private, STR(",\"private\":true"));
	wire_text_append_if(out, event->is_moderated,
	    STR(",\"moderated\":true"));
	if (event->slow_ms != 0)
		json_field_signed(out, STR(",\"slow_ms\":"), event->slow_ms);
}

bool
native_encode_joined(const struct event *event, struct wire_text *out)
{
	answer_begin(out, STR("{\"event\":\"joined\""), event);
	json_field_string(out, STR(",\"room\":"), event->room);
	json_field_string(out, STR(",\"name\":"), event->room_name);
	json_field_string(out, STR(",\"epoch\":"), event->epoch);
	json_field_unsigned(out, STR(",\"seq\":"), event->seq);
	room_options_put(out, event);
	if (!event->names.left_out)
		names_put(out, &event->names);
	json_field_unsigned(out, STR(",\"count\":"), event->count);
	page_put(out, STR(",\"messages\":["), &event->page);
	recovery_put(out, &event->recovery);
	wire_text_append_if(out, event->page.more, STR(",\"more\":true"));
	if (event->changes.count > 0)
		page_put(out, STR(",\"changes\":["), &event->changes);
	wire_text_append_if(out, event->changes.more,
	    STR(",\"more_changes\":true"));
	return event_end(out);
}

bool
native_encode_left(const struct event *event, struct wire_text *out)
{
	answer_begin(out, STR("{\"event\":\"left\""), event);
	json_field_string(out, STR(",\"room\":"), event->room);
	return event_end(out);
}

bool
native_encode_rooms(const struct event *event, struct wire_text *out)
{
	answer_begin(out, STR("{\"event\":\"rooms\""), event);
	wire_text_append(out, STR(",\"rooms\":["));
	for (size_t i = 0; i < event->rooms.count; i++) {
		const struct room_entry *entry = &event->rooms.items[i];

		wire_text_append_if(out, i > 0, STR(","));
		json_field_string(out, STR("{\"room\":"), entry->id);
		json_field_string(out, STR(",\"name\":"), entry->name);
		json_field_unsigned(out, STR(",\"members\":"), entry->members);
		json_field_boolean(out, STR(",\"persistent\":"),
		    entry->persistent);
		wire_text_append_if(out, entry->is_private,
		    STR(",\"private\":true"));
		if (entry->is_mine) {
			json_field_unsigned(out, STR(",\"seq\":"), entry->seq);
			json_field_unsigned(out, STR(",\"read\":"),
			    entry->read);
			json_field_unsigned(out, STR(",\"unread\":"),
			    entry->unread);
		}
		wire_text_append(out, STR("}"));
	}
	wire_text_append(out, STR("]"));
	wire_text_append_if(out, event->rooms.more, STR(",\"more\":true"));
	return event_end(out);
}

bool
native_encode_history(const struct event *event, struct wire_text *out)
{
	answer_begin(out, STR("{\"event\":\"history\""), event);
	json_field_string(out, STR(",\"room\":"), event->room);
	json_field_string(out, STR(",\"epoch\":"), event->epoch);
	page_put(out, STR(",\"messages\":["), &event->page);
	wire_text_append_if(out, event->page.more, STR(",\"more\":true"));
	return event_end(out);
}

bool
native_encode_done(const struct event *event, struct wire_text *out)
{
	answer_begin(out, STR("{\"event\":\"done\""), event);
	json_field_optional(out, STR(",\"command\":"), event->failure.command);
	json_field_optional(out, STR(",\"room\":"), event->room);
	return event_end(out);
}

bool
native_encode_pong(const struct event *event, struct wire_text *out)
{
	answer_begin(out, STR("{\"event\":\"pong\""), event);
	json_field_signed(out, STR(",\"at\":"), event->at_ms);
	return event_end(out);
}

bool
native_encode_failed(const struct event *event, struct wire_text *out)
{
	const struct failure *failure = &event->failure;

	answer_begin(out, STR("{\"event\":\"error\""), event);
	json_field_optional(out, STR(",\"command\":"), failure->command);
	json_field_string(out, STR(",\"code\":"),
	    str_from(chat_error_word(failure->error)));
	json_field_string(out, STR(",\"message\":"), error_text_plain(failure));
	json_field_optional(out, STR(",\"field\":"), failure->field);
	json_field_optional(out, STR(",\"right\":"), failure->right);
	if (failure->error == CHAT_BAD_JSON)
		json_field_unsigned(out, STR(",\"offset\":"), failure->offset);
	if (failure->limit != 0)
		json_field_signed(out, STR(",\"limit\":"), failure->limit);
	if (failure->exceeded.data != NULL)
		json_field_string(out, STR(",\"exceeded\":"),
		    failure->exceeded);
	if (failure->retry_after_ms != 0)
		json_field_signed(out, STR(",\"retry_after_ms\":"),
		    failure->retry_after_ms);
	return event_end(out);
}

bool
native_encode_bye(const struct event *event, struct wire_text *out)
{
	const struct bye *bye = &event->bye;

	json_field_unsigned(out, STR("{\"event\":\"bye\",\"code\":"),
	    bye->code);
	json_field_string(out, STR(",\"reason\":"), bye->reason);
	if (bye->retry_after_ms != 0)
		json_field_signed(out, STR(",\"retry_after_ms\":"),
		    bye->retry_after_ms);
	if (bye->room.data != NULL) {
		json_field_string(out, STR(",\"room\":"), bye->room);
		json_field_unsigned(out, STR(",\"seq\":"), bye->seq);
	}
	return event_end(out);
}
