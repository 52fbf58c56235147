/* What is said to whoever asked. */
#include "wire/common/error_texts.h"
#include "wire/native/native_encoders.h"

/* The beginning of an answer, which carries the ref of its question. */
static void
put_answer(struct wire_text *out, struct str head, const struct event *event)
{
	wire_text_append(out, head);
	if (event->ref.data != NULL)
		put_json(out, STR(",\"ref\":"), event->ref);
}

static void
put_names(struct wire_text *out, const struct names *names)
{
	wire_text_append(out, STR(",\"members\":["));
	for (size_t i = 0; i < names->count; i++) {
		put_if(out, i > 0, STR(","));
		json_put_string(out, names->items[i]);
	}
	wire_text_append(out, STR("]"));
}

static void
put_page(struct wire_text *out, const struct page *page)
{
	wire_text_append(out, STR(",\"messages\":["));
	for (size_t i = 0; i < page->count; i++) {
		const struct message *message = &page->items[i];

		put_if(out, i > 0, STR(","));
		put_unsigned(out, STR("{\"seq\":"), message->seq);
		put_signed(out, STR(",\"at\":"), message->at_ms);
		put_text(out, STR(",\"member\":"), message->author);
		put_text(out, STR(",\"member_id\":"), message->author_id);
		put_json(out, STR(",\"message\":"), message->body);
		wire_text_append(out, STR("}"));
	}
	wire_text_append(out, STR("]"));
}

bool
command_encode_me(const struct event *event, struct wire_text *out)
{
	const struct profile *profile = &event->profile;

	put_answer(out, STR("{\"event\":\"me\""), event);
	put_text(out, STR(",\"member\":"), event->member);
	put_text(out, STR(",\"id\":"), event->member_id);
	put_text(out, STR(",\"data\":{\"id\":"), event->member_id);
	wire_text_append(out, STR("}"));
	put_text(out, STR(",\"server\":"), profile->server);
	put_text(out, STR(",\"durability\":"), profile->durability);
	put_signed(out, STR(",\"ping_ms\":"), profile->ping_ms);
	put_unsigned(out, STR(",\"limits\":{\"message_bytes\":"),
	    profile->message_bytes);
	put_unsigned(out, STR(",\"rooms_per_member\":"),
	    profile->rooms_per_member);
	wire_text_append(out, STR("}"));
	return put_end(out);
}

/* Who gave no ref does not wait for an acknowledgement. */
bool
command_encode_delivered(const struct event *event, struct wire_text *out)
{
	if (event->ref.data == NULL)
		return false;
	put_answer(out, STR("{\"event\":\"ack\""), event);
	if (event->room.data != NULL) {
		put_text(out, STR(",\"room\":"), event->room);
		put_unsigned(out, STR(",\"seq\":"), event->seq);
		put_signed(out, STR(",\"at\":"), event->at_ms);
	}
	/* Whom the first try reached, nobody remembers. */
	if (event->duplicate)
		wire_text_append(out, STR(",\"duplicate\":true"));
	else
		put_unsigned(out, STR(",\"recipients\":"), event->recipients);
	return put_end(out);
}

bool
command_encode_list(const struct event *event, struct wire_text *out)
{
	put_answer(out, STR("{\"event\":\"list\""), event);
	put_text_if_given(out, STR(",\"room\":"), event->room);
	put_names(out, &event->names);
	put_if(out, event->names.more, STR(",\"more\":true"));
	return put_end(out);
}

bool
command_encode_dm_sent(const struct event *event, struct wire_text *out)
{
	put_answer(out, STR("{\"event\":\"dm_sent\""), event);
	put_member(out, event);
	put_json(out, STR(",\"message\":"), event->body);
	return put_end(out);
}

bool
command_encode_named(const struct event *event, struct wire_text *out)
{
	put_answer(out, STR("{\"event\":\"named\""), event);
	put_text(out, STR(",\"member\":"), event->member);
	put_text(out, STR(",\"id\":"), event->member_id);
	return put_end(out);
}

bool
command_encode_created(const struct event *event, struct wire_text *out)
{
	put_answer(out, STR("{\"event\":\"created\""), event);
	put_text(out, STR(",\"room\":"), event->room);
	put_text(out, STR(",\"name\":"), event->room_name);
	put_boolean(out, STR(",\"persistent\":"), event->persistent);
	return put_end(out);
}

