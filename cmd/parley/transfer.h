/* A file on its way to the server or from it, over HTTP. */
#ifndef CMD_PARLEY_TRANSFER_H
#define CMD_PARLEY_TRANSFER_H

#include <stddef.h>

#include "cmd/parley/url.h"

struct event_base;
struct tls;
struct transfer;

struct transfer_ops {
	/* One percent more, at least. */
	void (*on_progress)(void *arg, unsigned percent);
	/*
	 * The last call, in which the transfer may be destroyed. `error` is
	 * for people, and contains text of the server; NULL: it is done.
	 * `result` is the answer to an upload, or the path of a saved file.
	 */
	void (*on_end)(void *arg, const char *error, struct str result);
};

/* All of it is borrowed. */
struct transfer_config {
	struct event_base *base;
	const struct url *url; /* of the server; path and query do not count */
	struct tls *tls;       /* for wss:// */
	const char *token;     /* NULL: none */
	const struct transfer_ops *ops;
	void *arg;
};

/*
 * Begins an upload of a regular file, whose name is the base name of the path.
 * It goes on after lost connections and restarts of the server. Name resolution
 * blocks. NULL: `why` explains it.
 */
struct transfer *transfer_send(const struct transfer_config *, const char *path,
    char *why, size_t size);

/*
 * Begins a download, which goes on likewise. No file is ever overwritten: the
 * path must not exist; if it is a directory, or "", the file gets the name
 * there, with a number if that exists. It gets its name when it is complete;
 * what came of it before is kept for the next download, see partial_file.h.
 */
struct transfer *transfer_get(const struct transfer_config *,
    const char *target, const char *path, const char *name, char *why,
    size_t size);

/* Also in the middle of it. Accepts NULL. */
void transfer_destroy(struct transfer *);

#endif
