/* The input of a connection: what is read, and when it is not. */

#include <assert.h>
#include <errno.h>

#include <event2/event.h>

#include "domain/base/count_of.h"
#include "domain/log.h"
#include "transport/net/conn_internal.h"
#include "transport/net/input_buffer.h"

/* Bytes that a closing connection reads and discards at most. */
#define DISCARD_MOST (1024 * 1024)

/* Pauses that have a cause outside of this turn, or of the request. */
static const struct {
	unsigned reason;
	struct str word;
} traced_pauses[] = {
	{ PAUSED_BY_BUDGET, STR("budget") },
	{ PAUSED_BY_OUTPUT, STR("limits.output_soft") },
	{ PAUSED_BY_STORE, STR("store") },
	{ PAUSED_BY_FILES, STR("files") },
	{ PAUSED_FOR_GOOD, STR("discarded") },
};

static void
conn_trace_pauses(struct conn *conn, enum trace_kind kind, unsigned reasons)
{
	struct trace_entry entry = { .kind = kind, .connection = conn->number };

	for (size_t i = 0; i < COUNT_OF(traced_pauses); i++) {
		if ((traced_pauses[i].reason & reasons) == 0)
			continue;
		entry.why = traced_pauses[i].word;
		trace_put(&conn->loop->trace, &entry);
	}
}

void
conn_pause(struct conn *conn, unsigned reasons)
{
	if (trace_is_on(&conn->loop->trace))
		conn_trace_pauses(conn, TRACE_PAUSED, reasons & ~conn->pauses);
	conn->pauses |= (uint16_t)reasons;
	if (!conn_wait_for(conn, false, conn->is_writing))
		conn_abort(conn);
}

void
conn_resume(struct conn *conn, unsigned reasons)
{
	bool was_paused = conn->pauses != 0;

	if (trace_is_on(&conn->loop->trace))
		conn_trace_pauses(conn, TRACE_RESUMED, reasons & conn->pauses);
	conn->pauses &= (uint16_t)~reasons;
	if (!was_paused || conn->pauses != 0)
		return;
	conn->resumed_at = conn_now(conn);
	if (conn->input_closed || conn->state == CONN_DEAD)
		return;
	if (!conn_wait_for(conn, true, conn->is_writing))
		conn_abort(conn);
}

void
conn_discard(struct conn *conn, size_t len)
{
	conn->discarded += (uint32_t)len;
	if (conn->discarded > DISCARD_MOST)
		conn_pause(conn, PAUSED_FOR_GOOD);
}

size_t
conn_input_cost(const struct conn *conn)
{
	uint32_t since = conn_now(conn);
	size_t held;

	if (conn->state != CONN_OPEN)
		return 0;
	held = input_buffer_size(conn->unread) +
	       conn->protocol->input_held(conn, &since);
	return held * (conn_now(conn) - since + 1);
}

/* Returns how many bytes were consumed: all, except before a pause. */
static size_t
conn_consume(struct conn *conn, char *data, size_t len)
{
	size_t used = 0;

	while (used < len && conn->state == CONN_OPEN && conn->pauses == 0) {
		const struct protocol_ops *protocol = conn->protocol;
		size_t step = protocol->on_bytes(conn, data + used, len - used);

		assert(step <= len - used);
		used += step;
		/* Else it would be called for ever. */
		assert(step > 0 || conn->pauses != 0 ||
		       conn->state != CONN_OPEN || conn->protocol != protocol);
	}
	if (conn->state == CONN_OPEN)
		return used;
	conn_discard(conn, len - used);
	return len;
}

static void
conn_consume_unread(struct conn *conn)
{
	struct input_buffer *unread = conn->unread;

	/* A connection that begins to close frees what is unread. */
	conn->unread = NULL;
	unread->used += conn_consume(conn, unread->data + unread->used,
	    unread->len - unread->used);
	if (unread->used < unread->len)
		conn->unread = unread;
	else
		input_buffer_free(&unread, &conn->loop->input_bytes);
}

static void
conn_consume_read(struct conn *conn, char *data, size_t len)
{
	size_t used = 0;

	if (conn->state == CONN_DEAD)
		return;
	/* It may have come to lag, or to have more before this. */
	if (conn->lags)
		conn_pause(conn, PAUSED_BY_OUTPUT);
	if (conn->unread == NULL)
		used = conn_consume(conn, data, len);
	if (used < len && !input_buffer_append(&conn->unread, data + used,
			      len - used, 0, &conn->loop->input_bytes))
		conn_abort(conn);
}

static void
batch_consume(struct loop_batch *batch)
{
	char *data = batch->bytes;

	for (unsigned i = 0; i < batch->count; i++) {
		struct conn *conn = batch->reads[i].conn;

		log_set_connection(conn->number);
		conn_consume_read(conn, data, batch->reads[i].len);
		data += batch->reads[i].len;
	}
	log_set_connection(0);
	batch->count = 0;
	batch->used = 0;
}

