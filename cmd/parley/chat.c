/* `parley chat`: interactive chat in a terminal. */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/parley/chat_files.h"
#include "cmd/parley/completion.h"
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
	struct completion completion;
	struct chat_files files;
	bool ready; /* or it has ended */
	bool over;
	int status;
};

static void
chat_set_prompt(struct chat *chat)
{
	struct str room = client_room(chat->client);
	bool online = client_is_online(chat->client);
	struct wire_text prompt;

	wire_text_init(&prompt);
	chat_files_status(&chat->files, &prompt);
	if (!online)
		wire_text_append(&prompt, STR("(offline) "));
	if (room.len > PROMPT_COLUMNS)
		room.len = PROMPT_COLUMNS;
	sanitize_line(&prompt, room);
	wire_text_append(&prompt, STR("> "));
	wire_text_append(&prompt, str_slice("", 1)); /* the NUL */
	if (!prompt.failed)
		line_editor_set_prompt(chat->edit, prompt.data);
	wire_text_fini(&prompt);
}

/*
 * --- events of the client -------------------------------------------------
 */

/* A name with blanks cannot be typed as one word. */
static void
chat_note_file(struct chat *chat, struct str message)
{
	const struct shared_file *file =
	    shared_files_note(&chat->files.shared, message);

	if (file != NULL)
		completion_note_file(&chat->completion,
		    str_from(strchr(file->name, ' ') == NULL ? file->name
							     : file->id));
}

static void
chat_on_event(void *arg, const struct server_event *event)
{
	struct chat *chat = arg;

	completion_note(&chat->completion, event);
	chat_note_file(chat, event->message);
	line_editor_print(chat->edit, renderer_event(&chat->renderer, event));
	if (event->kind == SERVER_JOINED || event->kind == SERVER_LEFT ||
	    event->kind == SERVER_SWITCHED)
		chat_set_prompt(chat);
}

static void
chat_on_posted(void *arg, struct str text, bool taken)
{
	struct chat *chat = arg;

	if (!taken)
		line_editor_print(chat->edit, renderer_notice(&chat->renderer,
						  "may not be delivered: %.*s",
						  (int)text.len, text.data));
}

static void
chat_on_ready(void *arg, bool again)
{
	struct chat *chat = arg;

	chat->ready = true;
	if (again)
		line_editor_print(chat->edit,
		    renderer_notice(&chat->renderer, "reconnected"));
	chat_set_prompt(chat);
}

static void
chat_on_lost(void *arg, const char *why)
{
	struct chat *chat = arg;

	line_editor_print(chat->edit,
	    renderer_notice(&chat->renderer,
		"connection lost (%s), reconnecting", why));
	chat_set_prompt(chat);
}

static void
chat_on_end(void *arg, enum client_status status, const char *why)
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
	.on_event = chat_on_event,
	.on_posted = chat_on_posted,
	.on_ready = chat_on_ready,
	.on_lost = chat_on_lost,
	.on_end = chat_on_end,
};

/*
 * --- files ----------------------------------------------------------------
 */

static void
chat_on_file_notice(void *arg, const char *text)
{
	struct chat *chat = arg;

	line_editor_print(chat->edit,
	    renderer_notice(&chat->renderer, "%s", text));
}

static void
chat_on_file_status(void *arg)
{
	chat_set_prompt(arg);
}

static void
chat_on_uploaded(void *arg, struct str room, struct str message)
{
	struct chat *chat = arg;

	if (client_post_json(chat->client, room, message) != CLIENT_POSTED)
		chat_on_file_notice(chat, "too many unsent messages");
}

static const struct chat_files_ops chat_files_ops = {
	.notice = chat_on_file_notice,
	.status_changed = chat_on_file_status,
	.uploaded = chat_on_uploaded,
};

/*
 * --- keyboard input -------------------------------------------------------
 */

static void
chat_complete(void *arg, struct str line, struct completion_result *out)
{
	completion_find(&((struct chat *)arg)->completion, line, out);
}

