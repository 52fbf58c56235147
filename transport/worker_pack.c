/* The connections that another process goes on with. */

#include <unistd.h>

#include "domain/base/pack.h"
#include "transport/worker.h"
#include "transport/ws/endpoint.h"

/* Calls of this server are made again by the other one. */
static bool
conn_has_to_leave(const struct conn *conn)
{
	return conn->protocol->is_movable != NULL && !conn_is_movable(conn);
}

size_t
worker_count_unmovable(const struct worker *worker)
{
	size_t count = 0;

	for (const struct conn *conn = worker->loop.conns; conn != NULL;
	     conn = conn->next)
		count += conn_has_to_leave(conn);
	return count;
}

void
worker_drain_unmovable(struct worker *worker, int64_t within_ms)
{
	struct loop *loop = &worker->loop;
	uint32_t window = wheel_ticks(within_ms);

	worker->ws.drained_ms = loop->now_ms + within_ms;
	for (struct conn *conn = loop->conns; conn; conn = conn->next)
		if (conn_has_to_leave(conn))
			conn_leave(conn,
			    conn_now(conn) + 1 + loop_random(loop, window + 1));
}

/* --- writing -------------------------------------------------------------- */

enum conn_kind {
	CONN_HTTP = 1,
	CONN_WEBSOCKET
};

/* Moments count from the same start in both processes. */
size_t
worker_pack(struct worker *worker, struct packer *packer, int *sockets)
{
	struct loop *loop = &worker->loop;
	struct endpoint *endpoint = worker->ws.endpoint;
	size_t count = 0;

	endpoint->ops->begin_pack(endpoint);
	pack_number(packer, (uint64_t)loop->started_ms);
	pack_number(packer, loop->wheel.now);
	pack_number(packer, loop->last_number);
	for (const struct conn *conn = loop->conns; conn; conn = conn->next) {
		if (!conn_is_movable(conn))
			continue;
		pack_number(packer,
		    ws_conn_is(conn) ? CONN_WEBSOCKET : CONN_HTTP);
		conn_pack(conn, packer);
		sockets[count++] = conn->fd;
	}
	pack_number(packer, 0);
	endpoint->ops->pack_shared(endpoint, packer);
	return count;
}

/* --- reading -------------------------------------------------------------- */

static struct conn *
worker_adopt(struct worker *worker, enum conn_kind kind, int fd,
    struct unpacker *from)
{
	switch (kind) {
	case CONN_HTTP:
		return http_conn_adopt(&worker->http, &worker->loop, fd, from);
	case CONN_WEBSOCKET:
		return ws_conn_adopt(&worker->loop, fd, from);
	}
	close(fd);
	return NULL;
}

bool
worker_unpack(struct worker *worker, struct unpacker *from, const int *sockets,
    size_t count)
{
	struct loop *loop = &worker->loop;
	struct endpoint *endpoint = worker->ws.endpoint;
	uint32_t last_number;
	bool is_good = true;
	size_t at = 0;

	loop->started_ms = (int64_t)unpack_number(from);
	loop_update_time(loop);
	loop->wheel.now = (uint32_t)unpack_number(from);
	last_number = (uint32_t)unpack_number(from);
	while (is_good && at < count) {
		enum conn_kind kind = (enum conn_kind)unpack_number(from);

		is_good =
		    worker_adopt(worker, kind, sockets[at++], from) != NULL;
	}
	while (at < count)
		close(sockets[at++]);
	loop->last_number = last_number;
	return is_good && unpack_number(from) == 0 && !from->failed &&
	       endpoint->ops->unpack_shared(endpoint, from) &&
	       from->rest.len == 0;
}
