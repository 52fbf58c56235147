/* Connections that another process goes on with. */

#include <event2/event.h>

#include "domain/base/pack.h"
#include "transport/net/conn_internal.h"
#include "transport/net/input_buffer.h"

/* Others end with the turn, or with a request. */
#define KEPT_PAUSES                                              \
	(PAUSED_BY_BUDGET | PAUSED_BY_OUTPUT | PAUSED_BY_STORE | \
	    PAUSED_BY_FILES)

enum conn_flag {
	CONN_HAS_SENT = 1 << 0,
	CONN_LAGS = 1 << 1,
	CONN_HAS_REST = 1 << 2
};

bool
conn_is_movable(const struct conn *conn)
{
	return conn->state == CONN_OPEN && conn->io == &conn_plain_io &&
	       !conn->input_closed && !conn->output_closed &&
	       (conn->pauses & ~(unsigned)KEPT_PAUSES) == 0 &&
	       conn->protocol->is_movable != NULL &&
	       conn->protocol->is_movable(conn);
}

static struct str
conn_unread(const struct conn *conn)
{
	const struct input_buffer *unread = conn->unread;

	return unread == NULL ? STR("")
			      : str_slice(unread->data + unread->used,
				    unread->len - unread->used);
}

void
conn_pack(const struct conn *conn, struct packer *packer)
{
	pack_number(packer, conn->number);
	pack_number(packer, conn->pauses);
	pack_number(packer, (conn->has_sent ? CONN_HAS_SENT : 0U) |
				(conn->lags ? CONN_LAGS : 0U) |
				(conn->has_rest ? CONN_HAS_REST : 0U));
	pack_number(packer, conn->output_soft_since);
	pack_number(packer, conn->output_moved);
	pack_number(packer, conn->resumed_at);
	pack_number(packer, peer_key(conn->peer));
	pack_text(packer, conn_unread(conn));
	send_queue_pack(&conn->queue, packer);
	conn->protocol->pack(conn, packer);
}

bool
conn_unpack(struct conn *conn, struct unpacker *from)
{
	struct loop *loop = conn->loop;
	unsigned pauses, flags;
	struct str unread;

	conn->number = (uint32_t)unpack_number(from);
	pauses = (unsigned)unpack_number(from);
	flags = (unsigned)unpack_number(from);
	conn->has_sent = (flags & CONN_HAS_SENT) != 0;
	conn->lags = (flags & CONN_LAGS) != 0;
	conn->has_rest = (flags & CONN_HAS_REST) != 0;
	conn->output_soft_since = (uint32_t)unpack_number(from);
	conn->output_moved = (uint32_t)unpack_number(from);
	conn->resumed_at = (uint32_t)unpack_number(from);
	from->failed = !peer_table_enter_key(&loop->peers, unpack_number(from),
			   &conn->peer) ||
		       from->failed;
	unread = unpack_text(from);
	from->failed = from->failed ||
		       !input_buffer_append(&conn->unread, unread.data,
			   unread.len, 0, &loop->input_bytes) ||
		       !send_queue_unpack(&conn->queue, &loop->pool, from);
	if (from->failed)
		return false;
	if ((pauses & KEPT_PAUSES) != 0)
		conn_pause(conn, pauses & KEPT_PAUSES);
	return true;
}

void
conn_go_on(struct conn *conn)
{
	if (!send_queue_is_empty(&conn->queue) ||
	    (conn->pauses & PAUSED_BY_OUTPUT) != 0)
		conn_await_drained(conn);
	conn_make_active(conn);
	conn_watch(conn);
}
