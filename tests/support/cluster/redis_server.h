/* A real redis-server on a Unix socket, in a directory of its own. */
#ifndef TESTS_REDIS_SERVER_H
#define TESTS_REDIS_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

struct redis_server {
	char dir[32];
	char socket[48];
	pid_t pid;               /* 0: it does not run */
	const char *config;      /* a file, or NULL */
	const char *const *args; /* of the start */
};

/*
 * Starts it, with more arguments (which end with NULL), and waits until it can
 * be connected to. The test fails if that is not possible.
 */
void redis_server_start(struct redis_server *, const char *const *args);

/* The same with a file of settings, which it may write. */
void redis_server_start_with(struct redis_server *, const char *config,
    const char *const *args);

/* Sends it a signal; it is waited for if that ends it. */
void redis_server_signal(struct redis_server *, int signal);

/* Starts it again after its end, in the same directory. */
void redis_server_restart(struct redis_server *);

/* Sends it a command in one line; returns the first line of its answer. */
const char *redis_server_command(const struct redis_server *,
    const char *command);

/* A port of 127.0.0.1 that was free a moment ago. */
int redis_server_free_port(void);

/* Ends it, and removes the directory. */
void redis_server_end(struct redis_server *);

#endif
