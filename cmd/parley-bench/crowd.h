/* Many clients in one loop. */
#ifndef PARLEY_BENCH_CROWD_H
#define PARLEY_BENCH_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/parley-bench/client.h"

#define READ_SIZE (128 * 1024)
#define REST_MAX (1024 * 1024) /* the longest frame */

/* What a crowd does about its clients. */
struct crowd_ops {
	/* The upgrade is done. */
	void (*opened)(void *arg, struct client *);
	/* A message has come, good for the call only. */
	void (*received)(void *arg, struct client *, const char *text,
	    size_t len);
	/* The server has closed the connection. */
	void (*closed)(void *arg, struct client *);
};

struct crowd {
	const struct crowd_ops *ops;
	void *arg;
	int epoll;
	struct client *clients;
	size_t count;
	size_t capacity;
	size_t unsettled; /* dialled, and not settled yet */
	size_t connected;
	uint64_t read_ns; /* when the messages at hand were read */
	uint64_t bytes;   /* read so far */
	uint64_t spin_ns; /* how long it looks for more before it sleeps */
	char *buffer;     /* of REST_MAX + READ_SIZE */
};

/* Room for so many clients; they are zeroed. */
void crowd_init(struct crowd *, size_t capacity, const struct crowd_ops *,
    void *arg);
void crowd_fini(struct crowd *);

/* The next client of the crowd, not dialled yet. */
struct client *crowd_add(struct crowd *);

/* One client has all that it waited for. */
void crowd_settle(struct crowd *, struct client *);

/* Waits at most so long, then serves what is ready; false: nothing was. */
bool crowd_turn(struct crowd *, uint64_t timeout_ns);

/* Turns until at most so many are unsettled. */
void crowd_await_settled(struct crowd *, size_t most);

/* Says goodbye in good form and turns until everybody is gone. */
void crowd_close(struct crowd *);

/*
 * As many descriptors as the system allows; ends the run if those are not
 * enough.
 */
void crowd_need_descriptors(size_t clients);

#endif
