/* The lines of a request head: RFC 9112 §3, §5, §6. */
#include <assert.h>
#include <strings.h>

#include "domain/base/str_trim.h"
#include "transport/http/http.h"

static bool
is_unprintable(char c)
{
	return (uint8_t)c < ' ' || c == 0x7f;
}

/* Of 8 bytes, those before the first control character. */
static size_t
printable_of_8(const char *at)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t bytes, del, hit;

	memcpy(&bytes, at, sizeof(bytes));
	del = bytes ^ ones * 0x7f;
	/* Sets the high bit of the first byte < 20, or that became 0. */
	hit = ((bytes - ones * ' ') & ~bytes) | ((del - ones) & ~del);
	hit &= ones * 0x80;
	if (hit == 0)
		return 8;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (size_t)__builtin_ctzll(hit) / 8;
#else
	for (size_t i = 0;; i++)
		if (is_unprintable(at[i]))
			return i;
#endif
}

size_t
http_printable(const char *data, size_t len)
{
	size_t at = 0;

	while (len - at >= 8) {
		size_t printable = printable_of_8(data + at);

		at += printable;
		if (printable < 8)
			return at;
	}
	while (at < len && !is_unprintable(data[at]))
		at++;
	return at;
}

bool
http_is_token_char(char c)
{
	/* A letter in both cases. */
	if ((uint8_t)((c | 0x20) - 'a') < 26)
		return true;
	if ((c >= '0' && c <= '9') || c == '-')
		return true;
	return c != '\0' && strchr("!#$%&'*+.^_`|~", c) != NULL;
}

bool
http_is_token(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!http_is_token_char(text.data[i]))
			return false;
	return text.len > 0;
}

/* Takes a part off the text, up to the separator, which goes too. */
static bool
take_until(struct str *text, char separator, struct str *out)
{
	const char *end =
	    text->len == 0 ? NULL : memchr(text->data, separator, text->len);

	if (end == NULL)
		return false;
	*out = str_slice(text->data, (size_t)(end - text->data));
	text->data = end + 1;
	text->len -= out->len + 1;
	return true;
}

/* A line without its CR LF, which is the only end a line may have. */
static bool
take_line(struct str *text, struct str *out)
{
	if (!take_until(text, '\n', out) || out->len == 0 ||
	    out->data[out->len - 1] != '\r')
		return false;
	out->len--;
	return true;
}

/*
 * Browsers send more than RFC 3986 allows in a query, so all that is visible
 * may come, but a fragment never travels.
 */
static bool
is_target(struct str target)
{
	for (size_t i = 0; i < target.len; i++)
		if (target.data[i] <= ' ' || target.data[i] > '~' ||
		    target.data[i] == '#')
			return false;
	return target.len > 0;
}

static bool
target_take_prefix(struct str *text, const char *prefix)
{
	size_t len = strlen(prefix);

	if (text->len < len || strncasecmp(text->data, prefix, len) != 0)
		return false;
	text->data += len;
	text->len -= len;
	return true;
}

/* Something that could be a name and a port. */
static bool
is_authority(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] <= ' ' || text.data[i] > '~' ||
		    strchr("\"#/<>?@\\^`{|}", text.data[i]) != NULL)
			return false;
	return true;
}

/*
 * §3.2.1 and §3.2.2: origin-form, or absolute-form as it is sent to proxies,
 * which every server must accept. The authority is checked and ignored.
 */
static bool
split_target(struct http_request *out)
{
	struct str rest = out->target;
	struct str authority;
	size_t len = 0;

	if (!is_target(rest))
		return false;
	if (target_take_prefix(&rest, "http://") ||
	    target_take_prefix(&rest, "https://")) {
		while (len < rest.len && rest.data[len] != '/' &&
		       rest.data[len] != '?')
			len++;
		authority = str_slice(rest.data, len);
		if (authority.len == 0 || !is_authority(authority))
			return false;
		rest = str_slice(rest.data + len, rest.len - len);
	} else if (rest.data[0] != '/')
		return false;
	out->query = rest;
	if (!take_until(&out->query, '?', &out->path)) {
		out->path = rest;
		out->query = str_slice(NULL, 0);
	}
	if (out->path.len == 0)
		out->path = STR("/");
	return true;
}

/* §2.3: HTTP/ and two digits. */
static int
parse_version(struct str version, struct http_request *out)
{
	static const char form[] = "HTTP/d.d";

	if (version.len != sizeof(form) - 1)
		return 400;
	for (size_t i = 0; i < version.len; i++) {
		char c = version.data[i];

		if (form[i] == 'd' ? c < '0' || c > '9' : c != form[i])
			return 400;
	}
	if (version.data[5] != '1')
		return 505;
	out->minor_version = version.data[7] - '0';
	return 0;
}

static int
parse_request_line(struct str line, struct http_request *out)
{
	struct str rest = line;
	int status;

	if (!take_until(&rest, ' ', &out->method) ||
	    !take_until(&rest, ' ', &out->target) ||
	    !http_is_token(out->method))
		return 400;
	/* The version first: what others have for a target is no fault. */
	status = parse_version(rest, out);
	if (status != 0)
		return status;
	return split_target(out) ? 0 : 400;
}

/* §5.5 of RFC 9110: visible, blank, or beyond ASCII. */
static bool
is_value(struct str value)
{
	size_t at = 0;

	while ((at += http_printable(value.data + at, value.len - at)) <
	       value.len)
		if (value.data[at++] != '\t')
			return false;
	return true;
}

/* §5.1: no blank may stand before the colon; §5.2: nor at the start. */
static bool
parse_header(struct str line, struct http_header *out)
{
	out->value = line;
	if (!take_until(&out->value, ':', &out->name) ||
	    !http_is_token(out->name) || !is_value(out->value))
		return false;
	out->value = str_trim(out->value, STR_BLANKS);
	return true;
}

