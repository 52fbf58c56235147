/*
 * limit_server: the upper limit of a chat server's speed. A bare epoll loop
 * that upgrades, unmasks and fans frames out as they are: no JSON, no names, no
 * history, no limits. parley-bench drives it next to parleyd; the ratio is what
 * counts. For loopback and for measuring only.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/limit/peer.h"
#include "tests/limit/room.h"

#define EVENTS_PER_TURN 512
#define ACCEPTS_PER_TURN 64

static int
listen_on(unsigned port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(fd, SOMAXCONN) != 0) {
		perror("limit_server: listen");
		exit(2);
	}
	return fd;
}

static void
accept_some(int listener, int epoll)
{
	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		int fd =
		    accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		if (peer_create(fd, epoll) == NULL)
			close(fd);
	}
}

static void
serve_event(const struct epoll_event *event)
{
	struct peer *peer = event->data.ptr;

	if (event->events & (EPOLLIN | EPOLLERR | EPOLLHUP))
		peer_read(peer);
	if (event->events & EPOLLOUT && peer->out_len > 0)
		peer_flush(peer);
	if (peer->state == PEER_DONE)
		peer_destroy(peer);
}

/* A turn: everything is read before anything is sent. */
static _Noreturn void
run_loop(int listener)
{
	static struct epoll_event events[EVENTS_PER_TURN];
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll < 0 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0) {
		perror("limit_server: epoll");
		exit(2);
	}
	for (;;) {
		int count = epoll_wait(epoll, events, EVENTS_PER_TURN, -1);

		for (int i = 0; i < count; i++) {
			if (events[i].data.ptr == NULL)
				accept_some(listener, epoll);
			else
				serve_event(&events[i]);
		}
		rooms_flush();
	}
}

static void
limit_server_usage(FILE *out)
{
	fputs("usage: limit_server [--each] PORT\n"
	      "  --each   one send() per frame and member (the bare loop)\n"
	      "           instead of one per loop turn and member (the "
	      "limit)\n",
	    out);
}

int
main(int argc, char **argv)
{
	int at = 1;
	int listener;
	unsigned long port;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		limit_server_usage(stdout);
		return 0;
	}
	if (at < argc && strcmp(argv[at], "--each") == 0) {
		room_sends_each = true;
		at++;
	}
	port = at + 1 == argc ? strtoul(argv[at], NULL, 10) : 0;
	if (port == 0 || port > UINT16_MAX) {
		limit_server_usage(stderr);
		return 2;
	}
	listener = listen_on((unsigned)port);
	run_loop(listener);
}
