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

/* Enough to recognize the request of a health check. */
#define PEEK_SIZE 16

/* Beyond all shares. */
static const struct rate_limit probe_limit = { .rate = 50, .burst = 50 };

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
	token_bucket_init(&queue->probes, &probe_limit, 0);
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
	bool is_early = queue->count > 0;

	/* While others wait, an address that uses its share waits, too: until
	 * it is known whether there is a request. */
	if ((is_early ? accept_share_take_early
		      : accept_share_take)(&queue->share, queue->limit,
		host_address_key(&accepted->from), *queue->now_ms)) {
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

static void
waiting_drop(struct accept_queue *queue, struct waiting *waiting,
    const char *limit)
{
	struct accepted accepted = waiting_take(queue, waiting);

	accepted.ops->refuse(&accepted, limit);
}

static void
waiting_admit(struct accept_queue *queue, struct waiting *waiting)
{
	struct accepted accepted = waiting_take(queue, waiting);

	accepted.ops->admit(&accepted);
}

static bool
waiting_has_share(struct accept_queue *queue, const struct waiting *waiting)
{
	return accept_share_take(&queue->share, queue->limit,
	    host_address_key(&waiting->accepted.from), *queue->now_ms);
}

static bool
waiting_is_probe(struct accept_queue *queue, const struct waiting *waiting,
    struct str request)
{
	const struct accepted *accepted = &waiting->accepted;

	return accepted->ops->is_probe(accepted, request) &&
	       token_bucket_take(&queue->probes, &probe_limit, *queue->now_ms,
		   1);
}

void
accept_queue_serve(struct accept_queue *queue)
{
	struct waiting *silent[LOOKS_A_TURN];
	size_t looks =
	    queue->count < LOOKS_A_TURN ? queue->count : LOOKS_A_TURN;
	size_t silent_count = 0;

	for (; looks > 0; looks--) {
		struct waiting *waiting =
		    LIST_OWNER(queue->waiting.next, struct waiting, link);
		char request[PEEK_SIZE];
		ssize_t got = recv(waiting->accepted.fd, request,
		    sizeof(request), MSG_PEEK | MSG_DONTWAIT);
		bool is_silent = got < 0 && (errno == EAGAIN || errno == EINTR);

		if (got <= 0 && !is_silent) {
			waiting_drop(queue, waiting, NULL);
			continue;
		}
		if (!is_silent && (waiting_has_share(queue, waiting) ||
				      waiting_is_probe(queue, waiting,
					  str_slice(request, (size_t)got)))) {
			waiting_admit(queue, waiting);
			continue;
		}
		list_remove(&waiting->link);
		list_append(&queue->waiting, &waiting->link);
		if (is_silent)
			silent[silent_count++] = waiting;
	}
	for (size_t i = 0; i < silent_count; i++)
		if (waiting_has_share(queue, silent[i]))
			waiting_admit(queue, silent[i]);
}

void
accept_queue_admit_all(struct accept_queue *queue)
{
	while (queue->count > 0)
		waiting_admit(queue,
		    LIST_OWNER(queue->waiting.previous, struct waiting, link));
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
