/* Shared by the fuzzers of the dialects. */
#ifndef TESTS_FUZZ_DIALECTS_H
#define TESTS_FUZZ_DIALECTS_H

#include <stdint.h>
#include <stdlib.h>

#include "wire/common/scratch.h"
#include "wire/dialect.h"
#include "wire/json/json_reader.h"

#define CHECK(condition) ((condition) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Checks that an event with any texts is encoded as valid JSON. */
static inline void
dialect_check_encoding(const struct dialect *dialect, const struct event *event,
    enum viewpoint viewpoint)
{
	struct wire_text text;
	bool message;

	wire_text_init(&text);
	message = dialect->encode(event, viewpoint, &text);
	CHECK(!text.failed && message == (text.len > 0));
	if (text.has_second) {
		CHECK(json_is_value(str_slice(text.data + text.second_at,
					text.len - text.second_at),
		    JSON_DEPTH_MAX, NULL));
		text.len = text.second_at;
	}
	CHECK(text.len == 0 || json_is_value(str_slice(text.data, text.len),
				   JSON_DEPTH_MAX, NULL));
	wire_text_fini(&text);
}

/* Members of a room have all dialects. */
static inline void
check_everywhere(const struct event *event)
{
	for (size_t i = 0; dialects()[i] != NULL; i++) {
		dialect_check_encoding(dialects()[i], event, VIEW_AUTHOR);
		dialect_check_encoding(dialects()[i], event, VIEW_OTHERS);
	}
}

static inline struct str
text_or(struct str text, const char *otherwise)
{
	return text.data != NULL ? text : str_from(otherwise);
}

/* Events that repeat texts of a command. */
static inline void
check_command(const struct command *command)
{
	struct event event = {
		.kind = EVENT_MESSAGE,
		.room = text_or(command->room, "25a05739"),
		.room_name = text_or(command->name, "Game Night"),
		.was = text_or(command->key, "bob"),
		.epoch = text_or(command->since_epoch, "5d0c7a4411e09b3f"),
		.member = text_or(command->name, "alice"),
		.member_id = text_or(command->recipient, "7f3a01bc"),
		.body = command->body,
		.ref = command->ref,
	};

	if (event.body.data != NULL)
		check_everywhere(&event);
	event.kind = EVENT_ROOM_CREATED;
	check_everywhere(&event);
	event.kind = EVENT_ROOM_JOINED;
	check_everywhere(&event);
	event.kind = EVENT_RENAMED;
	check_everywhere(&event);
}

/* Decodes a message; encodes the events that can follow. */
static inline void
dialect_check_message(const struct dialect *dialect,
    const struct wire_context *context, struct str message)
{
	static struct scratch scratch;
	struct command command;
	struct event failed = { .kind = EVENT_FAILED };
	enum chat_error error = dialect->decode(message, context, &command,
	    &failed.failure, &scratch);

	CHECK(error == failed.failure.error);
	CHECK(scratch.used <= sizeof(scratch.data));
	CHECK(failed.failure.offset <= message.len);
	failed.ref = command.ref;
	failed.room = command.room;
	if (error == CHAT_OK)
		check_command(&command);
	else
		dialect_check_encoding(dialect, &failed, VIEW_AUTHOR);
}

#endif