static void
conn_on_eof(struct conn *conn)
{
	conn->input_closed = true;
	if (!conn_wait_for(conn, false, conn->is_writing))
		conn_abort(conn);
	switch ((enum conn_state)conn->state) {
	case CONN_OPEN:
		conn->protocol->on_eof(conn);
		break;
	case CONN_LINGERING:
		conn_abort(conn);
		break;
	case CONN_FLUSHING:
	case CONN_DEAD:
		break;
	}
}

/*
 * All connections read into the same memory. A bufferevent for each would take
 * a kilobyte, and one system call more for each read.
 */
static ssize_t
conn_read(struct conn *conn)
{
	struct loop_batch *batch = &conn->loop->batch;
	struct traffic *traffic = &conn->loop->meter.traffic;
	ssize_t len;

	if (batch->count == LOOP_BATCH_COUNT ||
	    batch->used + LOOP_INPUT_SIZE > LOOP_BATCH_SIZE)
		batch_consume(batch);
	len = conn->io->ops->read(conn, batch->bytes + batch->used,
	    LOOP_INPUT_SIZE);
	if (len > 0) {
		traffic->reads++;
		traffic->received_bytes += (uint64_t)len;
		batch->reads[batch->count].conn = conn;
		batch->reads[batch->count++].len = (size_t)len;
		batch->used += (size_t)len;
	}
	return len;
}

/* Returns whether there may be more. */
static bool
conn_on_readable(struct conn *conn)
{
	ssize_t len;

	if (conn->state == CONN_DEAD || conn->pauses != 0)
		return false;
	if (conn->lags) {
		conn_pause(conn, PAUSED_BY_OUTPUT);
		return false;
	}
	if (conn->has_rest) {
		conn->protocol->on_rest(conn);
		if (conn->state == CONN_DEAD || conn->pauses != 0)
			return false;
	}
	if (conn->unread != NULL) {
		conn_consume_unread(conn);
		return true;
	}
	len = conn_read(conn);
	if (len == 0)
		conn_on_eof(conn);
	else if (len < 0 && errno != EAGAIN && errno != EINTR)
		conn_abort(conn);
	return len > 0;
}

/* --- bulk ----------------------------------------------------------------- */

static void
conn_on_bulk(struct conn *conn)
{
	conn_pause(conn, PAUSED_BY_TURN);
	conn->protocol->on_bulk(conn);
}

void
conn_set_bulk(struct conn *conn, bool is_bulk)
{
	conn->is_bulk = is_bulk;
	if (conn->pauses != 0 || conn->input_closed || conn->state == CONN_DEAD)
		return;
	if (!conn_wait_for(conn, true, conn->is_writing))
		conn_abort(conn);
}

bool
conn_read_bulk(struct conn *conn)
{
	bool has_more;

	conn->pauses &= (uint16_t)~PAUSED_BY_TURN;
	has_more = conn_on_readable(conn);
	batch_consume(&conn->loop->batch);
	if (conn->pauses != 0 || conn->input_closed || conn->state == CONN_DEAD)
		return false;
	if (has_more && conn->state == CONN_OPEN)
		return true;
	if (!conn_wait_for(conn, true, conn->is_writing))
		conn_abort(conn);
	return false;
}

/* --- the event ------------------------------------------------------------ */

static void
conn_on_input(struct conn *conn)
{
	if (!conn->is_reading)
		return;
	if (conn->is_bulk && conn->state == CONN_OPEN)
		conn_on_bulk(conn);
	else
		conn_on_readable(conn);
}

static void
conn_event_cb(evutil_socket_t fd, short what, void *arg)
{
	struct conn *conn = arg;

	(void)fd;
	log_set_connection(conn->number);
	if ((what & EV_WRITE) != 0 && conn->is_writing)
		conn_on_writable(conn);
	if ((what & EV_READ) != 0)
		conn_on_input(conn);
	log_set_connection(0);
}

void
conn_make_active(struct conn *conn)
{
	if (conn->is_reading && (conn->unread != NULL || conn->has_rest))
		event_active(conn_event(conn), EV_READ, 0);
}

bool
conn_wait_for(struct conn *conn, bool reads, bool writes)
{
	struct event *event = conn_event(conn);
	short events = (short)(EV_PERSIST | (reads ? EV_READ : 0) |
			       (writes ? EV_WRITE : 0));

	if (reads == conn->is_reading && writes == conn->is_writing)
		return true;
	if (conn->is_reading || conn->is_writing)
		event_del(event);
	conn->is_reading = conn->is_writing = false;
	if (!reads && !writes)
		return true;
	if (event_assign(event, conn->loop->base, conn->fd, events,
		conn_event_cb, conn) != 0 ||
	    event_add(event, NULL) != 0)
		return false;
	conn->is_reading = reads;
	conn->is_writing = writes;
	conn_make_active(conn);
	return true;
}

/* --- all connections ------------------------------------------------------ */

void
conns_poll(struct loop *loop, bool waits)
{
	event_base_loop(loop->base,
	    EVLOOP_ONCE | (waits ? 0 : EVLOOP_NONBLOCK));
	batch_consume(&loop->batch);
}
