#include "cluster/redis/redis_lookup.h"

#include <event2/event.h>
#include <netdb.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A thread that calls the resolver once. */
struct redis_lookup {
	const char *name;
	redis_lookup_done *done;
	void *arg;
	pthread_t thread;
	int fd; /* readable when the thread has ended */
	struct event *event;
	int status; /* of the resolver */
	char address[NI_MAXHOST];
};

static void *
lookup_thread(void *arg)
{
	struct redis_lookup *lookup = arg;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	uint64_t one = 1;
	ssize_t written;

	lookup->status = getaddrinfo(lookup->name, NULL, &hints, &found);
	if (lookup->status == 0) {
		lookup->status = getnameinfo(found->ai_addr, found->ai_addrlen,
		    lookup->address, sizeof(lookup->address), NULL, 0,
		    NI_NUMERICHOST);
		freeaddrinfo(found);
	}
	written = write(lookup->fd, &one, sizeof(one));
	(void)written; /* the counter of an eventfd takes it */
	return NULL;
}

static void
lookup_end(struct redis_lookup *lookup)
{
	if (lookup->status == 0)
		lookup->done(lookup->arg, lookup->address, NULL);
	else
		lookup->done(lookup->arg, NULL, gai_strerror(lookup->status));
}

static void
lookup_end_cb(evutil_socket_t fd, short events, void *lookup)
{
	(void)fd;
	(void)events;
	lookup_end(lookup);
}

struct redis_lookup *
redis_lookup_begin(struct event_base *base, const char *name,
    redis_lookup_done *done, void *arg)
{
	struct redis_lookup *lookup = calloc(1, sizeof(*lookup));

	if (lookup == NULL)
		return NULL;
	lookup->name = name;
	lookup->done = done;
	lookup->arg = arg;
	lookup->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (lookup->fd < 0)
		goto free_lookup;
	lookup->event =
	    event_new(base, lookup->fd, EV_READ, lookup_end_cb, lookup);
	if (lookup->event == NULL || event_add(lookup->event, NULL) != 0 ||
	    pthread_create(&lookup->thread, NULL, lookup_thread, lookup) != 0)
		goto free_event;
	return lookup;

free_event:
	if (lookup->event != NULL)
		event_free(lookup->event);
	close(lookup->fd);
free_lookup:
	free(lookup);
	return NULL;
}

void
redis_lookup_destroy(struct redis_lookup *lookup)
{
	if (lookup == NULL)
		return;
	pthread_join(lookup->thread, NULL);
	event_free(lookup->event);
	close(lookup->fd);
	free(lookup);
}
