#include "cmd/parley/http_answer.h"

#include <strings.h>

#include "domain/base/str_trim.h"

/* Bytes of a body at most: more than any file has. */
#define LENGTH_MOST (UINT64_C(1) << 62)

bool
http_answer_number(struct str value, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] < '0' || value.data[i] > '9')
			return false;
		*out = *out * 10 + (uint64_t)(value.data[i] - '0');
		if (*out > LENGTH_MOST)
			return false;
	}
	return value.len > 0;
}

struct str
http_answer_header(struct str head, const char *name)
{
	const char *at = head.data, *end = head.data + head.len;
	size_t len = strlen(name);

	while ((at = memmem(at, (size_t)(end - at), "\r\n", 2)) != NULL) {
		const char *line_end;

		at += 2;
		if ((size_t)(end - at) <= len || at[len] != ':' ||
		    strncasecmp(at, name, len) != 0)
			continue;
		at += len + 1;
		line_end = memmem(at, (size_t)(end - at), "\r\n", 2);
		return str_trim(str_slice(at,
				    (size_t)((line_end == NULL ? end
							       : line_end) -
					     at)),
		    STR_BLANKS);
	}
	return STR_ABSENT;
}

/* "200 OK": the number before a blank, or the end of the line. */
static bool
answer_status_read(struct str line, uint64_t *out)
{
	size_t len = 0;

	while (len < line.len && line.data[len] != ' ' &&
	       line.data[len] != '\r')
		len++;
	return http_answer_number(str_slice(line.data, len), out) &&
	       *out >= 100 && *out <= 999;
}

enum http_answer_result
http_answer_read(struct str text, struct http_answer *out)
{
	static const char version[] = "HTTP/1.1 ";
	size_t version_len = sizeof(version) - 1;
	size_t begun = text.len < version_len ? text.len : version_len;
	const char *end;
	struct str length;
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
	if (!answer_status_read(str_slice(text.data + version_len,
				    out->head_len - version_len),
		&status))
		return HTTP_ANSWER_BAD;
	out->status = (unsigned)status;
	length = http_answer_header(str_slice(text.data, out->head_len),
	    "Content-Length");
	out->length = 0;
	if (!http_answer_number(length, &out->length) &&
	    (out->status != 204 || length.data != NULL))
		return HTTP_ANSWER_BAD;
	return HTTP_ANSWER_HEAD;
}
