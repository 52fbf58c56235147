/* COMMAND_READ: remember up to which message a user has read a room. */
#include <inttypes.h>
#include <stdio.h>

#include "commands/command_table.h"
#include "commands/support/message_change.h"
#include "commands/support/read_marker.h"
#include "domain/private_talk.h"

/* Only a user comes back: for others there is nothing to remember. */
static enum chat_error
read_run(struct request *request)
{
	uint64_t seq = request->command->from_seq;
	struct str author_id = str_from(request->author.id);
	struct entry entry = { .kind = ENTRY_ATTRIBUTE,
		.room_id = request->room,
		.attribute = { .kind = ATTRIBUTE_READ,
		    .subject = author_id,
		    .by = author_id,
		    .at_ms = request->now_ms } };
	struct read_marker marker;
	char value[READ_MARKER_SIZE];

	if (!member_id_is_of_user(author_id))
		return CHAT_UNAUTHORIZED;
	marker = read_marker_get(request->chat, request->room, author_id,
	    request->now_ms);
	if (seq > marker.last)
		return request_bad_field(request, "seq");
	if (seq <= marker.read) {
		message_change_answer(request);
		return CHAT_OK;
	}
	if (marker.read == 0 &&
	    attribute_store_count(request->chat->attributes, request->room) >=
		request->chat->limits.room_attributes)
		return request_over_limit(request, CHAT_TOO_MANY_ATTRIBUTES,
		    request->chat->limits.room_attributes);
	snprintf(value, sizeof(value), "%" PRIu64, seq);
	entry.attribute.value = str_from(value);
	return request_append(request, &entry);
}

static enum chat_error
read_finish(struct request *request, const struct entry *entry)
{
	struct event event = request_event(request, EVENT_READ);

	event.room = entry->room_id;
	event.seq = read_marker_parse(entry->attribute.value);
	request_publish_to_own_others(request, &event);
	message_change_answer(request);
	return CHAT_OK;
}

const struct command_entry command_read = {
	.needs = NEEDS_AUTHOR | NEEDS_ROOM | MAY_BE_TALK | NEEDS_HISTORY,
	.rights = RIGHT_READ,
	.run = read_run,
	.finish = read_finish,
};
