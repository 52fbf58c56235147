/* Talking in a terminal. */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/parley/edit.h"
#include "cmd/parley/mode.h"
#include "cmd/parley/plain.h"
#include "cmd/parley/screen.h"
#include "cmd/parley/words.h"

#define PROMPT_COLUMNS 32

struct chat {
	const struct mode *mode;
	struct client *client;
	struct edit *edit;
	struct screen screen;
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
	plain_put(&prompt, room);
	wire_text_append(&prompt, STR("> "));
	wire_text_append(&prompt, str_slice("", 1)); /* its end */
	if (!prompt.failed)
		edit_set_prompt(chat->edit, prompt.data);
	wire_text_fini(&prompt);
}

/* --- from the client ------------------------------------------------------ */

static void
heard(void *arg, const struct heard *heard)
{
	struct chat *chat = arg;

	edit_print(chat->edit, screen_heard(&chat->screen, heard));
	if (heard->kind == HEARD_JOINED || heard->kind == HEARD_LEFT)
		set_prompt(chat);
}

static void
said(void *arg, struct str text, bool taken)
{
	struct chat *chat = arg;

	if (!taken)
		edit_print(chat->edit,
		    screen_notice(&chat->screen, "perhaps nobody heard: %.*s",
			(int)text.len, text.data));
}

static void
ready(void *arg, bool again)
{
	struct chat *chat = arg;

	chat->ready = true;
	if (again)
		edit_print(chat->edit,
		    screen_notice(&chat->screen, "reconnected"));
	set_prompt(chat);
}

static void
lost(void *arg, const char *why)
{
	struct chat *chat = arg;

	edit_print(chat->edit, screen_notice(&chat->screen,
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
		edit_print(chat->edit, screen_notice(&chat->screen, "%s", why));
	}
	edit_stop(chat->edit);
	event_base_loopbreak(chat->mode->base);
}

static const struct client_ops client_ops = {
	.heard = heard,
	.said = said,
	.ready = ready,
	.lost = lost,
	.over = over,
};

/* --- from the keyboard ---------------------------------------------------- */

static void
say(struct chat *chat, struct str text)
{
	static const char *const answers[] = {
		[CLIENT_NOWHERE] = "you are in no room: /join or /create one",
		[CLIENT_TOO_LONG] = "that is too long",
		[CLIENT_TOO_MANY] = "too much waits to be sent",
	};
	enum client_saying done;

	/* Where it can be heard it shows as it is heard: in its place. */
	if (client_is_online(chat->client))
		edit_wipe(chat->edit);
	done = client_say(chat->client, text);
	if (done != CLIENT_SAID)
		edit_print(chat->edit,
		    screen_notice(&chat->screen, "%s", answers[done]));
}

static void
act(struct chat *chat, const struct deed *deed)
{
	static const char *const answers[] = {
		[CLIENT_OFFLINE] = "not connected",
		[CLIENT_NO_WORD] = "this dialect has no word for it",
		[CLIENT_NO_ROOM] = "you are in no room",
	};
	enum client_doing done = client_do(chat->client, deed);

	if (done != CLIENT_DID)
		edit_print(chat->edit,
		    screen_notice(&chat->screen, "%s", answers[done]));
}

static void
help(struct chat *chat)
{
	struct wire_text text;

	wire_text_init(&text);
	words_help(chat->screen.speech, &text);
	edit_print(chat->edit, str_slice(text.data, text.len));
	wire_text_fini(&text);
}

/* False: it is enough. */
static bool
obey(struct chat *chat, struct str line)
{
	struct order order;

	words_read(chat->screen.speech, line, &order);
	switch (order.kind) {
	case ORDER_NOTHING:
		break;
	case ORDER_SAY:
		say(chat, order.text);
		break;
	case ORDER_DO:
		act(chat, &order.deed);
		break;
	case ORDER_HELP:
		help(chat);
		break;
	case ORDER_WRONG:
		edit_print(chat->edit,
		    screen_notice(&chat->screen, "%s", order.why));
		break;
	case ORDER_QUIT:
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
		switch (edit_read(chat->edit, &line)) {
		case EDIT_LINE:
			if (!obey(chat, line))
				return;
			break;
		case EDIT_INTERRUPT:
			if (line.len > 0)
				break;
			chat->status = STATUS_INTERRUPTED;
			return;
		case EDIT_END:
		case EDIT_STOPPED:
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
	       client_unsaid(chat->client) > 0)
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
chat_run(const struct mode *mode)
{
	struct chat chat = { .mode = mode, .status = CLIENT_NO_MEMORY };

	screen_init(&chat.screen, mode->args->speech, wants_colours());
	chat.edit = edit_create(mode->base);
	chat.client = mode_client(mode, false, &client_ops, &chat);
	if (chat.edit != NULL && chat.client != NULL) {
		chat.status = CLIENT_DONE;
		chat.status = talk(&chat);
	}
	client_destroy(chat.client);
	edit_destroy(chat.edit);
	screen_fini(&chat.screen);
	return chat.status;
}
