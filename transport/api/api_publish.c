/* Messages: one, a batch, to the lobby. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport/api/api_internal.h"
#include "wire/api/api_answer.h"
#include "wire/common/wire_text.h"
#include "wire/json/json_reader.h"

/* "12", or "c12" for the creation of the room of message 12. */
#define REF_SIZE 24

/* The longest key in a header. */
#define KEY_MOST 64

/* False: no memory, and the call has failed. */
static bool
results_create(struct api_call *call, size_t count)
{
	struct failure failure = { .error = CHAT_UNAVAILABLE };

	call->results = calloc(count, sizeof(*call->results));
	if (call->results != NULL)
		call->result_count = count;
	else
		api_call_fail(call, &failure);
	return call->results != NULL;
}

static bool
is_batch(const struct api_call *call)
{
	return call->operation == &operation_batch;
}

static void
result_put(struct api_call *call, struct api_result *result,
    const struct event *event)
{
	wire_text_reset(&result->text);
	result->status = api_put_answer(&result->text, event, is_batch(call));
}

static void
result_fail(struct api_call *call, size_t i, const struct failure *failure)
{
	struct event event = { .kind = EVENT_FAILED, .failure = *failure };

	result_put(call, &call->results[i], &event);
}

/* A room that exists is as good as a new one. */
static void
result_receive_created(struct api_call *call, struct api_result *result,
    const struct event *event)
{
	result->is_refused = event->kind == EVENT_FAILED &&
			     event->failure.error != CHAT_ROOM_EXISTS;
	if (result->is_refused)
		result_put(call, result, event);
}

static void
publish_receive(struct api_call *call, const struct event *event)
{
	bool is_of_room = event->ref.data[0] == 'c';
	size_t i =
	    (size_t)strtoul(event->ref.data + (is_of_room ? 1 : 0), NULL, 10);

	assert(i < call->result_count);
	if (is_of_room)
		result_receive_created(call, &call->results[i], event);
	/* There is no room, and why it was not created is known. */
	else if (!call->results[i].is_refused || event->kind != EVENT_FAILED ||
		 event->failure.error != CHAT_ROOM_NOT_FOUND)
		result_put(call, &call->results[i], event);
}

/*
 * The room's creation, if it is wanted, and the message. If the room waits for
 * the disk, so does the message: both are of one author.
 */
static void
message_ask(struct api_call *call, struct command *message, size_t i)
{
	char ref[REF_SIZE];
	struct command create = {
		.kind = COMMAND_ROOM_CREATE,
		.flags = COMMAND_PERSISTENT,
		.room = message->room,
		.name = message->room,
	};
	struct failure why;

	if (!api_budget_take_message(call, message, is_batch(call), &why)) {
		result_fail(call, i, &why);
		return;
	}
	if (message->flags & COMMAND_MAY_CREATE) {
		snprintf(ref, sizeof(ref), "c%zu", i);
		api_call_ask(call, &create, str_from(ref));
	}
	message->flags = COMMAND_ACK;
	snprintf(ref, sizeof(ref), "%zu", i);
	api_call_ask(call, message, str_from(ref));
}

/* --- one message ---------------------------------------------------------- */

static bool
key_is_valid(struct str key)
{
	for (size_t i = 0; i < key.len; i++)
		if (key.data[i] <= ' ' || key.data[i] > '~')
			return false;
	return key.len > 0 && key.len <= KEY_MOST;
}

/* The header, unless the body has a key. */
static bool
key_read(struct api_call *call, struct command *message)
{
	struct http_request request;
	struct str key;

	http_exchange_request(call->exchange, &request);
	key = http_header_find(&request, STR("Idempotency-Key"), NULL);
	if (key.data == NULL)
		return true;
	if (!key_is_valid(key)) {
		api_call_fail_field(call, "Idempotency-Key");
		return false;
	}
	if (message->key.data == NULL)
		message->key = key;
	return true;
}

static void
publish_run(struct api_call *call)
{
	struct api_body body = api_call_body(call);
	struct command message;
	struct failure why;

	if (api_decode_message(&body, false, &message, &why) != CHAT_OK) {
		api_call_fail(call, &why);
		return;
	}
	message.room = api_call_subject(call);
	/* Texts of the head are good as long as the exchange. */
	if (!key_read(call, &message) || !results_create(call, 1))
		return;
	message_ask(call, &message, 0);
}

static bool
publish_finish(struct api_call *call)
{
	const struct api_result *result = &call->results[0];

	call->out.failed = result->text.failed;
	wire_text_append(&call->out,
	    str_slice(result->text.data, result->text.len));
	call->status = result->status;
	return true;
}

const struct api_operation operation_publish = {
	.run = publish_run,
	.receive = publish_receive,
	.finish = publish_finish,
	.param = "room",
};

/* --- a batch -------------------------------------------------------------- */

/* One that cannot be read does not stop the others. */
static void
batch_run(struct api_call *call)
{
	struct api_body body = api_call_body(call);
	struct json_reader reader;
	struct json_value item;
	struct failure why;
	struct str messages;
	size_t count;

	if (api_decode_batch(&body, &messages, &count, &why) != CHAT_OK) {
		api_call_fail(call, &why);
		return;
	}
	if (!results_create(call, count))
		return;
	json_open_array(&reader, messages, body.depth);
	for (size_t i = 0; json_next_item(&reader, &item); i++) {
		struct command message;

		body.text = item.text;
		if (api_decode_message(&body, true, &message, &why) == CHAT_OK)
			message_ask(call, &message, i);
		else
			result_fail(call, i, &why);
	}
}

static bool
batch_finish(struct api_call *call)
{
	struct wire_text *out = &call->out;

	wire_text_append(out, STR("{\"results\":["));
	for (size_t i = 0; i < call->result_count; i++) {
		const struct wire_text *text = &call->results[i].text;

		wire_text_append_if(out, i > 0, STR(","));
		out->failed |= text->failed;
		wire_text_append(out, str_slice(text->data, text->len));
	}
	wire_text_append(out, STR("]}"));
	call->status = 200;
	return true;
}

const struct api_operation operation_batch = {
	.run = batch_run,
	.receive = publish_receive,
	.finish = batch_finish,
};

/* --- to the lobby --------------------------------------------------------- */

static void
lobby_run(struct api_call *call)
{
	struct api_body body = api_call_body(call);
	struct command message;
	struct failure why;

	if (api_decode_broadcast(&body, &message, &why) != CHAT_OK) {
		api_call_fail(call, &why);
		return;
	}
	message.flags = COMMAND_ACK;
	api_call_ask(call, &message, STR("0"));
}

const struct api_operation operation_broadcast = {
	.run = lobby_run,
	.receive = api_call_put,
};