static void
chat_post(struct chat *chat, struct str text)
{
	static const char *const answers[] = {
		[CLIENT_NOT_IN_ROOM] = "not in a room: use /join or /create",
		[CLIENT_TOO_LONG] = "message too long",
		[CLIENT_TOO_MANY] = "too many unsent messages",
	};
	enum client_post_result done;

	/* The message appears in order when the server echoes it. */
	if (client_is_online(chat->client))
		line_editor_wipe(chat->edit);
	done = client_post(chat->client, text);
	if (done != CLIENT_POSTED)
		line_editor_print(chat->edit,
		    renderer_notice(&chat->renderer, "%s", answers[done]));
}

static void
chat_request(struct chat *chat, const struct client_request *request)
{
	static const char *const answers[] = {
		[CLIENT_OFFLINE] = "not connected",
		[CLIENT_UNSUPPORTED] = "not supported by this dialect",
		[CLIENT_NO_ROOM] = "not in a room",
	};
	enum client_request_result done = client_request(chat->client, request);

	if (done != CLIENT_REQUESTED)
		line_editor_print(chat->edit,
		    renderer_notice(&chat->renderer, "%s", answers[done]));
}

static void
chat_help(struct chat *chat)
{
	struct wire_text text;

	wire_text_init(&text);
	slash_command_help(chat->renderer.dialect, &text);
	line_editor_print(chat->edit, str_slice(text.data, text.len));
	wire_text_fini(&text);
}

/* False: quit. */
static bool
chat_handle_line(struct chat *chat, struct str line)
{
	struct input_line order;

	slash_command_read(chat->renderer.dialect, line, &order);
	switch (order.kind) {
	case INPUT_EMPTY:
		break;
	case INPUT_MESSAGE:
		chat_post(chat, order.text);
		break;
	case INPUT_REQUEST:
		chat_request(chat, &order.request);
		break;
	case INPUT_SEND_FILE:
		chat_files_send(&chat->files, order.request.text,
		    client_room(chat->client));
		break;
	case INPUT_GET_FILE:
		chat_files_get(&chat->files, order.request.name,
		    order.request.text);
		break;
	case INPUT_HELP:
		chat_help(chat);
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

/* Ctrl-C discards the typed line; on an empty line it quits. */
static void
chat_read_lines(struct chat *chat)
{
	struct str line;

	for (;;) {
		switch (line_editor_read(chat->edit, &line)) {
		case LINE_EDITOR_LINE:
			if (!chat_handle_line(chat, line))
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

/*
 * --- the session ----------------------------------------------------------
 */

/*
 * Waits for a file that is under way, unless it was interrupted, and for
 * outstanding acknowledgements; then closes.
 */
static void
chat_finish(struct chat *chat)
{
	struct event_base *base = chat->mode->base;

	while (chat->files.transfer != NULL &&
	       chat->status != STATUS_INTERRUPTED)
		event_base_loop(base, EVLOOP_ONCE);
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
chat_loop(struct chat *chat)
{
	while (!chat->ready)
		event_base_loop(chat->mode->base, EVLOOP_ONCE);
	if (!chat->over)
		chat_read_lines(chat);
	chat_finish(chat);
	return chat->status;
}

int
chat_run(const struct subcommand *mode)
{
	struct chat chat = { .mode = mode, .status = CLIENT_NO_MEMORY };

	renderer_init(&chat.renderer, mode->args->dialect, wants_colours());
	completion_init(&chat.completion, mode->args->dialect);
	chat_files_init(&chat.files, mode, &chat_files_ops, &chat);
	chat.edit = line_editor_create(mode->base);
	chat.client = subcommand_client(mode, false, &client_ops, &chat);
	if (chat.edit != NULL && chat.client != NULL) {
		line_editor_on_tab(chat.edit, chat_complete, &chat);
		chat.status = CLIENT_DONE;
		chat.status = chat_loop(&chat);
	}
	chat_files_fini(&chat.files);
	client_destroy(chat.client);
	line_editor_destroy(chat.edit);
	completion_fini(&chat.completion);
	renderer_fini(&chat.renderer);
	return chat.status;
}