/* RFC 9112 §3.2: just one. */
static bool
host_is_good(const struct http_request *request)
{
	size_t count;
	struct str host = http_header_find(request, STR("host"), &count);

	if (count == 0)
		return request->minor_version == 0;
	return count == 1 && is_authority(host);
}

/* Only digits, and not more of them than fit. */
static int
parse_length(struct str text, uint64_t *out)
{
	uint64_t length = 0;

	if (text.len == 0)
		return 400;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return 400;
		if (length > (UINT64_MAX - 9) / 10)
			return 413;
		length = length * 10 + (uint64_t)(text.data[i] - '0');
	}
	*out = length;
	return 0;
}

/*
 * §6: to guess where a body ends would let a second request be smuggled in
 * it. So there is one length, or the one coding that is known, not both.
 */
static int
find_body(struct http_request *request)
{
	size_t lengths, codings;
	struct str length =
	    http_header_find(request, STR("content-length"), &lengths);
	struct str coding =
	    http_header_find(request, STR("transfer-encoding"), &codings);

	if (lengths > 1 || codings > 1 || (lengths > 0 && codings > 0) ||
	    (codings > 0 && request->minor_version == 0))
		return 400;
	if (lengths == 1)
		return parse_length(length, &request->body_length);
	request->is_chunked = codings == 1;
	return codings == 1 && !http_name_is(coding, STR("chunked")) ? 501 : 0;
}

/* RFC 9110 §10.1.1; RFC 9112 §9.3. */
static int
find_expectations(struct http_request *request)
{
	size_t count;
	struct str expect = http_header_find(request, STR("expect"), &count);

	request->keeps_alive =
	    request->minor_version > 0 &&
	    !http_header_has_token(request, STR("connection"), STR("close"));
	if (count == 0 || request->minor_version == 0)
		return 0;
	request->expects_continue = true;
	return count == 1 && http_name_is(expect, STR("100-continue")) ? 0
								       : 417;
}

int
http_parse(const char *data, size_t len, const struct http_limits *limits,
    struct http_request *out)
{
	struct str text = str_slice(data, len), line;
	int status;

	assert(limits->request_headers <= HTTP_HEADERS_MAX);
	out->header_count = out->param_count = 0;
	out->body_length = 0;
	out->is_chunked = out->keeps_alive = out->expects_continue = false;
	if (len > limits->request_bytes)
		return 431;
	if (text.len >= 2 && memcmp(text.data, "\r\n", 2) == 0)
		text = str_slice(data + 2, len - 2);
	if (!take_line(&text, &line))
		return 400;
	status = parse_request_line(line, out);
	if (status != 0)
		return status;
	for (;;) {
		if (!take_line(&text, &line))
			return 400;
		if (line.len == 0)
			break;
		if (out->header_count == limits->request_headers)
			return 431;
		if (!parse_header(line, &out->headers[out->header_count++]))
			return 400;
	}
	/* Behind the empty line comes the next thing, not this one. */
	if (text.len > 0 || !host_is_good(out))
		return 400;
	status = find_body(out);
	return status != 0 ? status : find_expectations(out);
}

/* --- responses ------------------------------------------------------------ */

/* "HTTP/1.1 200 OK": §4. */
static bool
parse_status_line(struct str line, struct http_answer *out)
{
	static const char form[] = "HTTP/1.d ddd";

	if (line.len < sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < sizeof(form) - 1; i++) {
		char c = line.data[i];

		if (form[i] == 'd' ? c < '0' || c > '9' : c != form[i])
			return false;
	}
	if (line.len > sizeof(form) - 1 && line.data[sizeof(form) - 1] != ' ')
		return false;
	out->keeps_alive = line.data[7] != '0';
	out->status = (line.data[9] - '0') * 100 + (line.data[10] - '0') * 10 +
		      (line.data[11] - '0');
	/* We expect no interim response: nothing asks for one. */
	return out->status >= 200 && out->status <= 599;
}

/* §9.3: what else it names makes no difference. */
static void
answer_note_connection(struct http_answer *out, struct str options)
{
	struct str option;

	while ((option = http_list_next(&options)).data != NULL)
		if (http_name_is(option, STR("close")))
			out->keeps_alive = false;
}

/* §6.3: one length, or the one coding that is known, not both. */
static bool
answer_note_header(struct http_answer *out, const struct http_header *header)
{
	if (http_name_is(header->name, STR("Content-Length"))) {
		if (out->has_length || out->is_chunked)
			return false;
		out->has_length = true;
		return parse_length(header->value, &out->length) == 0;
	}
	if (http_name_is(header->name, STR("Transfer-Encoding"))) {
		if (out->has_length || out->is_chunked)
			return false;
		out->is_chunked = true;
		return http_name_is(header->value, STR("chunked"));
	}
	if (http_name_is(header->name, STR("Connection")))
		answer_note_connection(out, header->value);
	if (http_name_is(header->name, STR("Retry-After")))
		(void)parse_length(header->value, &out->retry_after_s);
	return true;
}

bool
http_parse_answer(const char *data, size_t len, struct http_answer *out)
{
	struct str text = str_slice(data, len), line;
	struct http_header header;

	memset(out, 0, sizeof(*out));
	if (!take_line(&text, &line) || !parse_status_line(line, out))
		return false;
	for (;;) {
		if (!take_line(&text, &line))
			return false;
		if (line.len == 0)
			break;
		if (!parse_header(line, &header) ||
		    !answer_note_header(out, &header))
			return false;
	}
	if (http_never_has_body(out->status)) {
		out->is_chunked = false;
		out->has_length = true;
		out->length = 0;
	}
	return text.len == 0;
}
