#include "transport/http/http_idle.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "transport/http/http_target.h"
#include "transport/net/conn.h"

struct http_idle {
	struct list link; /* in loop->idle; newest first */
	struct conn *conn;
	struct address address;
	const struct tls_context *tls; /* the connection has a reference */
	uint32_t since;                /* a tick */
	char name[];
};

static void
idle_free(struct http_idle *idle)
{
	list_remove(&idle->link);
	idle->conn->loop->idle_count--;
	free(idle);
}

/* --- being a protocol ----------------------------------------------------- */

/* Bytes that answer no request: the next answer could not be trusted. */
static size_t
idle_on_bytes(struct conn *conn, char *data, size_t len)
{
	(void)data;
	conn_abort(conn);
	return len;
}

static uint32_t
idle_next_deadline(const struct conn *conn)
{
	const struct http_idle *idle = conn->protocol_state;

	return wheel_after(idle->since, HTTP_IDLE_MS);
}

static void
idle_on_deadline(struct conn *conn)
{
	if (conn_has_passed(conn, idle_next_deadline(conn)))
		conn_abort(conn);
}

static void
idle_on_nothing(struct conn *conn)
{
	(void)conn;
}

static size_t
idle_input_held(const struct conn *conn, uint32_t *since)
{
	(void)conn;
	(void)since;
	return 0;
}

static void
idle_on_overload(struct conn *conn, enum conn_overload what)
{
	(void)what;
	conn_abort(conn);
}

static void
idle_on_leave(struct conn *conn, uint32_t tick)
{
	(void)tick;
	conn_abort(conn);
}

static void
idle_on_close(struct conn *conn, void *state)
{
	(void)conn;
	idle_free(state);
}

static const struct protocol_ops idle_protocol = {
	.on_bytes = idle_on_bytes,
	.on_eof = conn_abort,
	.on_drained = idle_on_nothing,
	.on_output_full = conn_abort,
	.on_turn_end = idle_on_nothing,
	.next_deadline = idle_next_deadline,
	.on_deadline = idle_on_deadline,
	.input_held = idle_input_held,
	.on_overload = idle_on_overload,
	.on_leave = idle_on_leave,
	.on_close = idle_on_close,
};

/* --- the list ------------------------------------------------------------- */

bool
http_idle_put(struct conn *conn, const struct address *address,
    const struct tls_context *tls, const char *name)
{
	struct loop *loop = conn->loop;
	size_t size = strlen(name) + 1;
	struct http_idle *idle;

	assert(conn->state == CONN_OPEN && !conn->is_writing);
	idle = loop->idle_count >= HTTP_IDLE_MOST
		   ? NULL
		   : malloc(sizeof(*idle) + size);
	if (idle == NULL)
		return false;
	*idle = (struct http_idle){
		.conn = conn,
		.address = *address,
		.tls = tls,
		.since = conn_now(conn),
	};
	memcpy(idle->name, name, size);
	list_prepend(&loop->idle, &idle->link);
	loop->idle_count++;
	conn_set_protocol(conn, &idle_protocol, idle);
	return true;
}

static bool
idle_leads_to(const struct http_idle *idle, const struct http_target *target)
{
	if (idle->tls != target->tls || strcmp(idle->name, target->name) != 0)
		return false;
	for (size_t i = 0; i < target->address_count; i++)
		if (address_is_same(&target->addresses[i], &idle->address))
			return true;
	return false;
}

/* Whether its server has neither closed it nor sent anything. */
static bool
conn_is_silent(struct conn *conn)
{
	char byte;

	return conn->io->ops->read(conn, &byte, sizeof(byte)) < 0 &&
	       (errno == EAGAIN || errno == EINTR);
}

struct conn *
http_idle_take(struct loop *loop, const struct http_target *target,
    struct address *address)
{
	for (struct list *at = loop->idle.next; at != &loop->idle;
	     at = at->next) {
		struct http_idle *idle = LIST_OWNER(at, struct http_idle, link);
		struct conn *conn = idle->conn;

		if (conn->state != CONN_OPEN || !idle_leads_to(idle, target))
			continue;
		if (!conn_is_silent(conn)) {
			conn_abort(conn);
			continue;
		}
		*address = idle->address;
		idle_free(idle);
		return conn;
	}
	return NULL;
}
