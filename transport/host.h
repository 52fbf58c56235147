/* What a server asks of the program around it: an interface. Public. */
#ifndef TRANSPORT_HOST_H
#define TRANSPORT_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/member.h"
#include "domain/room_store.h"
#include "domain/server_stats.h"

struct chat_stats;

/* Every function may be NULL: the host does not have it. */
struct host_ops {
	/* Bytes that are held for members elsewhere, by the history for one. */
	size_t (*bytes_held)(void *arg);
	/* The figures of the chat, for the dialects' plain HTTP. */
	void (*chat_stats)(struct chat_stats *, void *arg);
	/* For monitors: see struct monitored. */
	bool (*member_name)(struct str id, char out[MEMBER_NAME_SIZE],
	    void *arg);
	bool (*room)(struct str id, struct room *out, void *arg);
	void (*each_room)(struct str name, room_visit *, void *visitor,
	    void *arg);
	void (*each_room_member)(struct str room,
	    void (*visit)(struct str name, void *), void *visitor, void *arg);
	/* The nodes that are one chat; NULL: there are no others. */
	void (*each_node)(node_visit *, void *visitor, void *arg);
	/* Adds what only the host knows to /stats and /metrics, which are not
	 * served without it. */
	void (*server_stats)(struct server_stats *, void *arg);
	/* About ten times a second, unless the loop is stuck. */
	void (*tick)(size_t websockets, void *arg);
	/* The drain begins. */
	void (*draining)(void *arg);
	/* SIGHUP came. */
	void (*reload)(void *arg);
	/* SIGUSR2 came: another process is to go on. */
	void (*upgrade)(void *arg);
	/* At the end of each turn, when nothing of it waits any more. */
	void (*turn_end)(void *arg);
	/* store_fd is readable. False: the server ends at once. */
	bool (*on_store_event)(void *arg);
	/* files_fd is readable. */
	void (*on_files_event)(void *arg);
	/* Why nothing can be stored; NULL: it can. For health checks. */
	const char *(*store_error)(void *arg);
	/* What people should know about the configuration, a constant; NULL:
	 * nothing. For /readyz?verbose. */
	const char *(*warning)(void *arg);
	/* Whether clients should not be read for now. */
	bool (*under_pressure)(void *arg);
	/* Whether what is stored as files should not be read. */
	bool (*files_are_behind)(void *arg);
	/* Whether answers wait for the store. */
	bool (*has_pending)(void *arg);
};

struct host {
	const struct host_ops *ops;
	void *arg;
	int store_fd; /* read only with on_store_event */
	int files_fd; /* read only with on_files_event */
};

static inline size_t
host_bytes_held(const struct host *host)
{
	return host->ops->bytes_held == NULL ? 0
					     : host->ops->bytes_held(host->arg);
}

static inline const char *
host_warning(const struct host *host)
{
	return host->ops->warning == NULL ? NULL
					  : host->ops->warning(host->arg);
}

static inline bool
host_under_pressure(const struct host *host)
{
	return host->ops->under_pressure != NULL &&
	       host->ops->under_pressure(host->arg);
}

static inline bool
host_files_are_behind(const struct host *host)
{
	return host->ops->files_are_behind != NULL &&
	       host->ops->files_are_behind(host->arg);
}

static inline bool
host_has_pending(const struct host *host)
{
	return host->ops->has_pending != NULL &&
	       host->ops->has_pending(host->arg);
}

#endif
