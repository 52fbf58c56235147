/* What a hook gets about a client that asks for a WebSocket. Public. */
#ifndef AUTH_HOOK_REQUEST_H
#define AUTH_HOOK_REQUEST_H

#include <stdbool.h>

#include "domain/base/str.h"

struct http_client;
struct http_request;
struct wire_text;

/* Whether a list of names of headers is well-formed. */
bool hook_headers_are_valid(struct str names);

/*
 * Writes {"headers", "path", "query", "address", "secure", "dialect"}. Of the
 * headers, those in a list of names, in lower case and each once; several lines
 * of one are joined with commas. Bytes that are not UTF-8 are read as Latin-1.
 */
void hook_request_write(struct wire_text *, const struct http_request *,
    struct str header_names, const struct http_client *, struct str dialect);

#endif
