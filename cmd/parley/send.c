/* `parley send`: posts each line of the input and waits for the acks. */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <signal.h>
#include <unistd.h>

#include "cmd/parley/subcommand.h"
#include "domain/base/count_of.h"

#define READ_SIZE 65536
#define LINE_MAX_BYTES ((size_t)1 << 20)
#define WAITING_MAX 64 /* lines in flight before reading pauses */

struct sending {
	struct run run; /* first: the argument of the client callbacks */
	struct event *readable;
	struct event *timeout;
	struct event *interrupt;
	struct event *next; /* handles the next line */
	struct evbuffer *input;
	bool ended;    /* of the input */
	bool skipping; /* discarding the rest of an overlong line */
	size_t failed;
};

static void
timeout_update(struct sending *sending)
{
	struct timeval after = {
		.tv_sec = (time_t)sending->run.mode->args->timeout_s,
	};

	event_add(sending->timeout, &after);
}

static void
line_failed(struct sending *sending, const char *why)
{
	sending->failed++;
	report_error("not sent: %s", why);
}

static void
line_post(struct sending *sending, struct str line)
{
	switch (line.len == 0 ? CLIENT_POSTED
			      : client_post(sending->run.client, line)) {
	case CLIENT_POSTED:
		break;
	case CLIENT_NOT_IN_ROOM:
		line_failed(sending, "not in a room");
		break;
	case CLIENT_TOO_LONG:
		line_failed(sending, "line too long");
		break;
	case CLIENT_TOO_MANY:
		line_failed(sending, "no memory");
		break;
	}
}

/*
 * Takes the next complete line, or the last one; false: more input is needed.
 */
static bool
input_next_line(struct sending *sending)
{
	struct evbuffer_ptr end =
	    evbuffer_search_eol(sending->input, NULL, NULL, EVBUFFER_EOL_LF);
	size_t len = end.pos >= 0 ? (size_t)end.pos
				  : evbuffer_get_length(sending->input);
	const char *data;

	if (end.pos < 0 && !sending->ended && len <= LINE_MAX_BYTES)
		return false;
	if (end.pos < 0 && len == 0)
		return false;
	data = (const char *)evbuffer_pullup(sending->input, (ev_ssize_t)len);
	if (len > LINE_MAX_BYTES && !sending->skipping)
		line_failed(sending, "line too long");
	else if (!sending->skipping)
		line_post(sending, str_slice(len > 0 ? data : "", len));
	sending->skipping = end.pos < 0 && len > LINE_MAX_BYTES;
	evbuffer_drain(sending->input, len + (end.pos >= 0));
	return true;
}

/* Regular files cannot be polled and are always readable. */
static void
input_watch(struct sending *sending)
{
	if (event_add(sending->readable, NULL) != 0)
		event_active(sending->readable, EV_READ, 1);
}

/* Reads only while few lines are in flight. */
static void
input_continue(struct sending *sending)
{
	while (client_unacknowledged(sending->run.client) < WAITING_MAX)
		if (!input_next_line(sending))
			break;
	if (!sending->ended) {
		if (client_unacknowledged(sending->run.client) < WAITING_MAX)
			input_watch(sending);
	} else if (client_unacknowledged(sending->run.client) == 0) {
		client_end(sending->run.client);
	}
}

static void
input_readable_cb(evutil_socket_t fd, short what, void *arg)
{
	struct sending *sending = arg;
	char data[READ_SIZE];
	ssize_t got = read(STDIN_FILENO, data, sizeof(data));

	(void)fd;
	(void)what;
	if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
		input_watch(sending);
		return;
	}
	if (got > 0 && evbuffer_add(sending->input, data, (size_t)got) != 0)
		line_failed(sending, "no memory");
	sending->ended = got <= 0;
	input_continue(sending);
}

/*
 * --- events of the client -------------------------------------------------
 */

static void
send_on_event(void *arg, const struct server_event *event)
{
	(void)arg;
	if (event->kind == SERVER_ERROR)
		report_error("%.*s", (int)event->text.len, event->text.data);
}

/* The client accepts the next line after this returns. */
static void
send_on_posted(void *arg, struct str text, bool taken)
{
	struct sending *sending = arg;

	if (!taken)
		sending->failed++;
	(void)text;
	timeout_update(sending);
	event_active(sending->next, EV_TIMEOUT, 1);
}

static void
next_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	input_continue(arg);
}

static void
send_on_ready(void *arg, bool again)
{
	struct sending *sending = arg;

	if (again)
		report_error("reconnected");
	else
		input_watch(sending);
}

static const struct client_ops client_ops = {
	.on_event = send_on_event,
	.on_posted = send_on_posted,
	.on_ready = send_on_ready,
	.on_lost = run_lost,
	.on_end = run_over,
};

/*
 * --- timer ----------------------------------------------------------------
 */

/* The time-out runs only while messages are in flight. */
static void
timeout_cb(evutil_socket_t fd, short what, void *arg)
{
	struct sending *sending = arg;

	(void)fd;
	(void)what;
	timeout_update(sending);
	if (client_unacknowledged(sending->run.client) == 0)
		return;
	report_error("timed out waiting for an acknowledgement");
	client_end(sending->run.client);
}

/*
 * --- the run --------------------------------------------------------------
 */

static bool
send_init(struct sending *sending)
{
	struct event_base *base = sending->run.mode->base;

	sending->input = evbuffer_new();
	sending->readable =
	    event_new(base, STDIN_FILENO, EV_READ, input_readable_cb, sending);
	sending->timeout = evtimer_new(base, timeout_cb, sending);
	sending->next = evtimer_new(base, next_cb, sending);
	sending->interrupt =
	    evsignal_new(base, SIGINT, run_interrupt_cb, sending);
	sending->run.client =
	    subcommand_client(sending->run.mode, true, &client_ops, sending);
	return sending->input != NULL && sending->readable != NULL &&
	       sending->timeout != NULL && sending->next != NULL &&
	       sending->interrupt != NULL && sending->run.client != NULL;
}

static void
send_fini(struct sending *sending)
{
	struct event *events[] = { sending->readable, sending->timeout,
		sending->next, sending->interrupt };

	client_destroy(sending->run.client);
	for (size_t i = 0; i < COUNT_OF(events); i++)
		if (events[i] != NULL)
			event_free(events[i]);
	if (sending->input != NULL)
		evbuffer_free(sending->input);
}

static int
send_status(const struct sending *sending)
{
	bool all = sending->ended && sending->failed == 0 &&
		   client_unacknowledged(sending->run.client) == 0;

	if (sending->run.status != CLIENT_DONE)
		return sending->run.status;
	return all ? CLIENT_DONE : STATUS_NOT_ALL_TAKEN;
}

int
send_run(const struct subcommand *mode)
{
	struct sending sending = { .run = { .mode = mode } };
	int status = CLIENT_NO_MEMORY;

	if (send_init(&sending)) {
		event_add(sending.interrupt, NULL);
		timeout_update(&sending);
		event_base_dispatch(mode->base);
		status = send_status(&sending);
	}
	send_fini(&sending);
	return status;
}
