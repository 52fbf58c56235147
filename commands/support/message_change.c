#include "commands/support/message_change.h"

#include <inttypes.h>

#include "domain/private_talk.h"
#include "domain/text/log_text.h"

enum chat_error
message_change_find(struct request *request, struct message *out)
{
	uint64_t seq = request->command->from_seq;

	if (seq == 0)
		return request_bad_field(request, "seq");
	if (!history_get(request->chat->history, request->room, seq,
		request->now_ms, out))
		return CHAT_MESSAGE_NOT_FOUND;
	return CHAT_OK;
}

bool
message_change_is_own(const struct request *request,
    const struct message *message)
{
	return str_equal(message->author_id, str_from(request->author.id));
}

/*
 * The time of a change does not run back against those of the room's messages:
 * resume_collect() compares them.
 */
static int64_t
change_at_ms(const struct request *request)
{
	struct history_span span;

	if (history_span(request->chat->history, request->room, request->now_ms,
		&span) != CHAT_OK ||
	    span.last_at_ms < request->now_ms)
		return request->now_ms;
	return span.last_at_ms;
}

enum chat_error
message_change_append(struct request *request, struct attribute *attribute,
    bool remove)
{
	struct entry entry = { .kind = ENTRY_ATTRIBUTE,
		.room_id = request->room };

	attribute->seq = request->command->from_seq;
	attribute->at_ms = change_at_ms(request);
	attribute->by = str_from(request->author.id);
	if (!remove)
		attribute->value = str_from(request->author.name);
	entry.attribute = *attribute;
	return request_append(request, &entry);
}

struct event
message_change_event(const struct entry *entry, enum event_kind kind)
{
	const struct attribute *attribute = &entry->attribute;

	return (struct event){
		.kind = kind,
		.room = entry->room_id,
		.seq = attribute->seq,
		.at_ms = attribute->at_ms,
		.member = attribute->value,
		.member_id = attribute->by,
	};
}

void
message_change_log(const struct request *request, const struct entry *entry,
    struct log_limit *limit, enum log_level level)
{
	const struct attribute *attribute = &entry->attribute;
	char by[LOG_TEXT_SIZE], name[LOG_TEXT_SIZE];

	log_text_write(attribute->by, by);
	log_text_write(attribute->value, name);
	log_line_limited(limit, level,
	    "message: action=%s room=%.*s seq=%" PRIu64 " by=%s by_name=\"%s\"",
	    command_kind_word(request->command->kind), (int)entry->room_id.len,
	    entry->room_id.data, attribute->seq, by, name);
}

void
message_change_answer(const struct request *request)
{
	struct event done = { .kind = EVENT_DONE, .room = request->room };

	request_answer(request, &done);
}

void
message_change_publish(struct request *request, const struct entry *entry,
    const struct event *event)
{
	struct publisher *publisher = request->chat->publisher;

	if (talk_id_is_valid(entry->room_id)) {
		publisher_publish(publisher, event,
		    audience_one(event->member_id));
		publisher_publish(publisher, event,
		    audience_one(talk_other(entry->room_id, event->member_id)));
	} else {
		publisher_publish(publisher, event,
		    audience_room(entry->room_id));
	}
	message_change_answer(request);
}
