/* URLs of servers: ws://host:port/path?query. Pure. */
#ifndef CMD_PARLEY_URL_H
#define CMD_PARLEY_URL_H

#include <stdbool.h>

#include "domain/base/str.h"

#define URL_HOST_SIZE 256
#define URL_TARGET_SIZE 1024

/* All parts are safe to copy into a request. */
struct url {
	bool tls;                 /* wss:// */
	char host[URL_HOST_SIZE]; /* an IPv6 address without brackets */
	char port[6];
	char target[URL_TARGET_SIZE]; /* path and query; at least "/" */
};

/*
 * Parses a URL; the defaults are ws://, port 80 or 443, and the path /. False:
 * not a valid URL.
 */
bool url_parse(struct url *out, struct str text);

/* Whether the path without the query equals this one. */
bool url_path_is(const struct url *, const char *path);

/* Replaces path and query. */
void url_set_path(struct url *, const char *path);

/* Adds a percent-encoded query parameter; false: it does not fit. */
bool url_add_query(struct url *, const char *key, struct str value);

#endif
