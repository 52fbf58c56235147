/* Heads of HTTP/1.1 (RFC 9112), strictly: requests, and responses. Pure.
 * Public. */
#ifndef TRANSPORT_HTTP_H
#define TRANSPORT_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

#define HTTP_HEADERS_MAX 256
#define HTTP_PARAMS_MAX 4

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
	bool keeps_alive;  /* another request may follow on the connection */
	bool expects_continue; /* it waits for 100 before it sends the body */
	bool is_chunked;       /* its body is; else it has this length: */
	uint64_t body_length;
	/* What the route's path has in braces, see http_route.h. */
	struct http_header params[HTTP_PARAMS_MAX];
	size_t param_count;
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
	HTTP_SCAN_BAD   /* *status says why: 400, 414, 431 */
};

/*
 * Looks at the bytes so far, all from the first. A line that cannot belong
 * to a head (bare LF, bare CR, NUL and other controls, a folded line, a
 * second empty line in front) is refused at once, a head that is too long as
 * soon as it is.
 */
enum http_scan_result http_scan(struct http_scanner *,
    const struct http_limits *, const char *data, size_t len, size_t *head_len,
    int *status);

/*
 * Parses a whole head, the empty line included. Returns 0, or the status to
 * refuse it with: 400, 413, 414, 417, 431, 501 (a coding that is not chunked),
 * 505. A refused connection must be closed: what follows the head could be
 * taken for a request.
 */
int http_parse(const char *data, size_t len, const struct http_limits *,
    struct http_request *out);

/* What the head of another server's response says. */
struct http_answer {
	int status;
	bool is_chunked; /* its body is; else: */
	bool has_length; /* of its body; else the end of the connection ends it
			  */
	uint64_t length;
	bool keeps_alive;       /* the connection, for another request */
	uint64_t retry_after_s; /* 0: not given, or as a date */
};

/*
 * Parses the whole head of a response, as http_scan() finds it. False: it is
 * malformed, interim, or has a coding that is not chunked.
 */
bool http_parse_answer(const char *data, size_t len, struct http_answer *out);

/* How many bytes there are before the first control character. */
size_t http_printable(const char *data, size_t len);

/* RFC 9110 §5.6.2. */
bool http_is_token_char(char);
bool http_is_token(struct str);

/* The value of a hexadecimal digit; -1: it is none. */
int http_hex_digit(char);

/* Letter case aside. */
bool http_name_is(struct str name, struct str wanted);

/*
 * The value of a header; absent if there is none. *count, unless NULL, is
 * how many there are.
 */
struct str http_header_find(const struct http_request *, struct str name,
    size_t *count);

/*
 * Takes the next element off a comma-separated list, without white space
 * around it; empty ones are passed over. Absent: there is none left.
 */
struct str http_list_next(struct str *list);

/* Whether a comma-separated header, in all its lines, has the token; letter
 * case aside. */
bool http_header_has_token(const struct http_request *, struct str name,
    struct str token);

#define HTTP_QUERY_ABSENT (-1)
#define HTTP_QUERY_INVALID (-2) /* malformed, with a NUL, or too long */

/*
 * Decodes the path's parameter of that name, which its route has, into out
 * (NUL-terminated). Returns its length, or HTTP_QUERY_INVALID.
 */
int http_param_get(const struct http_request *, const char *name, char *out,
    size_t size);

/*
 * Decodes the first query parameter of that name into out (NUL-terminated).
 * Returns its length, or one of the two above.
 */
int http_query_get(struct str query, const char *name, char *out, size_t size);

/* How the end of a response's body is marked. */
enum http_framing {
	HTTP_WHOLE,      /* it is in `body` */
	HTTP_LENGTH,     /* content-length gives the number of bytes */
	HTTP_CHUNKED,    /* each piece has its length, the last is empty */
	HTTP_UNTIL_CLOSE /* by the end of the connection: HTTP/1.0 */
};

struct http_response {
	int status;
	enum http_framing framing;
	uint64_t length;          /* with HTTP_LENGTH */
	const char *content_type; /* NULL: no body */
	struct str body;
	const char *headers;     /* further ones, each with CR LF; or NULL */
	const char *traceparent; /* of the request; or NULL */
	bool close;              /* say Connection: close */
	bool head_only;          /* the answer to HEAD */
};

/*
 * Writes the head of a response, with a NUL behind it; returns its size
 * without that, or 0 if it does not fit.
 */
size_t http_response_head(const struct http_response *, char *out, size_t size);

/* Whether a response with this status ends with its head. */
bool http_never_has_body(int status);

/* What follows the head: nothing for HEAD, and for what never has a body. */
struct str http_response_body(const struct http_response *);

/* "Not Found" for 404; empty for a status that the server does not send. */
const char *http_reason(int status);

#endif
