/* Where a server is: ws://host:port/path?query. Pure. */
#ifndef CMD_PARLEY_URL_H
#define CMD_PARLEY_URL_H

#include <stdbool.h>

#include "domain/base/str.h"

#define URL_HOST_SIZE 256
#define URL_TARGET_SIZE 1024

/* What is in it can be written into a request as it is. */
struct url {
	bool tls;                 /* wss:// */
	char host[URL_HOST_SIZE]; /* an IPv6 address without its brackets */
	char port[6];
	char target[URL_TARGET_SIZE]; /* path and query; at least "/" */
};

/*
 * Reads what people write: ws:// may be left out; 80 or 443 is the port then
 * and / the path. False: it is no such URL.
 */
bool url_parse(struct url *out, struct str text);

/* Whether the path, without its query, is this one. */
bool url_path_is(const struct url *, const char *path);

/* Another path, in place of path and query. */
void url_set_path(struct url *, const char *path);

/* Adds to the query, percent-encoded; false: it does not fit. */
bool url_add_query(struct url *, const char *key, struct str value);

#endif
