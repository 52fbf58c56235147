/* Saying each line of the input, until all were taken. */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <signal.h>
#include <unistd.h>

#include "cmd/parley/subcommand.h"
#include "domain/base/count_of.h"

#define READ_SIZE 65536
#define LINE_MAX_BYTES ((size_t)1 << 20)
#define WAITING_MAX 64 /* lines that are read but not taken */

struct sending {
	struct run run; /* first: the client hands it back */
	struct event *readable;
	struct event *timeout;
	struct event *interrupt;
	struct event *next; /* looks for the next line */
	struct evbuffer *input;
	bool ended;    /* the input */
	bool skipping; /* the rest of a line that is too long */
	size_t failed;
};

static void
watch_the_clock(struct sending *sending)
{
	struct timeval after = {
		.tv_sec = (time_t)sending->run.mode->args->timeout_s,
	};

	event_add(sending->timeout, &after);
}

static void
fail_line(struct sending *sending, const char *why)
{
	sending->failed++;
	report_error("not sent: %s", why);
}

static void
say(struct sending *sending, struct str line)
{
	switch (line.len == 0 ? CLIENT_POSTED
			      : client_post(sending->run.client, line)) {
	case CLIENT_POSTED:
		break;
	case CLIENT_NOT_IN_ROOM:
		fail_line(sending, "in no room");
		break;
	case CLIENT_TOO_LONG:
		fail_line(sending, "a line is too long");
		break;
	case CLIENT_TOO_MANY:
		fail_line(sending, "no memory");
		break;
	}
}

/* The next line, whole or the last one; false: more has to come first. */
static bool
take_line(struct sending *sending)
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
		fail_line(sending, "a line is too long");
	else if (!sending->skipping)
		say(sending, str_slice(len > 0 ? data : "", len));
	sending->skipping = end.pos < 0 && len > LINE_MAX_BYTES;
	evbuffer_drain(sending->input, len + (end.pos >= 0));
	return true;
}

/* A file cannot be waited for, and is always ready. */
static void
want_input(struct sending *sending)
{
	if (event_add(sending->readable, NULL) != 0)
		event_active(sending->readable, EV_READ, 1);
}

/* Reads no faster than what is read is taken. */
static void
go_on(struct sending *sending)
{
	while (client_unacknowledged(sending->run.client) < WAITING_MAX)
		if (!take_line(sending))
			break;
	if (!sending->ended) {
		if (client_unacknowledged(sending->run.client) < WAITING_MAX)
			want_input(sending);
	} else if (client_unacknowledged(sending->run.client) == 0) {
		client_end(sending->run.client);
	}
}

static void
readable_cb(evutil_socket_t fd, short what, void *arg)
{
	struct sending *sending = arg;
	char data[READ_SIZE];
	ssize_t got = read(STDIN_FILENO, data, sizeof(data));

	(void)fd;
	(void)what;
	if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
		want_input(sending);
		return;
	}
	if (got > 0 && evbuffer_add(sending->input, data, (size_t)got) != 0)
		fail_line(sending, "no memory");
	sending->ended = got <= 0;
	go_on(sending);
}

/* --- from the client ------------------------------------------------------ */

static void
heard(void *arg, const struct server_event *heard)
{
	(void)arg;
	if (heard->kind == SERVER_ERROR)
		report_error("%.*s", (int)heard->text.len, heard->text.data);
}

/* The client may have a next line once this returns. */
static void
said(void *arg, struct str text, bool taken)
{
	struct sending *sending = arg;

	if (!taken)
		sending->failed++;
	(void)text;
	watch_the_clock(sending);
	event_active(sending->next, EV_TIMEOUT, 1);
}

static void
next_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	go_on(arg);
}

static void
ready(void *arg, bool again)
{
	struct sending *sending = arg;

	if (again)
		report_error("reconnected");
	else
		want_input(sending);
}

static const struct client_ops client_ops = {
	.on_event = heard,
	.on_posted = said,
	.on_ready = ready,
	.on_lost = run_lost,
	.on_end = run_over,
};

/* --- from outside --------------------------------------------------------- */

/* Waiting for input is not waiting for the server. */
static void
timeout_cb(evutil_socket_t fd, short what, void *arg)
{
	struct sending *sending = arg;

	(void)fd;
	(void)what;
	watch_the_clock(sending);
	if (client_unacknowledged(sending->run.client) == 0)
		return;
	report_error("nothing was acknowledged in time");
	client_end(sending->run.client);
}

/* --- all of it ------------------------------------------------------------ */

static bool
prepare(struct sending *sending)
{
	struct event_base *base = sending->run.mode->base;

	sending->input = evbuffer_new();
	sending->readable =
	    event_new(base, STDIN_FILENO, EV_READ, readable_cb, sending);
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
forget(struct sending *sending)
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
status_of(const struct sending *sending)
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

	if (prepare(&sending)) {
		event_add(sending.interrupt, NULL);
		watch_the_clock(&sending);
		event_base_dispatch(mode->base);
		status = status_of(&sending);
	}
	forget(&sending);
	return status;
}
