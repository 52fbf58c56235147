/* Answers to plain HTTP requests, as in a dialect's original. Public. */
#ifndef WIRE_HTTP_COMPAT_H
#define WIRE_HTTP_COMPAT_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "domain/chat_stats.h"
#include "domain/member.h"
#include "domain/room_store.h"
#include "wire/dialect.h"

struct command_log;

/* What a monitor shows. Functions get `arg`, and visitors what they gave. */
struct monitored {
	const struct command_log *log;
	int64_t now_ms; /* Unix time */
	size_t connections;
	/* False: there is no such member. */
	bool (*get_name)(struct str id, char out[MEMBER_NAME_SIZE], void *arg);
	bool (*get_room)(struct str id, struct room *out, void *arg);
	/* All rooms in order of creation, or those of the member of a name. */
	void (*each_room)(struct str name, room_visit *, void *visitor,
	    void *arg);
	/* The names of the members of a room. */
	void (*each_member)(struct str room,
	    void (*visit)(struct str name, void *), void *visitor, void *arg);
	void *arg;
	/* A parameter of the query. False: it is absent, or too long. */
	bool (*get_parameter)(const char *name, char *out, size_t size,
	    const void *request);
	const void *request;
};

struct http_compat_request {
	struct str method;
	struct str path; /* without the query */
	bool is_upgrade; /* asks for a WebSocket where there is no endpoint */
	bool has_origin; /* sent by a browser for a page of another origin */
	int64_t monotonic_ms;
	/* Visits every room, so call it only if needed; or NULL. */
	void (*get_stats)(struct chat_stats *, void *arg);
	void *arg;
	const struct monitored *monitored; /* NULL: the client may not see it */
};

/*
 * An answer. The caller owns `body`, which is empty at first; texts are
 * constants. HEAD is answered like GET; the caller omits the body.
 */
struct http_compat_response {
	/*
	 * The path of a file of the server's that answers the request, or
	 * absent; if there is no such file, the other fields do. A constant,
	 * or a part of the request's path.
	 */
	struct str asset;
	int status;
	const char *content_type;
	const char *headers; /* additional ones, each ends in "\r\n" */
	struct wire_text *body;
};

#endif
