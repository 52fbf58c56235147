#include "commands/support/room_options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands/support/room_roles.h"
#include "domain/private_talk.h"
#include "domain/text/utf8.h"

static_assert(ROOM_TOPIC_CHARS * 4 <= ATTRIBUTE_VALUE_MOST, "holds a topic");

/* --- new rooms ------------------------------------------------------------ */

/* The server makes rooms for users, and others without an owner. */
static bool
author_can_own(const struct request *request, const struct room *room)
{
	const struct member *author = &request->author;

	if (request->command->flags & COMMAND_OF_SERVER)
		return member_id_is_of_user(str_from(author->id));
	return !author->is_guest && (author->is_user || !room->persistent);
}

enum chat_error
room_options_read(struct request *request, struct room *room)
{
	const struct command *command = request->command;
	const struct member *author = &request->author;
	enum chat_error error = room_options_check_topic(request);

	if (error == CHAT_OK)
		error = room_options_check_slow(request);
	room->is_private = (command->flags & COMMAND_PRIVATE) != 0;
	room->is_moderated = (command->flags & COMMAND_MODERATED) != 0;
	room->slow_ms = command->slow_ms;
	if (author_can_own(request, room))
		memcpy(room->creator, author->id, sizeof(room->creator));
	return error;
}

/* --- topics --------------------------------------------------------------- */

/* A topic is one line. */
static bool
topic_char_is_control(uint32_t character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0) ||
	       character == 0x2028 || character == 0x2029 ||
	       character == UTF8_INVALID;
}

enum chat_error
room_options_check_topic(struct request *request)
{
	struct str topic = request->command->topic;
	size_t at = 0, count = 0;

	while (at < topic.len)
		if (topic_char_is_control(utf8_next(topic, &at)) ||
		    ++count > ROOM_TOPIC_CHARS) {
			request->failure.text =
			    STR("A topic is one line of at most 256 "
				"characters");
			return request_bad_field(request, "topic");
		}
	return CHAT_OK;
}

static struct entry
option_entry(const struct request *request, const struct room *room,
    enum attribute_kind kind, struct str value)
{
	return (struct entry){ .kind = ENTRY_ATTRIBUTE,
		.room_id = str_from(room->id),
		.attribute = {
		    .kind = kind,
		    .subject = STR(""),
		    .value = value,
		    .by = str_from(request->author.id),
		    .at_ms = request->now_ms,
		} };
}

enum chat_error
room_options_append_topic(struct request *request, const struct room *room)
{
	struct entry entry = option_entry(request, room, ATTRIBUTE_TOPIC,
	    request->command->topic);

	return request_append(request, &entry);
}

/* If it cannot be written the room has no topic. */
void
room_options_apply(struct request *request, const struct room *room)
{
	struct entry entry = option_entry(request, room, ATTRIBUTE_TOPIC,
	    request->command->topic);

	if (!str_is_empty(request->command->topic))
		(void)commit_log_append(request->chat->log, &entry, NULL);
}

/* --- slow mode ------------------------------------------------------------ */

/* The digits of a duration, and a NUL. */
#define SLOW_SIZE 20

enum chat_error
room_options_check_slow(struct request *request)
{
	if (request->command->slow_ms > ROOM_SLOW_MOST_MS)
		return request_bad_field(request, "slow_ms");
	return CHAT_OK;
}

enum chat_error
room_options_append_slow(struct request *request, const struct room *room)
{
	char value[SLOW_SIZE];
	int len = snprintf(value, sizeof(value), "%" PRId64,
	    request->command->slow_ms);
	struct entry entry = option_entry(request, room, ATTRIBUTE_SLOW,
	    str_slice(value, (size_t)len));

	return request_append(request, &entry);
}

int64_t
room_options_slow_ms(const struct request *request, const struct room *room)
{
	struct attribute attribute;
	char digits[SLOW_SIZE];

	if (!attribute_store_get(request->chat->attributes, str_from(room->id),
		ATTRIBUTE_SLOW, STR(""), &attribute) ||
	    attribute.value.len >= sizeof(digits))
		return room->slow_ms;
	memcpy(digits, attribute.value.data, attribute.value.len);
	digits[attribute.value.len] = '\0';
	return strtoll(digits, NULL, 10);
}

/* --- members that join ---------------------------------------------------- */

void
room_options_describe(const struct request *request, const struct room *room,
    struct event *event)
{
	enum role role = room_roles_of_author(request, room);
	struct attribute topic;

	if (attribute_store_get(request->chat->attributes, str_from(room->id),
		ATTRIBUTE_TOPIC, STR(""), &topic))
		event->topic = topic.value;
	if (role != ROLE_MEMBER)
		event->role = role_word(role);
	event->is_private = room->is_private;
	event->is_moderated = room->is_moderated;
	event->slow_ms = room_options_slow_ms(request, room);
}
