#include "tests/support/transport/rig.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/util.h>

#include "transport/routes.h"
#include "wire/dialect.h"

static int64_t
rig_ms(struct clock *clock)
{
	return ((struct rig *)clock)->now_ms;
}

static const struct clock_ops rig_clock = { rig_ms, rig_ms };

static const struct transport_limits generous = {
	.handshake_timeout_ms = 5000,
	.request_bytes = 8192,
	.request_headers = 64,
	.frame_bytes = 1 << 20,
	.json_depth = 32,
	.patience_ms = 10000,
	.close_timeout_ms = 5000,
	.deflate = true,
	.inflate_floor = 65536,
};

void
rig_init(struct rig *rig, struct endpoint *endpoint)
{
	struct server_config config = {
		.limits = &rig->limits,
		.endpoint = endpoint,
		.clock = &rig->clock,
		.routes = server_routes,
		.host = &rig->host,
		.seed = 42,
	};

	signal(SIGPIPE, SIG_IGN); /* as a server does */
	memset(rig, 0, sizeof(*rig));
	rig->clock.ops = &rig_clock;
	rig->now_ms = 1000;
	rig->host.ops = &rig->host_ops;
	rig->limits = generous;
	rig->dialect = dialect_find(STR("command"));
	ck_assert(worker_init(&rig->worker, &config));
}

void
rig_fini(struct rig *rig)
{
	worker_end_connections(&rig->worker);
	ck_assert_uint_eq(rig->worker.loop.conn_count, 0);
	ck_assert_uint_eq(rig->worker.ws.open_count, 0);
	ck_assert_uint_eq(rig->worker.loop.input_bytes, 0);
	worker_fini(&rig->worker);
}

/* On a slow machine, what was sent at once is read in many turns. */
void
rig_turn(struct rig *rig)
{
	struct loop *loop = &rig->worker.loop;
	bool goes_on = true;

	for (int i = 0; i < 3 || goes_on; i++) {
		uint32_t number = loop->turn.number;

		conns_poll(loop, false);
		loop_update_time(loop);
		worker_end_turn(&rig->worker);
		goes_on =
		    loop->turn.number != number || bulk_waits(&loop->bulk);
	}
}

void
rig_pass(struct rig *rig, int64_t ms)
{
	struct loop *loop = &rig->worker.loop;

	for (int64_t passed = 0; passed < ms; passed += WHEEL_TICK_MS) {
		rig->now_ms += WHEEL_TICK_MS;
		loop_update_time(loop);
		conns_tick(loop, loop->wheel.now + 1);
		rig_turn(rig);
	}
}

/* --- clients -------------------------------------------------------------- */

/* Takes the client's end of a connection, and the server's. */
static void
client_adopt(struct client *client, struct rig *rig, const int fds[2])
{
	memset(client, 0, sizeof(*client));
	client->fd = fds[0];
	client->conn = http_conn_create(&rig->worker.http, &rig->worker.loop,
	    fds[1], NULL, rig->dialect);
	ck_assert_ptr_nonnull(client->conn);
}

void
client_connect(struct client *client, struct rig *rig, int sndbuf)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
			     fds),
	    0);
	if (sndbuf > 0)
		setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &sndbuf,
		    sizeof(sndbuf));
	client_adopt(client, rig, fds);
}

void
client_connect_tcp(struct client *client, struct rig *rig)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct sockaddr *address = (struct sockaddr *)&sin;
	socklen_t len = sizeof(sin);
	int listening = socket(AF_INET, SOCK_STREAM, 0), fds[2];

	ck_assert_int_eq(bind(listening, address, len), 0);
	ck_assert_int_eq(listen(listening, 1), 0);
	getsockname(listening, address, &len);
	fds[0] = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(fds[0], address, len), 0);
	fds[1] = accept(listening, NULL, NULL);
	close(listening);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(evutil_make_socket_nonblocking(fds[i]), 0);
	client_adopt(client, rig, fds);
}

void
client_fini(struct client *client)
{
	close(client->fd);
	free(client->data);
}

void
client_send(struct client *client, const void *data, size_t len)
{
	ck_assert_int_eq(send(client->fd, data, len, MSG_NOSIGNAL),
	    (ssize_t)len);
}

void
client_send_text(struct client *client, const char *text)
{
	client_send(client, text, strlen(text));
}

void
client_send_frame(struct client *client, uint8_t opcode, const void *data,
    size_t len)
{
	static const uint8_t mask[4] = { 0x12, 0x34, 0x56, 0x78 };
	uint8_t *frame = malloc(WS_FRAME_HEAD_MAX + len);
	size_t head;

	ck_assert_ptr_nonnull(frame);
	head = ws_frame_encode(opcode, true, 0, len, frame);
	frame[1] |= 0x80;
	memcpy(frame + head, mask, 4);
	memcpy(frame + head + 4, data, len);
	ws_frame_mask(frame + head + 4, len, mask, 0);
	client_send(client, frame, head + 4 + len);
	free(frame);
}

void
client_open(struct client *client, struct rig *rig, const char *path)
{
	char request[512];
	char *end;

	snprintf(request, sizeof(request),
	    "GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
	    path);
	client_send_text(client, request);
	rig_turn(rig);
	client_receive(client);
	ck_assert(client_got(client, "HTTP/1.1 101 "));
	end = memmem(client->data, client->len, "\r\n\r\n", 4);
	ck_assert_ptr_nonnull(end);
	client->len -= (size_t)(end + 4 - client->data);
	memmove(client->data, end + 4, client->len);
}

/* For each call valgrind looks at so many bytes. */
#define RECEIVED_AT_ONCE 16384

void
client_receive(struct client *client)
{
	for (;;) {
		ssize_t got;

		if (client->capacity - client->len < RECEIVED_AT_ONCE) {
			client->capacity += 1 << 20;
			client->data = realloc(client->data, client->capacity);
			ck_assert_ptr_nonnull(client->data);
		}
		got = recv(client->fd, client->data + client->len,
		    RECEIVED_AT_ONCE, 0);
		if (got <= 0) {
			client->eof = got == 0 || errno == ECONNRESET;
			return;
		}
		client->len += (size_t)got;
	}
}

bool
client_take_frame(struct client *client, uint8_t *opcode, const char **data,
    size_t *len)
{
	static char taken[1 << 21];
	struct ws_frame_head head;
	size_t used;

	if (client->len == 0 ||
	    ws_frame_decode((uint8_t *)client->data, client->len, &head,
		&used) != WS_FRAME_OK ||
	    client->len - used < head.length)
		return false;
	ck_assert(!head.masked);
	ck_assert_uint_le(head.length, sizeof(taken));
	memcpy(taken, client->data + used, head.length);
	client->len -= used + head.length;
	memmove(client->data, client->data + used + head.length, client->len);
	*opcode = head.opcode;
	*data = taken;
	*len = head.length;
	return true;
}

unsigned
client_take_close(struct client *client)
{
	uint8_t opcode;
	const char *data;
	size_t len;

	while (client_take_frame(client, &opcode, &data, &len))
		if (opcode == WS_CLOSE)
			return len < 2 ? WS_CLOSE_NO_STATUS
				       : (unsigned)(uint8_t)data[0] << 8 |
					     (uint8_t)data[1];
	return 0;
}

bool
client_got(const struct client *client, const char *text)
{
	size_t len = strlen(text);

	return client->len >= len && memcmp(client->data, text, len) == 0;
}
