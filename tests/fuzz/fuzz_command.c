/* Any bytes at all, as a message; what it means, said again. */
#include <stdint.h>
#include <stdlib.h>

#include "wire/dialect_command.h"
#include "wire/json_reader.h"

#define CHECK(condition) ((condition) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever came from a peer, an event that repeats it is sound JSON. */
static void
check_event(const struct event *event)
{
	struct wire_text text;
	struct json_reader reader;
	struct json_member member;

	wire_text_init(&text);
	CHECK(command_encode(event, VIEW_OTHERS, &text) && !text.failed);
	CHECK(text.data[text.len - 1] == '\n');
	json_open(&reader, str_slice(text.data, text.len), 32);
	while (json_next(&reader, &member))
		continue;
	CHECK(reader.error == JSON_OK);
	wire_text_fini(&text);
}

static void
check_command(const struct command *command)
{
	struct event event = {
		.kind = EVENT_SAID,
		.room = STR("25a05739"),
		.member = command->name,
		.member_id = command->recipient,
		.body = command->body,
	};

	if (event.member.data == NULL)
		event.member = STR("alice");
	if (event.member_id.data == NULL)
		event.member_id = STR("7f3a01bc");
	if (event.body.data != NULL)
		check_event(&event);
	event = (struct event){
		.kind = EVENT_RENAMED,
		.room = command->room.data == NULL ? STR("x") : command->room,
		.was = command->key.data == NULL ? STR("x") : command->key,
		.member = event.member,
		.member_id = event.member_id,
	};
	check_event(&event);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct wire_context context = { .json_depth = 32 };
	static struct keep keep;
	struct command command;
	struct event failed = { .kind = EVENT_FAILED };
	enum chat_error error =
	    command_decode(str_slice((const char *)data, size), &context,
		&command, &failed.failure, &keep);

	CHECK(error == failed.failure.error && error <= CHAT_UNKNOWN_COMMAND);
	failed.ref = command.ref;
	if (error == CHAT_OK)
		check_command(&command);
	else
		check_event(&failed);
	return 0;
}
