/* `parley tail`: prints the messages of a room, one per line. */
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>

#include "cmd/parley/renderer.h"
#include "cmd/parley/sanitize.h"
#include "cmd/parley/subcommand.h"
#include "wire/json/json_fields.h"

struct tail {
	struct run run; /* first: the argument of the client callbacks */
	struct renderer renderer;
	struct wire_text line;
};

static void
line_put_json(struct wire_text *out, const struct server_event *message)
{
	wire_text_append(out, STR("{\"room\":"));
	json_put_string(out, message->room);
	json_field_optional(out, STR(",\"epoch\":"), message->epoch);
	if (message->seq > 0)
		json_field_unsigned(out, STR(",\"seq\":"), message->seq);
	if (message->at > 0)
		json_field_unsigned(out, STR(",\"at\":"), message->at);
	json_field_optional(out, STR(",\"member\":"), message->member);
	json_field_optional(out, STR(",\"member_id\":"), message->member_id);
	json_field_raw(out, STR(",\"message\":"), message->message);
	wire_text_append(out, STR("}"));
}

/* Line breaks within a message are escaped. */
static void
line_put_text(struct wire_text *out, const struct server_event *message)
{
	sanitize_line(out, message->member);
	wire_text_append(out, STR(": "));
	sanitize_line(out,
	    message->text.data != NULL ? message->text : message->message);
}

static void
line_print(struct tail *tail)
{
	fwrite(tail->line.data, 1, tail->line.len, stdout);
	fputc('\n', stdout);
	if (fflush(stdout) != 0)
		client_end(tail->run
			       .client); /* the reader of the pipe is gone */
}

static void
message_print(struct tail *tail, const struct server_event *message)
{
	struct wire_text json;

	wire_text_reset(&tail->line);
	if (tail->run.mode->args->json) {
		wire_text_init(&json);
		line_put_json(&json, message);
		sanitize_json(&tail->line, str_slice(json.data, json.len));
		wire_text_fini(&json);
	} else {
		line_put_text(&tail->line, message);
	}
	if (!tail->line.failed)
		line_print(tail);
}

static void
tail_on_event(void *arg, const struct server_event *event)
{
	struct tail *tail = arg;

	if (event->kind == SERVER_MESSAGE && event->message.data != NULL)
		message_print(tail, event);
	if (event->kind == SERVER_ERROR)
		report_error("%.*s", (int)event->text.len, event->text.data);
	if (event->missing.data != NULL)
		report_error("messages %.*s are no longer stored",
		    (int)event->missing.len, event->missing.data);
	if (event->epoch_changed)
		report_error("the room was created again; its history is gone");
}

static void
tail_on_ready(void *arg, bool again)
{
	(void)arg;
	if (again)
		report_error("reconnected");
}

static const struct client_ops client_ops = {
	.on_event = tail_on_event,
	.on_ready = tail_on_ready,
	.on_lost = run_lost,
	.on_end = run_over,
};

int
tail_run(const struct subcommand *mode)
{
	struct tail tail = { .run = { .mode = mode } };
	struct event *interrupt =
	    evsignal_new(mode->base, SIGINT, run_interrupt_cb, &tail);

	wire_text_init(&tail.line);
	tail.run.client = subcommand_client(mode, true, &client_ops, &tail);
	if (interrupt != NULL && tail.run.client != NULL) {
		event_add(interrupt, NULL);
		event_base_dispatch(mode->base);
	} else {
		tail.run.status = CLIENT_NO_MEMORY;
	}
	client_destroy(tail.run.client);
	if (interrupt != NULL)
		event_free(interrupt);
	wire_text_fini(&tail.line);
	return tail.run.status;
}