static void
put_recovery(struct wire_text *out, const struct recovery *recovery)
{
	if (!recovery->asked)
		return;
	put_boolean(out, STR(",\"recovered\":"), recovery->recovered);
	if (recovery->missing_first != 0) {
		put_unsigned(out, STR(",\"missing\":["),
		    recovery->missing_first);
		put_unsigned(out, STR(","), recovery->missing_last);
		wire_text_append(out, STR("]"));
	}
	put_if(out, recovery->epoch_changed, STR(",\"epoch_changed\":true"));
}

bool
command_encode_joined(const struct event *event, struct wire_text *out)
{
	put_answer(out, STR("{\"event\":\"joined\""), event);
	put_text(out, STR(",\"room\":"), event->room);
	put_text(out, STR(",\"name\":"), event->room_name);
	put_text(out, STR(",\"epoch\":"), event->epoch);
	put_unsigned(out, STR(",\"seq\":"), event->seq);
	if (!event->names.left_out)
		put_names(out, &event->names);
	put_unsigned(out, STR(",\"count\":"), event->count);
	put_page(out, &event->page);
	put_recovery(out, &event->recovery);
	put_if(out, event->page.more, STR(",\"more\":true"));
	return put_end(out);
}

bool
command_encode_left(const struct event *event, struct wire_text *out)
{
	put_answer(out, STR("{\"event\":\"left\""), event);
	put_text(out, STR(",\"room\":"), event->room);
	return put_end(out);
}

bool
command_encode_rooms(const struct event *event, struct wire_text *out)
{
	put_answer(out, STR("{\"event\":\"rooms\""), event);
	wire_text_append(out, STR(",\"rooms\":["));
	for (size_t i = 0; i < event->rooms.count; i++) {
		const struct room_entry *entry = &event->rooms.items[i];

		put_if(out, i > 0, STR(","));
		put_text(out, STR("{\"room\":"), entry->id);
		put_text(out, STR(",\"name\":"), entry->name);
		put_unsigned(out, STR(",\"members\":"), entry->members);
		put_boolean(out, STR(",\"persistent\":"), entry->persistent);
		wire_text_append(out, STR("}"));
	}
	wire_text_append(out, STR("]"));
	put_if(out, event->rooms.more, STR(",\"more\":true"));
	return put_end(out);
}

bool
command_encode_history(const struct event *event, struct wire_text *out)
{
	put_answer(out, STR("{\"event\":\"history\""), event);
	put_text(out, STR(",\"room\":"), event->room);
	put_text(out, STR(",\"epoch\":"), event->epoch);
	put_page(out, &event->page);
	put_if(out, event->page.more, STR(",\"more\":true"));
	return put_end(out);
}

bool
command_encode_pong(const struct event *event, struct wire_text *out)
{
	put_answer(out, STR("{\"event\":\"pong\""), event);
	put_signed(out, STR(",\"at\":"), event->at_ms);
	return put_end(out);
}

bool
command_encode_failed(const struct event *event, struct wire_text *out)
{
	const struct failure *failure = &event->failure;

	put_answer(out, STR("{\"event\":\"error\""), event);
	put_text_if_given(out, STR(",\"command\":"), failure->command);
	put_text(out, STR(",\"code\":"),
	    str_from(chat_error_word(failure->error)));
	put_text(out, STR(",\"message\":"), error_text_plain(failure));
	put_text_if_given(out, STR(",\"field\":"), failure->field);
	if (failure->error == CHAT_BAD_JSON)
		put_unsigned(out, STR(",\"offset\":"), failure->offset);
	if (failure->limit != 0)
		put_signed(out, STR(",\"limit\":"), failure->limit);
	if (failure->retry_after_ms != 0)
		put_signed(out, STR(",\"retry_after_ms\":"),
		    failure->retry_after_ms);
	return put_end(out);
}

bool
command_encode_bye(const struct event *event, struct wire_text *out)
{
	const struct bye *bye = &event->bye;

	put_unsigned(out, STR("{\"event\":\"bye\",\"code\":"), bye->code);
	put_text(out, STR(",\"reason\":"), bye->reason);
	if (bye->retry_after_ms != 0)
		put_signed(out, STR(",\"retry_after_ms\":"),
		    bye->retry_after_ms);
	return put_end(out);
}
