/*
 * Bodies of the HTTP API. What is accepted has its texts within the body or the
 * scratch, and an answer with it is one JSON object, in one line of a stream.
 */
#include <stdlib.h>

#include "domain/text/utf8.h"
#include "wire/api/api_answer.h"
#include "wire/api/api_request.h"
#include "wire/common/scratch.h"
#include "wire/common/wire_text.h"
#include "wire/json/json_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct scratch scratch;

static void
require_that(bool holds)
{
	if (!holds)
		abort();
}

/* Every byte is read: the sanitizer sees what is out of bounds. */
static void
text_check(struct str text)
{
	if (text.data != NULL)
		require_that(utf8_is_valid(text));
}

static void
failure_check(enum chat_error error, const struct failure *why)
{
	struct event event = { .kind = EVENT_FAILED, .failure = *why };
	struct wire_text out = { 0 };

	require_that(error == why->error &&
		     (error == CHAT_BAD_JSON || error == CHAT_BAD_FIELD));
	api_put_answer(&out, &event, true);
	require_that(json_is_value(str_slice(out.data, out.len), 32,
	    &scratch.keys));
	wire_text_fini(&out);
}

/* The message as the event of a stream: id, event, data and an empty line. */
static void
stream_check(struct str body)
{
	const struct message message = {
		.seq = 1,
		.author = STR("a"),
		.author_id = STR("a"),
		.body = body,
	};
	struct wire_text out = { 0 };
	size_t lines = 0;

	api_put_stream_message(&out, STR("r"), STR("e"), &message);
	for (size_t i = 0; i < out.len; i++) {
		lines += out.data[i] == '\n';
		require_that(out.data[i] != '\r');
	}
	require_that(lines == 4);
	wire_text_fini(&out);
}

static void
message_check(const struct api_body *body, bool has_room)
{
	struct command command;
	struct failure why;
	enum chat_error error =
	    api_decode_message(body, has_room, &command, &why);

	if (error != CHAT_OK) {
		failure_check(error, &why);
		return;
	}
	require_that(command.kind == COMMAND_BROADCAST && command.body.len > 0);
	require_that((command.room.data != NULL) == has_room);
	text_check(command.room);
	text_check(command.key);
	text_check(command.as_id);
	text_check(command.as_name);
	stream_check(command.body);
}

static void
batch_check(const struct api_body *body)
{
	struct api_body item_body = *body;
	struct json_reader reader;
	struct json_value item;
	struct str messages;
	struct failure why;
	size_t count;
	enum chat_error error = api_decode_batch(body, &messages, &count, &why);

	if (error != CHAT_OK) {
		failure_check(error, &why);
		return;
	}
	json_open_array(&reader, messages, body->depth);
	while (json_next_item(&reader, &item)) {
		item_body.text = item.text;
		message_check(&item_body, true);
		count--;
	}
	require_that(count == 0);
}

static void
api_room_check(const struct api_body *body, struct str room)
{
	struct command command;
	struct failure why;
	enum chat_error error = api_decode_room(body, room, &command, &why);

	if (error != CHAT_OK) {
		failure_check(error, &why);
		return;
	}
	require_that(command.kind == COMMAND_ROOM_CREATE &&
		     command.name.data != NULL);
	text_check(command.room);
	text_check(command.name);
}

static void
api_change_check(const struct api_body *body)
{
	struct command topic, slow;
	struct failure why;
	enum chat_error error =
	    api_decode_change(body, STR("r"), &topic, &slow, &why);

	if (error != CHAT_OK)
		failure_check(error, &why);
	else if (topic.kind == COMMAND_TOPIC)
		text_check(topic.topic);
}

static void
api_revocation_check(const struct api_body *body)
{
	struct api_revocation revocation;
	struct failure why;
	enum chat_error error = api_decode_revocation(body, &revocation, &why);

	if (error != CHAT_OK) {
		failure_check(error, &why);
		return;
	}
	require_that(revocation.jti.data != NULL ||
		     revocation.sub.data != NULL || revocation.has_before);
	text_check(revocation.jti);
	text_check(revocation.sub);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct api_body body = {
		.text = str_slice((const char *)data, size),
		.depth = 16,
		.scratch = &scratch,
	};
	struct command command;
	struct failure why;

	message_check(&body, false);
	message_check(&body, true);
	batch_check(&body);
	api_room_check(&body, STR_ABSENT);
	api_room_check(&body, STR("r"));
	api_change_check(&body);
	api_revocation_check(&body);
	api_decode_broadcast(&body, &command, &why);
	return 0;
}
