/* Talking in a terminal. */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/parley/line_editor.h"
#include "cmd/parley/renderer.h"
#include "cmd/parley/sanitize.h"
#include "cmd/parley/slash_commands.h"
#include "cmd/parley/subcommand.h"

#define PROMPT_COLUMNS 32

struct chat {
	const struct subcommand *mode;
	struct client *client;
	struct line_editor *edit;
	struct renderer renderer;
	bool ready; /* or it never will be */
	bool over;
	int status;
};

static void
set_prompt(struct chat *chat)
{
	struct str room = client_room(chat->client);
	bool online = client_is_online(chat->client);
	struct wire_text prompt;

	wire_text_init(&prompt);
	if (!online)
		wire_text_append(&prompt, STR("(offline) "));
	if (room.len > PROMPT_COLUMNS)
		room.len = PROMPT_COLUMNS;
	sanitize_line(&prompt, room);
	wire_text_append(&prompt, STR("> "));
	wire_text_append(&prompt, str_slice("", 1)); /* its end */
	if (!prompt.failed)
		line_editor_set_prompt(chat->edit, prompt.data);
	wire_text_fini(&prompt);
}

/* --- from the client ------------------------------------------------------ */

static void
heard(void *arg, const struct server_event *heard)
{
	struct chat *chat = arg;

	line_editor_print(chat->edit, renderer_event(&chat->renderer, heard));
	if (heard->kind == SERVER_JOINED || heard->kind == SERVER_LEFT)
		set_prompt(chat);
}

static void
said(void *arg, struct str text, bool taken)
{
	struct chat *chat = arg;

	if (!taken)
		line_editor_print(chat->edit, renderer_notice(&chat->renderer,
						  "perhaps nobody heard: %.*s",
						  (int)text.len, text.data));
}

static void
ready(void *arg, bool again)
{
	struct chat *chat = arg;

	chat->ready = true;
	if (again)
		line_editor_print(chat->edit,
		    renderer_notice(&chat->renderer, "reconnected"));
	set_prompt(chat);
}

static void
lost(void *arg, const char *why)
{
	struct chat *chat = arg;

	line_editor_print(chat->edit,
	    renderer_notice(&chat->renderer,
		"connection lost (%s), trying again", why));
	set_prompt(chat);
}

static void
over(void *arg, enum client_status status, const char *why)
{
	struct chat *chat = arg;

	chat->over = chat->ready = true;
	if (status != CLIENT_DONE) {
		chat->status = (int)status;
		line_editor_print(chat->edit,
		    renderer_notice(&chat->renderer, "%s", why));
	}
	line_editor_stop(chat->edit);
	event_base_loopbreak(chat->mode->base);
}

static const struct client_ops client_ops = {
	.on_event = heard,
	.on_posted = said,
	.on_ready = ready,
	.on_lost = lost,
	.on_end = over,
};

/* --- from the keyboard ---------------------------------------------------- */

static void
say(struct chat *chat, struct str text)
{
	static const char *const answers[] = {
		[CLIENT_NOT_IN_ROOM] =
		    "you are in no room: /join or /create one",
		[CLIENT_TOO_LONG] = "that is too long",
		[CLIENT_TOO_MANY] = "too much waits to be sent",
	};
	enum client_post_result done;

	/* Where it can be heard it shows as it is heard: in its place. */
	if (client_is_online(chat->client))
		line_editor_wipe(chat->edit);
	done = client_post(chat->client, text);
	if (done != CLIENT_POSTED)
		line_editor_print(chat->edit,
		    renderer_notice(&chat->renderer, "%s", answers[done]));
}

static void
act(struct chat *chat, const struct client_request *deed)
{
	static const char *const answers[] = {
		[CLIENT_OFFLINE] = "not connected",
		[CLIENT_UNSUPPORTED] = "this dialect has no word for it",
		[CLIENT_NO_ROOM] = "you are in no room",
	};
	enum client_request_result done = client_request(chat->client, deed);

	if (done != CLIENT_REQUESTED)
		line_editor_print(chat->edit,
		    renderer_notice(&chat->renderer, "%s", answers[done]));
}

static void
help(struct chat *chat)
{
	struct wire_text text;

	wire_text_init(&text);
	slash_command_help(chat->renderer.dialect, &text);
	line_editor_print(chat->edit, str_slice(text.data, text.len));
	wire_text_fini(&text);
}

/* False: it is enough. */
static bool
obey(struct chat *chat, struct str line)
{
	struct input_line order;

	slash_command_read(chat->renderer.dialect, line, &order);
	switch (order.kind) {
	case INPUT_EMPTY:
		break;
	case INPUT_MESSAGE:
		say(chat, order.text);
		break;
	case INPUT_REQUEST:
		act(chat, &order.deed);
		break;
	case INPUT_HELP:
		help(chat);
		break;
	case INPUT_INVALID:
		line_editor_print(chat->edit,
		    renderer_notice(&chat->renderer, "%s", order.why));
		break;
	case INPUT_QUIT:
		return false;
	}
	return true;
}

/* Ctrl-C throws away what was typed; with nothing typed, it is the end. */
static void
listen_to_keyboard(struct chat *chat)
{
	struct str line;

	for (;;) {
		switch (line_editor_read(chat->edit, &line)) {
		case LINE_EDITOR_LINE:
			if (!obey(chat, line))
				return;
			break;
		case LINE_EDITOR_INTERRUPT:
			if (line.len > 0)
				break;
			chat->status = STATUS_INTERRUPTED;
			return;
		case LINE_EDITOR_END:
		case LINE_EDITOR_STOPPED:
			return;
		}
	}
}

/* --- all of it ------------------------------------------------------------ */

/* What was said is to arrive, what was asked for to be answered. */
static void
say_goodbye(struct chat *chat)
{
	struct event_base *base = chat->mode->base;

	while (client_is_online(chat->client) &&
	       client_unacknowledged(chat->client) > 0)
		event_base_loop(base, EVLOOP_ONCE);
	client_end(chat->client);
	while (!chat->over)
		event_base_loop(base, EVLOOP_ONCE);
}

static bool
wants_colours(void)
{
	const char *terminal = getenv("TERM"), *none = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && (none == NULL || none[0] == '\0') &&
	       terminal != NULL && strcmp(terminal, "dumb") != 0;
}

static int
talk(struct chat *chat)
{
	while (!chat->ready)
		event_base_loop(chat->mode->base, EVLOOP_ONCE);
	if (!chat->over)
		listen_to_keyboard(chat);
	say_goodbye(chat);
	return chat->status;
}

int
chat_run(const struct subcommand *mode)
{
	struct chat chat = { .mode = mode, .status = CLIENT_NO_MEMORY };

	renderer_init(&chat.renderer, mode->args->dialect, wants_colours());
	chat.edit = line_editor_create(mode->base);
	chat.client = subcommand_client(mode, false, &client_ops, &chat);
	if (chat.edit != NULL && chat.client != NULL) {
		chat.status = CLIENT_DONE;
		chat.status = talk(&chat);
	}
	client_destroy(chat.client);
	line_editor_destroy(chat.edit);
	renderer_fini(&chat.renderer);
	return chat.status;
}
