#include "cmd/parley-bench/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/parley-bench/crowd.h"
#include "cmd/parley-bench/fail.h"
#include "cmd/parley-bench/header_lines.h"
#include "cmd/parley-bench/meter.h"

#define OPCODE_TEXT 1
#define OPCODE_BINARY 2
#define OPCODE_CLOSE 8
#define OPCODE_PING 9
#define OPCODE_PONG 10

/* All clients send the sample key of RFC 6455 §1.3, whose answer is known. */
#define REQUEST_SIZE 2048
#define SAMPLE_KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define SAMPLE_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

/*
 * --- output ---------------------------------------------------------------
 */

static char *
client_reserve(struct client *client, size_t len)
{
	if (client->out_capacity - client->out_len < len) {
		client->out_capacity = 2 * (client->out_len + len);
		client->out = need(realloc(client->out, client->out_capacity));
	}
	return client->out + client->out_len;
}

static void
client_watch(struct client *client, int operation, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = client };

	if (epoll_ctl(client->crowd->epoll, operation, client->fd, &event) != 0)
		cannot_run("epoll_ctl: %s", strerror(errno));
}

/* These masks may be predictable; they only have to vary. */
static uint32_t
mask_next(void)
{
	static uint32_t state = 2463534242u;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

static void
client_frame(struct client *client, unsigned opcode, const char *payload,
    size_t len)
{
	char *out = client_reserve(client, client_frame_size(len, true));
	uint32_t mask = mask_next();
	char key[4];

	memcpy(key, &mask, 4);
	*out++ = (char)(0x80 | opcode);
	if (len < 126)
		*out++ = (char)(0x80 | len);
	else if (len <= UINT16_MAX) {
		*out++ = (char)(0x80 | 126);
		*out++ = (char)(len >> 8);
		*out++ = (char)len;
	} else {
		*out++ = (char)(0x80 | 127);
		for (int shift = 56; shift >= 0; shift -= 8)
			*out++ = (char)(len >> shift);
	}
	memcpy(out, key, 4);
	for (size_t i = 0; i < len; i++)
		out[4 + i] = (char)(payload[i] ^ key[i % 4]);
	client->out_len = (size_t)(out + 4 + len - client->out);
}

static unsigned
opcode_of(const struct client *client)
{
	return client->binary ? OPCODE_BINARY : OPCODE_TEXT;
}

void
client_send(struct client *client, const char *text, size_t len)
{
	client_frame(client, opcode_of(client), text, len);
}

void
client_send_close(struct client *client)
{
	client_frame(client, OPCODE_CLOSE, "\x03\xe8", 2);
}

static void
client_lost(struct client *client)
{
	close(client->fd);
	client->state = CLIENT_CLOSED;
	client->crowd->connected--;
	free(client->rest);
	client->rest = NULL;
	client->rest_len = client->out_len = 0;
	client->crowd->ops->closed(client->crowd->arg, client);
}

void
client_flush(struct client *client)
{
	ssize_t sent =
	    send(client->fd, client->out, client->out_len, MSG_NOSIGNAL);
	bool blocked;

	/*
	 * A broken connection is detected by the read that follows its data.
	 */
	if (sent < 0 && errno != EAGAIN)
		sent = (ssize_t)client->out_len;
	if (sent > 0) {
		client->out_len -= (size_t)sent;
		memmove(client->out, client->out + sent, client->out_len);
	}
	blocked = client->out_len > 0;
	if (blocked != client->blocked)
		client_watch(client, EPOLL_CTL_MOD,
		    blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
	client->blocked = blocked;
}

void
client_set_reading(struct client *client, bool listening)
{
	client_watch(client, EPOLL_CTL_MOD, listening ? EPOLLIN : 0);
}

/*
 * --- connecting -----------------------------------------------------------
 */

/*
 * Every 4096 clients use another loopback address, so that ports suffice; the
 * kernel chooses the port.
 */
static void
client_bind(struct client *client, const struct sockaddr_in *to)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	int on = 1;

	if (ntohl(to->sin_addr.s_addr) >> 24 != IN_LOOPBACKNET)
		return;
	from.sin_addr.s_addr =
	    htonl(INADDR_LOOPBACK + 1 + client->number / 4096);
	setsockopt(client->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on,
	    sizeof(on));
	if (bind(client->fd, (struct sockaddr *)&from, sizeof(from)) != 0)
		cannot_run("bind: %s", strerror(errno));
}

/*
 * On loopback, segments have 64 KiB, and the server's socket buffer, sized in
 * segments, would hold megabytes.
 */
static void
client_set_small_buffers(const struct client *client)
{
	int segment = 1440;
	int buffer = 65536;

	setsockopt(client->fd, IPPROTO_TCP, TCP_MAXSEG, &segment,
	    sizeof(segment));
	setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
}

static void
client_socket(struct client *client, const struct sockaddr_in *to, bool far)
{
	int on = 1;

	client->fd =
	    socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		cannot_run("socket: %s", strerror(errno));
	setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (far)
		client_set_small_buffers(client);
	client_bind(client, to);
}

void
client_dial(struct client *client, const struct dial *dial)
{
	const struct sockaddr_in *to =
	    &dial->to->at[client->number % dial->to->count];
	const char *own = dial->lines == NULL
			      ? ""
			      : header_lines_of(dial->lines, client->number);
	char request[REQUEST_SIZE];
	int len = snprintf(request, sizeof(request),
	    "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: " SAMPLE_KEY "\r\n%s%s%s\r\n",
	    dial->path, dial->headers != NULL ? dial->headers : "", own,
	    *own != '\0' ? "\r\n" : "");

	if (len < 0 || len >= REQUEST_SIZE)
		cannot_run("the headers of a request are too long");

	client_socket(client, to, dial->far);
	if (connect(client->fd, (const struct sockaddr *)to, sizeof(*to)) !=
		0 &&
	    errno != EINPROGRESS)
		cannot_run("connect: %s", strerror(errno));
	client->state = CLIENT_UPGRADING;
	client->settled = client->blocked = false;
	client->binary = dial->binary;
	client->close_code = CLOSE_NONE;
	client->crowd->unsettled++;
	client->crowd->connected++;
	client_watch(client, EPOLL_CTL_ADD, EPOLLIN);
	memcpy(client_reserve(client, (size_t)len), request, (size_t)len);
	client->out_len = (size_t)len;
	client_flush(client);
}

/*
 * --- input ----------------------------------------------------------------
 */

/* Returns the length of the response; 0: incomplete. */
static size_t
client_upgraded(struct client *client, const char *data, size_t len)
{
	const char *end = memmem(data, len, "\r\n\r\n", 4);
	size_t head;

	if (end == NULL)
		return 0;
	head = (size_t)(end - data) + 4;
	if (head < 12 || memcmp(data, "HTTP/1.1 101", 12) != 0)
		wrong_answer("the upgrade was refused: %.*s", (int)head, data);
	if (memmem(data, head, SAMPLE_ACCEPT, strlen(SAMPLE_ACCEPT)) == NULL)
		wrong_answer("Sec-WebSocket-Accept is wrong: %.*s", (int)head,
		    data);
	client->state = CLIENT_OPEN;
	client->crowd->ops->opened(client->crowd->arg, client);
	return head;
}

static void
client_take(struct client *client, unsigned opcode, const char *data,
    size_t len)
{
	const uint8_t *code = (const uint8_t *)data;

	if (opcode == opcode_of(client)) {
		client->crowd->ops->received(client->crowd->arg, client, data,
		    len);
		return;
	}
	switch (opcode) {
	case OPCODE_PING:
		client_frame(client, OPCODE_PONG, data, len);
		client_flush(client);
		break;
	case OPCODE_CLOSE:
		if (len >= 2)
			client->close_code = (uint16_t)(code[0] << 8 | code[1]);
		break;
	default:
		wrong_answer("member %u got a frame with opcode %u",
		    client->number, opcode);
	}
}

/* Returns the length of the frame; 0: incomplete. */
static size_t
client_frame_in(struct client *client, const char *data, size_t len)
{
	const uint8_t *head = (const uint8_t *)data;
	size_t head_len = 2;
	uint64_t payload;

	if (len < 2)
		return 0;
	if ((head[0] & 0xf0) != 0x80 || (head[1] & 0x80) != 0)
		wrong_answer("member %u got a frame that begins %02x %02x",
		    client->number, head[0], head[1]);
	payload = head[1];
	if (payload == 126)
		head_len = 4;
	else if (payload == 127)
		head_len = 10;
	if (len < head_len)
		return 0;
	if (head_len > 2)
		payload = 0;
	for (size_t i = 2; i < head_len; i++)
		payload = payload << 8 | head[i];
	if (payload > REST_MAX - head_len)
		wrong_answer("a frame of %llu bytes",
		    (unsigned long long)payload);
	if (len - head_len < payload)
		return 0;
	client_take(client, head[0] & 0x0f, data + head_len, (size_t)payload);
	return head_len + (size_t)payload;
}

static void
client_keep(struct client *client, const char *data, size_t len)
{
	free(client->rest);
	client->rest = NULL;
	client->rest_len = len;
	if (len > 0)
		client->rest = memcpy(need(malloc(len)), data, len);
}

static void
client_feed(struct client *client, const char *data, size_t len)
{
	size_t used = 0;

	for (;;) {
		size_t step =
		    client->state == CLIENT_UPGRADING
			? client_upgraded(client, data + used, len - used)
			: client_frame_in(client, data + used, len - used);

		if (step == 0)
			break;
		used += step;
	}
	client_keep(client, data + used, len - used);
}

/* Bytes that wait before a client that discards them is woken up. */
#define DISCARDED_AT_ONCE 8192

void
client_set_discards(struct client *client)
{
	int bytes = DISCARDED_AT_ONCE;

	client->discards = true;
	if (setsockopt(client->fd, SOL_SOCKET, SO_RCVLOWAT, &bytes,
		sizeof(bytes)) != 0)
		cannot_run("SO_RCVLOWAT: %s", strerror(errno));
}

void
client_acknowledge_at_once(struct client *client)
{
	int on = 1;

	setsockopt(client->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

void
client_read(struct client *client)
{
	struct crowd *crowd = client->crowd;
	ssize_t got;

	if (client->discards) {
		got = recv(client->fd, NULL, REST_MAX, MSG_TRUNC);
		if (got == 0 || (got < 0 && errno != EAGAIN))
			client_lost(client);
		return;
	}
	if (client->rest_len > 0)
		memcpy(crowd->buffer, client->rest, client->rest_len);
	got = recv(client->fd, crowd->buffer + client->rest_len, READ_SIZE, 0);
	if (got > 0) {
		crowd->bytes += (uint64_t)got;
		crowd->read_ns = now_ns();
		client_feed(client, crowd->buffer,
		    client->rest_len + (size_t)got);
	} else if (got == 0 || errno != EAGAIN)
		client_lost(client);
}
