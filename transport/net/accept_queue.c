#include "transport/net/accept_queue.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "transport/limits.h"

/* Short, as a peer waits meanwhile; few at once, as each costs a handshake. */
#define SERVE_EVERY_MS 10
#define LOOKS_A_TURN 256

struct waiting {
	struct list link;
	struct accepted accepted;
};

static void
serve_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	accept_queue_serve(arg);
}

bool
accept_queue_init(struct accept_queue *queue, struct event_base *base,
    const struct rate_limit *limit, const int64_t *now_ms, uint64_t seed)
{
	accept_share_init(&queue->share, limit, seed, 0);
	queue->limit = limit;
	queue->now_ms = now_ms;
	list_init(&queue->waiting);
	queue->count = 0;
	queue->timer = base == NULL
			   ? NULL
			   : event_new(base, -1, EV_PERSIST, serve_cb, queue);
	return queue->timer != NULL;
}

void
accept_queue_fini(struct accept_queue *queue)
{
	assert(queue->count == 0);
	if (queue->timer != NULL)
		event_free(queue->timer);
}

static bool
timer_start(struct accept_queue *queue)
{
	static const struct timeval interval = {
		.tv_usec = SERVE_EVERY_MS * 1000,
	};

	return event_add(queue->timer, &interval) == 0;
}

bool
accept_queue_add(struct accept_queue *queue, const struct accepted *accepted)
{
	struct waiting *waiting;

	if (accept_share_take(&queue->share, queue->limit, accepted->key,
		*queue->now_ms)) {
		accepted->ops->admit(accepted);
		return true;
	}
	waiting = malloc(sizeof(*waiting));
	if (waiting == NULL)
		return false;
	if (queue->count == 0 && !timer_start(queue)) {
		free(waiting);
		return false;
	}
	waiting->accepted = *accepted;
	list_prepend(&queue->waiting, &waiting->link);
	queue->count++;
	return true;
}

static struct accepted
waiting_take(struct accept_queue *queue, struct waiting *waiting)
{
	struct accepted accepted = waiting->accepted;

	list_remove(&waiting->link);
	free(waiting);
	if (--queue->count == 0)
		event_del(queue->timer);
	return accepted;
}

/* The peer has gone: its share is not spent on it. */
static bool
is_gone(const struct waiting *waiting)
{
	char byte;
	ssize_t got =
	    recv(waiting->accepted.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

static void
waiting_drop(struct accept_queue *queue, struct waiting *waiting,
    const char *limit)
{
	struct accepted accepted = waiting_take(queue, waiting);

	accepted.ops->refuse(&accepted, limit);
}

void
accept_queue_serve(struct accept_queue *queue)
{
	size_t looks =
	    queue->count < LOOKS_A_TURN ? queue->count : LOOKS_A_TURN;

	for (; looks > 0; looks--) {
		struct waiting *waiting =
		    LIST_OWNER(queue->waiting.next, struct waiting, link);

		if (is_gone(waiting)) {
			waiting_drop(queue, waiting, NULL);
		} else if (accept_share_take(&queue->share, queue->limit,
			       waiting->accepted.key, *queue->now_ms)) {
			struct accepted accepted = waiting_take(queue, waiting);

			accepted.ops->admit(&accepted);
		} else {
			list_remove(&waiting->link);
			list_append(&queue->waiting, &waiting->link);
		}
	}
}

bool
accept_queue_drop(struct accept_queue *queue)
{
	if (queue->count == 0)
		return false;
	waiting_drop(queue,
	    LIST_OWNER(queue->waiting.previous, struct waiting, link),
	    "limits.accept_rate");
	return true;
}

void
accept_queue_drop_all(struct accept_queue *queue,
    const struct listener *listener)
{
	struct list *next;

	for (struct list *link = queue->waiting.next; link != &queue->waiting;
	     link = next) {
		struct waiting *waiting =
		    LIST_OWNER(link, struct waiting, link);

		next = link->next;
		if (waiting->accepted.listener == listener)
			waiting_drop(queue, waiting, NULL);
	}
}
