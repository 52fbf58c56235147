/* Files that are part of the program, served over plain HTTP. Public. */
#ifndef TRANSPORT_ASSETS_H
#define TRANSPORT_ASSETS_H

#include <stddef.h>

#include "domain/base/str.h"

struct http_request;
struct http_response;

struct asset {
	const char *path;
	const char *type;
	const char *tag;    /* weak, of the content: W/"5e7b…" */
	const char *policy; /* what a page may do; "" for what is no page */
	struct str plain;
	struct str packed; /* the same as gzip */
};

struct assets {
	const struct asset *list;
	size_t count;
};

#define ASSET_HEADERS_SIZE 1024

/* NULL: there is none at this path. */
const struct asset *assets_find(const struct assets *, struct str path);

/*
 * The answer to GET or HEAD: the asset, compressed if the client takes that,
 * or 304 if it has it already. The response's headers are in `headers`.
 */
void asset_answer(const struct asset *, const struct http_request *,
    struct http_response *, char headers[ASSET_HEADERS_SIZE]);

#endif
