#include "cmd/parley-bench/crowd.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "cmd/parley-bench/fail.h"
#include "cmd/parley-bench/meter.h"

#define EVENTS_PER_TURN 1024
#define SPIN_NS 200000u
#define TIMEOUT_NS 10000000000u /* without any event */

void
crowd_init(struct crowd *crowd, size_t capacity, const struct crowd_ops *ops,
    void *arg)
{
	*crowd = (struct crowd){
		.ops = ops,
		.arg = arg,
		.capacity = capacity,
		.spin_ns = SPIN_NS,
	};
	crowd->clients = need(calloc(capacity, sizeof(*crowd->clients)));
	crowd->buffer = need(malloc(REST_MAX + READ_SIZE));
	crowd->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (crowd->epoll < 0)
		cannot_run("epoll_create1: %s", strerror(errno));
}

void
crowd_fini(struct crowd *crowd)
{
	for (size_t i = 0; i < crowd->count; i++) {
		struct client *client = &crowd->clients[i];

		if (client->state == CLIENT_UPGRADING ||
		    client->state == CLIENT_OPEN)
			close(client->fd);
		free(client->rest);
		free(client->out);
	}
	close(crowd->epoll);
	free(crowd->clients);
	free(crowd->buffer);
}

struct client *
crowd_add(struct crowd *crowd)
{
	struct client *client = &crowd->clients[crowd->count];

	client->crowd = crowd;
	client->number = (unsigned)crowd->count++;
	return client;
}

void
crowd_settle(struct crowd *crowd, struct client *client)
{
	client->settled = true;
	client_acknowledge_at_once(client);
	crowd->unsettled--;
}

/*
 * epoll_wait() counts in milliseconds, ppoll() in nanoseconds: it is used for
 * precise sleeps.
 */
static void
crowd_sleep(const struct crowd *crowd, uint64_t timeout_ns)
{
	struct pollfd epoll = { .fd = crowd->epoll, .events = POLLIN };
	struct timespec timeout = { (time_t)(timeout_ns / 1000000000u),
		(long)(timeout_ns % 1000000000u) };

	ppoll(&epoll, 1, &timeout, NULL);
}

/*
 * Spins before it sleeps: a send() that wakes its receiver takes twice as
 * long, and would be charged to the server.
 */
static int
crowd_wait(const struct crowd *crowd, struct epoll_event *events,
    uint64_t timeout_ns)
{
	uint64_t spin_ns = crowd->spin_ns;
	uint64_t spun_until_ns =
	    now_ns() + (timeout_ns < spin_ns ? timeout_ns : spin_ns);

	do {
		int count =
		    epoll_wait(crowd->epoll, events, EVENTS_PER_TURN, 0);

		if (count != 0)
			return count;
	} while (now_ns() < spun_until_ns);
	if (timeout_ns <= spin_ns)
		return 0;
	crowd_sleep(crowd, timeout_ns - spin_ns);
	return epoll_wait(crowd->epoll, events, EVENTS_PER_TURN, 0);
}

bool
crowd_turn(struct crowd *crowd, uint64_t timeout_ns)
{
	static struct epoll_event events[EVENTS_PER_TURN];
	int count = crowd_wait(crowd, events, timeout_ns);

	for (int i = 0; i < count; i++) {
		struct client *client = events[i].data.ptr;

		if (events[i].events & EPOLLOUT)
			client_flush(client);
		if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
			client_read(client);
	}
	return count > 0;
}

void
crowd_await_settled(struct crowd *crowd, size_t most)
{
	while (crowd->unsettled > most)
		if (!crowd_turn(crowd, TIMEOUT_NS))
			wrong_answer("%zu clients of %zu wait in vain to get "
				     "in",
			    crowd->unsettled, crowd->count);
}

void
crowd_close(struct crowd *crowd)
{
	for (size_t i = 0; i < crowd->count; i++) {
		if (crowd->clients[i].state != CLIENT_OPEN)
			continue;
		client_send_close(&crowd->clients[i]);
		client_flush(&crowd->clients[i]);
	}
	while (crowd->connected > 0)
		if (!crowd_turn(crowd, TIMEOUT_NS))
			wrong_answer("%zu connections were not closed",
			    crowd->connected);
}

void
crowd_need_descriptors(size_t clients)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		cannot_run("getrlimit: %s", strerror(errno));
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < clients + 16)
		cannot_run("%zu clients need as many open files, the limit is "
			   "%llu (ulimit -n)",
		    clients, (unsigned long long)limit.rlim_cur);
}
