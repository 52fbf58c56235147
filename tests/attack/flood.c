/*
 * Opens connections at a fixed rate and resets each after a tenth of a second:
 * attack_flood PORT PER_SECOND SOURCES SECONDS [request]. Source addresses are
 * 127.0.1.1 and so on. With `request` each connection asks for a WebSocket.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HOLD_MS 100
#define TICK_MS 2

static const char request[] = "GET /ws HTTP/1.1\r\nHost: a\r\n"
			      "Upgrade: websocket\r\nConnection: Upgrade\r\n"
			      "Sec-WebSocket-Version: 13\r\n"
			      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
			      "\r\n\r\n";

static long opened, failed;

static double
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int
connection_open(int port, int source, bool with_request)
{
	struct linger reset = { .l_onoff = 1, .l_linger = 0 };
	int one = 1;
	struct sockaddr_in from = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f000100U + (unsigned)source),
	};
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons((unsigned short)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&from, sizeof(from)) != 0 ||
	    (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 &&
		errno != EINPROGRESS)) {
		close(fd);
		return -1;
	}
	if (with_request && send(fd, request, sizeof(request) - 1,
				MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		failed++;
	return fd;
}

int
main(int argc, char **argv)
{
	struct rlimit files;
	long rate = argc > 4 ? atol(argv[2]) : 0;
	int sources = argc > 4 ? atoi(argv[3]) : 0;
	double seconds = argc > 4 ? atof(argv[4]) : 0;
	double began, next;
	long capacity, closed = 0;
	int *held;

	if (rate < 1 || sources < 1 || sources > 250 || seconds <= 0) {
		fprintf(stderr, "usage: attack_flood PORT PER_SECOND SOURCES "
				"SECONDS [request]\n");
		return 64;
	}
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	capacity = rate * HOLD_MS / 1000 + 1;
	held = malloc((size_t)capacity * sizeof(*held));
	if (held == NULL)
		return 71;
	for (long i = 0; i < capacity; i++)
		held[i] = -1;
	began = next = now_s();
	while (next < began + seconds) {
		long due = (long)((now_s() - began) * (double)rate);
		struct timespec pause = { .tv_nsec = TICK_MS * 1000000 };

		for (; closed < due; closed++) {
			int *slot = &held[closed % capacity];

			if (*slot >= 0)
				close(*slot);
			*slot = connection_open(atoi(argv[1]),
			    1 + (int)(closed % sources), argc > 5);
			if (*slot < 0)
				failed++;
			else
				opened++;
		}
		nanosleep(&pause, NULL);
		next = now_s();
	}
	printf("{\"opened\": %ld, \"failed\": %ld}\n", opened, failed);
	free(held);
	return 0;
}
