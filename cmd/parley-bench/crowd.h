/* Many clients in one event loop. */
#ifndef PARLEY_BENCH_CROWD_H
#define PARLEY_BENCH_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/parley-bench/client.h"

#define READ_SIZE (128 * 1024)
#define REST_MAX (1024 * 1024) /* the longest frame */

/* Callbacks of a crowd. */
struct crowd_ops {
	/* The upgrade is done. */
	void (*opened)(void *arg, struct client *);
	/* A message arrived; valid during the call. */
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
	size_t unsettled; /* connecting or not settled */
	size_t connected;
	uint64_t read_ns; /* time of the latest read */
	uint64_t bytes;   /* read so far */
	uint64_t spin_ns; /* how long it polls before it sleeps */
	char *buffer;     /* of REST_MAX + READ_SIZE */
};

/* Allocates zeroed clients. */
void crowd_init(struct crowd *, size_t capacity, const struct crowd_ops *,
    void *arg);
void crowd_fini(struct crowd *);

/* The next client of the crowd, not connected. */
struct client *crowd_add(struct crowd *);

/* The client has received what it waited for. */
void crowd_settle(struct crowd *, struct client *);

/*
 * Waits for events up to the time-out and handles them; false: there were
 * none.
 */
bool crowd_turn(struct crowd *, uint64_t timeout_ns);

/* Runs until at most this many clients are unsettled. */
void crowd_await_settled(struct crowd *, size_t most);

/* Closes all connections with a close handshake. */
void crowd_close(struct crowd *);

/*
 * Raises the descriptor limit; exits if it does not suffice.
 */
void crowd_need_descriptors(size_t clients);

#endif
