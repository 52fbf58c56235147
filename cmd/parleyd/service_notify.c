#include "cmd/parleyd/service_notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/parleyd/platform.h"
#include "domain/log.h"

#define STATUS_EVERY_MS 2000

/* Time for what follows the drain: the store is written and closed. */
#define CLOSING_MS 7000

/* False: it was not sent, but may be later. */
static bool
notify_send(const struct service_notify *notify, const char *text)
{
	if (sendto(notify->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL,
		(const struct sockaddr *)&notify->address, notify->len) >= 0)
		return true;
	if (errno == EAGAIN || errno == ENOBUFS)
		return false;
	log_limited(LOG_WARN, "NOTIFY_SOCKET %s: %s", notify->address.sun_path,
	    strerror(errno));
	return true;
}

/* States must arrive; the newest one counts. */
static void
notify_send_state(struct service_notify *notify, const char *text)
{
	if (notify->len == 0)
		return;
	notify->unsent[0] = '\0';
	if (!notify_send(notify, text))
		snprintf(notify->unsent, sizeof(notify->unsent), "%s", text);
}

/* The manager asks this process, or any that has the variable. */
static int64_t
watchdog_interval_ms(void)
{
	const char *interval = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	int64_t us = interval == NULL ? 0 : strtoll(interval, NULL, 10);

	if (us <= 0 || (pid != NULL && strtoll(pid, NULL, 10) != getpid()))
		return 0;
	return us / 2000; /* twice as often as it has to be */
}

void
service_notify_init(struct service_notify *notify)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path == NULL ? 0 : strlen(path);

	memset(notify, 0, sizeof(*notify));
	notify->fd = -1;
	if (len == 0)
		return;
	if ((path[0] != '/' && path[0] != '@') ||
	    len >= sizeof(notify->address.sun_path)) {
		log_warn("NOTIFY_SOCKET %s is no address of a Unix socket",
		    path);
		return;
	}
	notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (notify->fd < 0) {
		log_warn("NOTIFY_SOCKET: %s", strerror(errno));
		return;
	}
	notify->address.sun_family = AF_UNIX;
	memcpy(notify->address.sun_path, path, len + 1);
	if (path[0] == '@') /* an abstract name */
		notify->address.sun_path[0] = '\0';
	notify->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	notify->watchdog_ms = watchdog_interval_ms();
}

void
service_notify_fini(struct service_notify *notify)
{
	if (notify->fd >= 0)
		close(notify->fd);
}

void
service_notify_ready(struct service_notify *notify)
{
	notify_send_state(notify, "READY=1");
}

/* The manager compares the time with that of its signal. */
void
service_notify_reloading(struct service_notify *notify)
{
	struct timespec now;
	char text[64];

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
	    (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	notify_send_state(notify, text);
}

void
service_notify_main(struct service_notify *notify, int pid)
{
	char text[32];

	snprintf(text, sizeof(text), "MAINPID=%d", pid);
	notify_send_state(notify, text);
}

void
service_notify_stopping(struct service_notify *notify, int64_t within_ms)
{
	char text[96];

	if (notify->is_stopping)
		return;
	notify->is_stopping = true;
	snprintf(text, sizeof(text), "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRId64,
	    (within_ms + CLOSING_MS) * 1000);
	notify_send_state(notify, text);
}

static void
status_send(struct service_notify *notify, size_t connections, size_t rooms)
{
	char text[SERVICE_NOTIFY_TEXT_SIZE];

	snprintf(text, sizeof(text), "STATUS=%sconnections: %zu, rooms: %zu",
	    notify->is_stopping ? "draining: " : "", connections, rooms);
	if (strcmp(text, notify->status) != 0 && notify_send(notify, text))
		memcpy(notify->status, text, sizeof(text));
}

void
service_notify_tick(struct service_notify *notify, size_t connections,
    size_t rooms)
{
	int64_t now_ms = clock_monotonic_ms(system_clock());

	if (notify->len == 0)
		return;
	if (notify->unsent[0] != '\0' && notify_send(notify, notify->unsent))
		notify->unsent[0] = '\0';
	if (notify->watchdog_ms > 0 && now_ms >= notify->watchdog_due_ms) {
		notify_send(notify, "WATCHDOG=1");
		notify->watchdog_due_ms = now_ms + notify->watchdog_ms;
	}
	if (now_ms >= notify->status_due_ms) {
		status_send(notify, connections, rooms);
		notify->status_due_ms = now_ms + STATUS_EVERY_MS;
	}
}
