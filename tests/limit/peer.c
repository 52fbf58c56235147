#include "tests/limit/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/limit/frame.h"
#include "tests/limit/room.h"

#define READ_SIZE 65536
#define FRAME_MAX 131072 /* bounds a peer's memory */

/*
 * The answer to the one key that parley-bench sends, the sample of RFC 6455
 * §1.3. Not to compute it makes this program a little faster than any server
 * can be, never slower.
 */
static const char upgraded[] = "HTTP/1.1 101 Switching Protocols\r\n"
			       "Upgrade: websocket\r\n"
			       "Connection: Upgrade\r\n"
			       "Sec-WebSocket-Accept: "
			       "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

struct peer *
peer_create(int fd, int epoll)
{
	struct peer *peer = calloc(1, sizeof(*peer));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = peer };

	if (peer == NULL)
		return NULL;
	peer->fd = fd;
	peer->epoll = epoll;
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
		free(peer);
		return NULL;
	}
	return peer;
}

void
peer_destroy(struct peer *peer)
{
	if (peer->room != NULL)
		room_remove(peer->room, peer);
	close(peer->fd);
	free(peer->in);
	free(peer->out);
	free(peer);
}

/* --- out ------------------------------------------------------------------ */

static void
peer_watch(struct peer *peer, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = peer };

	if (epoll_ctl(peer->epoll, EPOLL_CTL_MOD, peer->fd, &event) != 0)
		peer->state = PEER_DONE;
}

static void
peer_queue(struct peer *peer, const char *data, size_t len)
{
	char *out = realloc(peer->out, peer->out_len + len);

	if (out == NULL) {
		peer->state = PEER_DONE;
		return;
	}
	if (peer->out_len == 0)
		peer_watch(peer, EPOLLIN | EPOLLOUT);
	memcpy(out + peer->out_len, data, len);
	peer->out = out;
	peer->out_len += len;
}

/* How much the socket took; a broken one takes everything. */
static size_t
peer_write(struct peer *peer, const char *data, size_t len)
{
	ssize_t sent = send(peer->fd, data, len, MSG_NOSIGNAL);

	if (sent >= 0)
		return (size_t)sent;
	if (errno == EAGAIN)
		return 0;
	peer->state = PEER_DONE;
	return len;
}

void
peer_send(struct peer *peer, const char *data, size_t len)
{
	size_t sent = 0;

	if (peer->state == PEER_DONE)
		return;
	if (peer->out_len == 0)
		sent = peer_write(peer, data, len);
	if (sent < len)
		peer_queue(peer, data + sent, len - sent);
}

void
peer_flush(struct peer *peer)
{
	peer->out_sent += peer_write(peer, peer->out + peer->out_sent,
	    peer->out_len - peer->out_sent);
	if (peer->out_sent < peer->out_len)
		return;
	free(peer->out);
	peer->out = NULL;
	peer->out_len = peer->out_sent = 0;
	peer_watch(peer, EPOLLIN);
}

/* --- in ------------------------------------------------------------------- */

/* GET /echo, or GET /room/N. */
static void
peer_route(struct peer *peer, const char *request)
{
	struct room *room = NULL;

	if (strncmp(request, "GET /echo ", 10) == 0) {
		peer->state = PEER_ECHO;
		return;
	}
	if (strncmp(request, "GET /room/", 10) == 0)
		room = room_find(strtoul(request + 10, NULL, 10));
	if (room != NULL && room_add(room, peer))
		peer->state = PEER_ROOM;
	else
		peer->state = PEER_DONE;
}

/* Returns what the request took; 0: it is not whole. */
static size_t
peer_upgrade(struct peer *peer, const char *data, size_t len)
{
	const char *end = memmem(data, len, "\r\n\r\n", 4);

	if (end == NULL)
		return 0;
	peer_route(peer, data);
	peer_send(peer, upgraded, sizeof(upgraded) - 1);
	return (size_t)(end - data) + 4;
}

static void
peer_answer(struct peer *peer, unsigned opcode, const char *payload, size_t len,
    const char mask[4])
{
	static char frame[FRAME_HEAD_MAX + FRAME_MAX];
	size_t head = frame_head(frame, opcode, len);

	frame_unmask(frame + head, payload, len, mask);
	peer_send(peer, frame, head + len);
}

static void
peer_serve(struct peer *peer, unsigned opcode, const char *payload, size_t len,
    const char mask[4])
{
	if (opcode == 1 && peer->state == PEER_ROOM)
		room_publish(peer->room, payload, len, mask);
	else if (opcode == 1)
		peer_answer(peer, opcode, payload, len, mask);
	else if (opcode == 8) {
		peer_answer(peer, opcode, payload, len, mask);
		peer->state = PEER_DONE;
	}
}

/* Returns what the frame took; 0: it is not whole. */
static size_t
peer_frame(struct peer *peer, const char *data, size_t len)
{
	const uint8_t *head = (const uint8_t *)data;
	size_t head_len = 6;
	size_t payload_len;

	if (len < head_len)
		return 0;
	payload_len = head[1] & 0x7f;
	if (payload_len == 126) {
		payload_len = (size_t)head[2] << 8 | head[3];
		head_len = 8;
	} else if (payload_len == 127) {
		head_len = 14;
		if (len < head_len)
			return 0;
		payload_len = 0;
		for (int i = 2; i < 10; i++)
			payload_len = payload_len << 8 | head[i];
	}
	if (payload_len > FRAME_MAX)
		peer->state = PEER_DONE;
	if (payload_len > FRAME_MAX || len < head_len + payload_len)
		return 0;
	peer_serve(peer, head[0] & 0x0f, data + head_len, payload_len,
	    data + head_len - 4);
	return head_len + payload_len;
}

static void
peer_keep(struct peer *peer, const char *data, size_t len)
{
	char *in;

	if (len == peer->in_len && len == 0)
		return;
	in = len > 0 ? malloc(len) : NULL;
	if (len > 0 && in == NULL)
		peer->state = PEER_DONE;
	else if (len > 0)
		memcpy(in, data, len);
	free(peer->in);
	peer->in = in;
	peer->in_len = in != NULL ? len : 0;
}

static void
peer_feed(struct peer *peer, const char *data, size_t len)
{
	size_t used = 0;

	while (peer->state != PEER_DONE) {
		size_t step = peer->state == PEER_REQUEST
				  ? peer_upgrade(peer, data + used, len - used)
				  : peer_frame(peer, data + used, len - used);

		if (step == 0)
			break;
		used += step;
	}
	peer_keep(peer, data + used, len - used);
}

void
peer_read(struct peer *peer)
{
	static char buffer[FRAME_MAX + FRAME_HEAD_MAX + READ_SIZE];
	ssize_t got;

	if (peer->in_len > FRAME_MAX + FRAME_HEAD_MAX) {
		peer->state = PEER_DONE;
		return;
	}
	if (peer->in_len > 0)
		memcpy(buffer, peer->in, peer->in_len);
	got = recv(peer->fd, buffer + peer->in_len, READ_SIZE, 0);
	if (got > 0)
		peer_feed(peer, buffer, peer->in_len + (size_t)got);
	else if (got == 0 || errno != EAGAIN)
		peer->state = PEER_DONE;
}
