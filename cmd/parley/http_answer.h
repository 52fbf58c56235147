/* The heads of HTTP answers. Pure. */
#ifndef CMD_PARLEY_HTTP_ANSWER_H
#define CMD_PARLEY_HTTP_ANSWER_H

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
	HTTP_ANSWER_BAD /* not HTTP/1.1, or without a length */
};

enum http_answer_result http_answer_read(struct str text,
    struct http_answer *out);

#endif
