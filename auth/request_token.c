#include "auth/request_token.h"

#include <strings.h>

#include "transport/http/http.h"

static bool
prefix_take(struct str *text, struct str prefix)
{
	if (text->len <= prefix.len ||
	    strncasecmp(text->data, prefix.data, prefix.len) != 0)
		return false;
	*text = str_slice(text->data + prefix.len, text->len - prefix.len);
	return true;
}

static struct str
token_of_subprotocols(struct str list)
{
	struct str item;

	while ((item = http_list_next(&list)).data != NULL)
		if (prefix_take(&item, STR("bearer.")))
			return item;
	return STR_ABSENT;
}

/* The next pair of a list; absent: there is none left. */
static struct str
cookie_take(struct str *rest)
{
	const char *end;
	struct str pair;

	while (rest->len > 0 && strchr("; ", rest->data[0]) != NULL)
		*rest = str_slice(rest->data + 1, rest->len - 1);
	if (rest->len == 0)
		return STR_ABSENT;
	end = memchr(rest->data, ';', rest->len);
	pair = str_slice(rest->data,
	    end == NULL ? rest->len : (size_t)(end - rest->data));
	*rest = str_slice(rest->data + pair.len, rest->len - pair.len);
	return pair;
}

/* "a=1; b=2": RFC 6265 §4.2.1. */
static struct str
cookie_find(const struct http_request *request, struct str name)
{
	for (size_t i = 0; i < request->header_count; i++) {
		struct str rest = request->headers[i].value, pair;

		if (!http_name_is(request->headers[i].name, STR("Cookie")))
			continue;
		while ((pair = cookie_take(&rest)).data != NULL)
			if (pair.len > name.len + 1 &&
			    pair.data[name.len] == '=' &&
			    memcmp(pair.data, name.data, name.len) == 0)
				return str_slice(pair.data + name.len + 1,
				    pair.len - name.len - 1);
	}
	return STR_ABSENT;
}

struct str
request_token_find(const struct http_request *request, const char *cookie,
    char scratch[REQUEST_TOKEN_SIZE])
{
	struct str value =
	    http_header_find(request, STR("Authorization"), NULL);
	int len;

	if (value.data != NULL && prefix_take(&value, STR("Bearer ")))
		return value;
	value = token_of_subprotocols(http_header_find(request,
	    STR("Sec-WebSocket-Protocol"), NULL));
	if (value.data != NULL)
		return value;
	len = http_query_get(request->query, "token", scratch,
	    REQUEST_TOKEN_SIZE);
	if (len > 0)
		return str_slice(scratch, (size_t)len);
	return cookie == NULL ? STR_ABSENT
			      : cookie_find(request, str_from(cookie));
}
