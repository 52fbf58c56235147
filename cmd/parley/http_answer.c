#include "cmd/parley/http_answer.h"

#include <stdbool.h>
#include <strings.h>

/* Bytes of a body at most: more than any file has. */
#define LENGTH_MOST (UINT64_C(1) << 62)

static bool
answer_number_read(const char *at, const char *end, uint64_t *out)
{
	const char *begin = at;

	*out = 0;
	for (; at < end && *at >= '0' && *at <= '9'; at++) {
		*out = *out * 10 + (uint64_t)(*at - '0');
		if (*out > LENGTH_MOST)
			return false;
	}
	return at > begin && (at == end || *at == ' ' || *at == '\r');
}

/* The value of Content-Length; false: there is none, or it is no number. */
static bool
answer_length_read(struct str head, uint64_t *out)
{
	static const char name[] = "\r\ncontent-length:";
	const char *end = head.data + head.len;
	size_t len = sizeof(name) - 1;

	for (const char *at = head.data; at + len < end; at++) {
		if (strncasecmp(at, name, len) != 0)
			continue;
		for (at += len; at < end && *at == ' ';)
			at++;
		return answer_number_read(at, end, out);
	}
	return false;
}

enum http_answer_result
http_answer_read(struct str text, struct http_answer *out)
{
	static const char version[] = "HTTP/1.1 ";
	size_t version_len = sizeof(version) - 1;
	size_t begun = text.len < version_len ? text.len : version_len;
	const char *end;
	uint64_t status;

	if (begun == 0)
		return HTTP_ANSWER_SHORT;
	if (memcmp(text.data, version, begun) != 0)
		return HTTP_ANSWER_BAD;
	end = memmem(text.data, text.len, "\r\n\r\n", 4);
	if (end == NULL)
		return text.len > HTTP_ANSWER_HEAD_MAX ? HTTP_ANSWER_BAD
						       : HTTP_ANSWER_SHORT;
	out->head_len = (size_t)(end - text.data) + 4;
	if (!answer_number_read(text.data + version_len, end, &status) ||
	    status < 100 || status > 999 ||
	    !answer_length_read(str_slice(text.data, out->head_len),
		&out->length))
		return HTTP_ANSWER_BAD;
	out->status = (unsigned)status;
	return HTTP_ANSWER_HEAD;
}
