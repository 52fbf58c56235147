/* Where a URL leads: the addresses of its host, and what a request to it needs.
 * Public. */
#ifndef TRANSPORT_HTTP_TARGET_H
#define TRANSPORT_HTTP_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/base/str.h"
#include "transport/net/address.h"

struct tls_context;

#define HTTP_TARGET_ADDRESSES 4
#define HTTP_TARGET_TEXT_SIZE 1024

struct http_target {
	size_t address_count;
	struct address addresses[HTTP_TARGET_ADDRESSES]; /* tried in order */
	char host[HTTP_TARGET_TEXT_SIZE]; /* with its port, as in the URL */
	char name[HTTP_TARGET_TEXT_SIZE]; /* of the host alone */
	char path[HTTP_TARGET_TEXT_SIZE]; /* with its query */
	bool is_tls;                      /* https: it needs */
	struct tls_context
	    *tls; /* of a client; the owner of the target sets it */
};

/*
 * Reads a URL, "http://host:port/path" or "https://…", and looks up its host,
 * which may take seconds. False: `why` explains the problem.
 */
bool http_target_find(struct http_target *, struct str url, char *why,
    size_t size);

/* Whether a URL has that form; its host is not looked up. */
bool http_target_is_valid(struct str url, char *why, size_t size);

#endif
