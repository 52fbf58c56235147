/* A request head of HTTP/1.1 (RFC 9112), strictly; responses. Pure. */
#ifndef TRANSPORT_HTTP_H
#define TRANSPORT_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/str.h"

#define HTTP_HEADERS_MAX 256

struct http_header {
	struct str name;  /* as sent; compare with http_name_is() */
	struct str value; /* without white space around it */
};

/* Borrowed from the bytes that were parsed. */
struct http_request {
	struct str method;
	struct str target; /* as sent */
	struct str path;   /* the part before '?', as sent */
	struct str query;  /* behind it; absent if there is none */
	int minor_version; /* HTTP/1.x */
	size_t header_count;
	struct http_header headers[HTTP_HEADERS_MAX];
};

struct http_limits {
	size_t request_bytes;   /* the whole head */
	size_t request_headers; /* at most HTTP_HEADERS_MAX */
};

/* Finds the end of a head that comes in pieces; no byte is looked at twice. */
struct http_scanner {
	size_t scanned;
	size_t line_start;
	uint16_t lines;
};

enum http_scan_result {
	HTTP_SCAN_MORE, /* the head is not whole */
	HTTP_SCAN_DONE, /* *head_len is its size */
	HTTP_SCAN_BAD   /* *status says why: 400, 431, 505 … */
};

/*
 * Looks at the bytes so far, all from the first. A line that cannot belong
 * to a head (bare LF, bare CR, NUL) is refused at once.
 */
enum http_scan_result http_scan(struct http_scanner *,
    const struct http_limits *, const char *data, size_t len, size_t *head_len,
    int *status);

/*
 * Parses a whole head, the empty line included. Returns 0, or the status to
 * refuse it with: 400, 414, 431, 501 (a body that is chunked), 505.
 */
int http_parse(const char *data, size_t len, const struct http_limits *,
    struct http_request *out);

/* Letter case aside. */
bool http_name_is(struct str name, const char *wanted);

/*
 * The value of a header; absent if there is none. *count, unless NULL, is
 * how many there are.
 */
struct str http_header_find(const struct http_request *, const char *name,
    size_t *count);

/* Whether a comma-separated header, in all its lines, has the token. */
bool http_header_has_token(const struct http_request *, const char *name,
    const char *token);

/*
 * The decoded value of a query parameter into out (NUL-terminated); returns
 * its length, or -1 if it is absent, not well-formed or too long.
 */
int http_query_get(struct str query, const char *name, char *out, size_t size);

struct http_response {
	int status;
	const char *content_type; /* NULL: no body */
	struct str body;
	const char *headers; /* further ones, each with CR LF; NULL: none */
	bool close;          /* say Connection: close */
	bool head_only;      /* the answer to HEAD */
};

/*
 * Writes a response; returns its size, or 0 if it does not fit.
 */
size_t http_response_write(const struct http_response *, char *out,
    size_t size);

/* "Not Found" for 404. */
const char *http_reason(int status);

#endif
