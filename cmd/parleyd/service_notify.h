/* Messages to the service manager: sd_notify(3), without its library. */
#ifndef CMD_SERVICE_NOTIFY_H
#define CMD_SERVICE_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#define SERVICE_NOTIFY_TEXT_SIZE 256

struct service_notify {
	struct sockaddr_un address;
	socklen_t len; /* 0: no manager listens */
	int fd;
	int64_t watchdog_ms; /* between two messages; 0: none are wanted */
	int64_t watchdog_due_ms;
	int64_t status_due_ms;
	bool is_stopping;
	char status[SERVICE_NOTIFY_TEXT_SIZE]; /* the last one */
	char unsent[SERVICE_NOTIFY_TEXT_SIZE]; /* the manager was busy */
};

/*
 * Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. Without them the other
 * functions do nothing.
 */
void service_notify_init(struct service_notify *);
void service_notify_fini(struct service_notify *);

/* It serves, or goes on after a reload. */
void service_notify_ready(struct service_notify *);
void service_notify_reloading(struct service_notify *);

/* From now on the service is that process. */
void service_notify_main(struct service_notify *, int pid);

/* It ends within this time. */
void service_notify_stopping(struct service_notify *, int64_t within_ms);

/*
 * From the event loop, several times a second: the watchdog, and at times what
 * the server does.
 */
void service_notify_tick(struct service_notify *, size_t connections,
    size_t rooms);

#endif
