#include "cluster/redis/redis_events.h"

#include <assert.h>
#include <stdlib.h>

#include "cluster/redis/redis_tls.h"

struct redis_events {
	redisAsyncContext *context;
	struct redis_tls *tls;
	struct event *readable; /* persistent */
	struct event *writable; /* until the connection is made, or the rest of
				   the output can be sent */
	struct event *output;   /* activated: sends in the same turn */
	bool is_sending;
};

static void
readable_cb(evutil_socket_t fd, short what, void *arg)
{
	struct redis_events *events = arg;

	(void)fd;
	(void)what;
	if (events->tls != NULL)
		events->tls->ops->errors_clear(events->tls);
	redisAsyncHandleRead(events->context);
}

/* The events may be freed by this. */
static void
output_send(struct redis_events *events)
{
	if (events->tls != NULL)
		events->tls->ops->errors_clear(events->tls);
	events->is_sending = true;
	redisAsyncHandleWrite(events->context);
}

static void
output_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	output_send(arg);
}

/* --- called by hiredis ---------------------------------------------------- */

static void
reading_start(void *arg)
{
	event_add(((struct redis_events *)arg)->readable, NULL);
}

static void
reading_stop(void *arg)
{
	event_del(((struct redis_events *)arg)->readable);
}

/* There is output: a new command, or what could not be sent at once. */
static void
writing_start(void *arg)
{
	struct redis_events *events = arg;
	bool is_rest = events->is_sending;

	events->is_sending = false;
	if (is_rest || !(events->context->c.flags & REDIS_CONNECTED))
		event_add(events->writable, NULL);
	else
		event_active(events->output, 0, 0);
}

static void
writing_stop(void *arg)
{
	struct redis_events *events = arg;

	events->is_sending = false;
	event_del(events->writable);
}

static void
events_free(void *arg)
{
	struct redis_events *events = arg;

	if (events->readable != NULL)
		event_free(events->readable);
	if (events->writable != NULL)
		event_free(events->writable);
	if (events->output != NULL)
		event_free(events->output);
	free(events);
}

bool
redis_events_attach(redisAsyncContext *context, struct event_base *base,
    struct redis_tls *tls)
{
	struct redis_events *events = calloc(1, sizeof(*events));
	int fd = context->c.fd;

	assert(context->ev.data == NULL);
	if (events == NULL)
		return false;
	events->context = context;
	events->tls = tls;
	events->readable =
	    event_new(base, fd, EV_READ | EV_PERSIST, readable_cb, events);
	events->writable = event_new(base, fd, EV_WRITE, output_cb, events);
	events->output = event_new(base, -1, 0, output_cb, events);
	if (events->readable == NULL || events->writable == NULL ||
	    events->output == NULL || event_add(events->writable, NULL) != 0) {
		events_free(events);
		return false;
	}
	context->ev.data = events;
	context->ev.addRead = reading_start;
	context->ev.delRead = reading_stop;
	context->ev.addWrite = writing_start;
	context->ev.delWrite = writing_stop;
	context->ev.cleanup = events_free;
	return true;
}
