#include "transport/net/proxy_wait.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "domain/log.h"
#include "transport/net/loop.h"
#include "transport/net/proxy_protocol.h"

/* Most headers are shorter. */
#define PEEK_SIZE 256

struct proxy_socket {
	struct list link;
	struct proxy_wait *wait;
	struct event *readable;
	struct host_address from;
	int64_t since_ms;
	struct proxy_decoder decoder;
	int fd;
};

/* Frees everything but the descriptor, which is returned. */
static int
proxy_socket_take(struct proxy_socket *waiting)
{
	int fd = waiting->fd;

	list_remove(&waiting->link);
	waiting->wait->loop->proxy_wait_count--;
	event_free(waiting->readable);
	free(waiting);
	return fd;
}

static void
proxy_socket_refuse(struct proxy_socket *waiting, const char *limit)
{
	struct proxy_wait *wait = waiting->wait;

	wait->ops->refuse(wait->arg, proxy_socket_take(waiting), limit);
}

static void
proxy_socket_log(const struct proxy_socket *waiting, const char *why)
{
	char address[HOST_ADDRESS_TEXT_SIZE];

	host_address_format(&waiting->from, address);
	log_limited(LOG_INFO, "PROXY header of %s refused: %s", address, why);
}

static void
proxy_socket_arrived(struct proxy_socket *waiting)
{
	struct proxy_wait *wait = waiting->wait;
	struct host_address client = waiting->decoder.client;

	if (host_address_is_absent(&client))
		client = waiting->from;
	wait->ops->arrived(wait->arg, proxy_socket_take(waiting), &client);
}

/* What belongs to the header is looked at first, and then taken. */
static void
proxy_socket_read(struct proxy_socket *waiting)
{
	char data[PEEK_SIZE];
	ssize_t got =
	    recv(waiting->fd, data, sizeof(data), MSG_PEEK | MSG_DONTWAIT);
	enum proxy_result result;
	const char *why;
	size_t used;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		proxy_socket_refuse(waiting, NULL);
		return;
	}
	result = proxy_decoder_feed(&waiting->decoder, data, (size_t)got, &used,
	    &why);
	if (result != PROXY_BAD &&
	    recv(waiting->fd, data, used, MSG_DONTWAIT) != (ssize_t)used) {
		result = PROXY_BAD;
		why = "the socket failed";
	}
	switch (result) {
	case PROXY_MORE:
		break;
	case PROXY_DONE:
		proxy_socket_arrived(waiting);
		break;
	case PROXY_BAD:
		proxy_socket_log(waiting, why);
		proxy_socket_refuse(waiting, NULL);
		break;
	}
}

static void
proxy_socket_readable_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	proxy_socket_read(arg);
}

bool
proxy_wait_add(struct proxy_wait *wait, int fd, const struct host_address *from)
{
	struct proxy_socket *waiting = calloc(1, sizeof(*waiting));

	if (waiting == NULL)
		return false;
	waiting->readable = event_new(wait->loop->base, fd,
	    EV_READ | EV_PERSIST, proxy_socket_readable_cb, waiting);
	if (waiting->readable == NULL ||
	    event_add(waiting->readable, NULL) != 0) {
		if (waiting->readable != NULL)
			event_free(waiting->readable);
		free(waiting);
		return false;
	}
	waiting->wait = wait;
	waiting->from = *from;
	waiting->since_ms = wait->loop->now_ms;
	waiting->fd = fd;
	list_append(&wait->sockets, &waiting->link);
	wait->loop->proxy_wait_count++;
	return true;
}

static struct proxy_socket *
proxy_wait_oldest(const struct proxy_wait *wait)
{
	return list_is_empty(&wait->sockets)
		   ? NULL
		   : LIST_OWNER(wait->sockets.next, struct proxy_socket, link);
}

void
proxy_wait_tick(struct proxy_wait *wait)
{
	int64_t begun_ms =
	    wait->loop->now_ms - wait->loop->limits->handshake_timeout_ms;
	struct proxy_socket *oldest;

	while ((oldest = proxy_wait_oldest(wait)) != NULL &&
	       oldest->since_ms <= begun_ms)
		proxy_socket_refuse(oldest, "limits.handshake_timeout");
}

bool
proxy_wait_drop(struct proxy_wait *wait, const char *limit)
{
	struct proxy_socket *oldest = proxy_wait_oldest(wait);

	if (oldest == NULL)
		return false;
	proxy_socket_refuse(oldest, limit);
	return true;
}

void
proxy_wait_init(struct proxy_wait *wait, struct loop *loop,
    const struct proxy_wait_ops *ops, void *arg)
{
	wait->loop = loop;
	wait->ops = ops;
	wait->arg = arg;
	list_init(&wait->sockets);
}
