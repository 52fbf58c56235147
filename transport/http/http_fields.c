/* What is in a request: headers, their lists, the query. */
#include <assert.h>
#include <strings.h>

#include "transport/http/http.h"

bool
http_name_is(struct str name, struct str wanted)
{
	/* Most differ in their first letter: its case is one bit. */
	return name.len == wanted.len &&
	       (name.len == 0 || (name.data[0] ^ wanted.data[0]) % 32 == 0) &&
	       strncasecmp(name.data, wanted.data, name.len) == 0;
}

struct str
http_header_find(const struct http_request *request, struct str name,
    size_t *count)
{
	struct str found = STR_ABSENT;
	size_t matches = 0;

	for (size_t i = 0; i < request->header_count; i++)
		if (http_name_is(request->headers[i].name, name) &&
		    matches++ == 0)
			found = request->headers[i].value;
	if (count != NULL)
		*count = matches;
	return found;
}

static bool
is_between(char c)
{
	return c == ',' || c == ' ' || c == '\t';
}

struct str
http_list_next(struct str *list)
{
	struct str element = STR_ABSENT;
	size_t start = 0, end;

	while (start < list->len && is_between(list->data[start]))
		start++;
	for (end = start; end < list->len && list->data[end] != ',';)
		end++;
	if (end > start) {
		size_t last = end;

		while (is_between(list->data[last - 1]))
			last--;
		element = str_slice(list->data + start, last - start);
	}
	if (list->len > 0)
		list->data += end;
	list->len -= end;
	return element;
}

bool
http_header_has_token(const struct http_request *request, struct str name,
    struct str token)
{
	for (size_t i = 0; i < request->header_count; i++) {
		struct str list = request->headers[i].value, element;

		if (!http_name_is(request->headers[i].name, name))
			continue;
		while ((element = http_list_next(&list)).data != NULL)
			if (http_name_is(element, token))
				return true;
	}
	return false;
}

int
http_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One character: RFC 3986 §2.1, and + for a blank in a form's value. */
static int
decode_char(struct str text, size_t *at, bool is_form)
{
	char c = text.data[(*at)++];
	int high, low;

	if (c == '+' && is_form)
		return ' ';
	if (c != '%')
		return (uint8_t)c;
	if (text.len - *at < 2)
		return -1;
	high = http_hex_digit(text.data[(*at)++]);
	low = http_hex_digit(text.data[(*at)++]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static int
field_decode(struct str text, bool is_form, char *out, size_t size)
{
	size_t len = 0;

	for (size_t at = 0; at < text.len;) {
		int c = decode_char(text, &at, is_form);

		if (c <= 0 || len + 1 >= size)
			return HTTP_QUERY_INVALID;
		out[len++] = (char)c;
	}
	out[len] = '\0';
	return (int)len;
}

int
http_param_get(const struct http_request *request, const char *name, char *out,
    size_t size)
{
	assert(size > 0);
	for (size_t i = 0; i < request->param_count; i++)
		if (str_equal(request->params[i].name, str_from(name)))
			return field_decode(request->params[i].value, false,
			    out, size);
	assert(false); /* the route has such a parameter */
	return HTTP_QUERY_INVALID;
}

int
http_query_get(struct str query, const char *name, char *out, size_t size)
{
	size_t name_len = strlen(name);

	assert(size > 0);
	while (query.len > 0) {
		const char *end = memchr(query.data, '&', query.len);
		size_t len =
		    end == NULL ? query.len : (size_t)(end - query.data);

		if (len >= name_len &&
		    memcmp(query.data, name, name_len) == 0) {
			struct str value =
			    str_slice(query.data + name_len, len - name_len);

			if (value.len == 0)
				return field_decode(value, true, out, size);
			if (value.data[0] == '=')
				return field_decode(str_slice(value.data + 1,
							value.len - 1),
				    true, out, size);
		}
		if (end == NULL)
			break;
		query.data += len + 1;
		query.len -= len + 1;
	}
	return HTTP_QUERY_ABSENT;
}
