/* The lines of a request head: RFC 9112 §3, §5, §6. */
#include <assert.h>

#include "transport/http/http.h"

/* RFC 9110 §5.6.2: the token characters that are no letters or digits. */
bool
http_is_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
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
 * §3.2.1, origin-form only: a proxy's requests are not for us. Browsers send
 * more than RFC 3986 allows in a query, so all that is visible may come, but
 * a fragment never travels.
 */
static bool
is_target(struct str target)
{
	for (size_t i = 0; i < target.len; i++)
		if (target.data[i] <= ' ' || target.data[i] > '~' ||
		    target.data[i] == '#')
			return false;
	return target.len > 0 && target.data[0] == '/';
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
	if (!is_target(out->target))
		return 400;
	out->query = out->target;
	if (!take_until(&out->query, '?', &out->path)) {
		out->path = out->target;
		out->query = str_slice(NULL, 0);
	}
	return 0;
}

/* §5.5 of RFC 9110: visible, blank, or beyond ASCII. */
static bool
is_value(struct str value)
{
	for (size_t i = 0; i < value.len; i++) {
		uint8_t c = (uint8_t)value.data[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct str
trim(struct str text)
{
	while (text.len > 0 && is_blank(text.data[0])) {
		text.data++;
		text.len--;
	}
	while (text.len > 0 && is_blank(text.data[text.len - 1]))
		text.len--;
	return text;
}

/* §5.1: no blank may stand before the colon; §5.2: nor at the start. */
static bool
parse_header(struct str line, struct http_header *out)
{
	out->value = line;
	if (!take_until(&out->value, ':', &out->name) ||
	    !http_is_token(out->name) || !is_value(out->value))
		return false;
	out->value = trim(out->value);
	return true;
}

/* RFC 9112 §3.2: just one, that could be a name and a port. */
static bool
host_is_good(const struct http_request *request)
{
	size_t count;
	struct str host = http_header_find(request, "host", &count);

	if (count == 0)
		return request->minor_version == 0;
	for (size_t i = 0; i < host.len; i++)
		if (host.data[i] <= ' ' || host.data[i] > '~' ||
		    strchr("\"#/<>?@\\^`{|}", host.data[i]) != NULL)
			return false;
	return count == 1;
}

/*
 * §6: nobody here reads a body, and to guess where one ends would let a
 * second request be smuggled in it.
 */
static int
refuse_body(const struct http_request *request)
{
	size_t lengths, codings;
	struct str length =
	    http_header_find(request, "content-length", &lengths);
	bool is_zero = true;

	http_header_find(request, "transfer-encoding", &codings);
	if (lengths > 1 || (lengths > 0 && codings > 0))
		return 400;
	if (codings > 0)
		return 501;
	if (lengths == 0)
		return 0;
	for (size_t i = 0; i < length.len; i++) {
		if (length.data[i] < '0' || length.data[i] > '9')
			return 400;
		is_zero = is_zero && length.data[i] == '0';
	}
	if (length.len == 0)
		return 400;
	return is_zero ? 0 : 413;
}

int
http_parse(const char *data, size_t len, const struct http_limits *limits,
    struct http_request *out)
{
	struct str text = str_slice(data, len), line;
	int status;

	assert(limits->request_headers <= HTTP_HEADERS_MAX);
	out->header_count = 0;
	if (len > limits->request_bytes)
		return 431;
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
	return refuse_body(out);
}
