/* The heads of HTTP answers. Pure. */
#ifndef CMD_PARLEY_HTTP_ANSWER_H
#define CMD_PARLEY_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

/* A longer head is refused. */
#define HTTP_ANSWER_HEAD_MAX 16384

struct http_answer {
	unsigned status;
	size_t head_len; /* the body follows */
	uint64_t length; /* of the body */
};

enum http_answer_result {
	HTTP_ANSWER_SHORT, /* the head is incomplete */
	HTTP_ANSWER_HEAD,
	HTTP_ANSWER_BAD /* not HTTP/1.1, or without a length; 204 has none */
};

enum http_answer_result http_answer_read(struct str text,
    struct http_answer *out);

/* The value of a header of that head, without blanks. Absent: there is none. */
struct str http_answer_header(struct str head, const char *name);

/* False: it is absent, or no number. */
bool http_answer_number(struct str value, uint64_t *out);

#endif
