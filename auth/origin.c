#include "auth/origin.h"

#include <strings.h>

#include "domain/base/str_take.h"

/* "https://app.example.org:8443", divided. */
struct origin {
	struct str scheme; /* absent: none was given */
	struct str host;
	struct str port; /* absent: none, or the scheme's own */
};

static bool
origin_text_is(struct str a, struct str b)
{
	return a.len == b.len &&
	       (a.len == 0 || strncasecmp(a.data, b.data, a.len) == 0);
}

/* The last colon outside of brackets, which IPv6 addresses have. */
static size_t
port_position(struct str authority)
{
	size_t at = authority.len;

	while (at > 0 && authority.data[at - 1] != ':' &&
	       authority.data[at - 1] != ']')
		at--;
	return at > 0 && authority.data[at - 1] == ':' ? at - 1 : authority.len;
}

static struct origin
origin_split(struct str text)
{
	struct origin origin = { 0 };
	const char *separator = memmem(text.data, text.len, "://", 3);
	size_t colon;

	if (separator != NULL) {
		origin.scheme =
		    str_slice(text.data, (size_t)(separator - text.data));
		text =
		    str_slice(separator + 3, text.len - origin.scheme.len - 3);
	}
	colon = port_position(text);
	origin.host = str_slice(text.data, colon);
	if (colon < text.len)
		origin.port =
		    str_slice(text.data + colon + 1, text.len - colon - 1);
	return origin;
}

static bool
port_is_usual(struct str scheme, struct str port)
{
	if (origin_text_is(scheme, STR("https")) ||
	    origin_text_is(scheme, STR("wss")))
		return str_equal(port, STR("443"));
	return str_equal(port, STR("80"));
}

/* Browsers leave the usual port out; `host` may name it. */
static bool
ports_match(const struct origin *origin, struct str port)
{
	if (port.data != NULL && port_is_usual(origin->scheme, port))
		port = STR_ABSENT;
	return str_equal(origin->port, port);
}

static bool
host_matches(struct str host, struct str pattern)
{
	struct str end;

	if (pattern.len < 2 || pattern.data[0] != '*')
		return origin_text_is(host, pattern);
	end = str_slice(pattern.data + 1, pattern.len - 1); /* ".example.org" */
	return host.len > end.len &&
	       origin_text_is(str_slice(host.data + host.len - end.len,
				  end.len),
		   end);
}

static bool
origin_matches(const struct origin *origin, struct str allowed)
{
	struct origin pattern = origin_split(allowed);

	if (str_equal(allowed, STR("*")))
		return true;
	return (pattern.scheme.data == NULL ||
		   origin_text_is(pattern.scheme, origin->scheme)) &&
	       host_matches(origin->host, pattern.host) &&
	       ports_match(origin, pattern.port);
}

/* A proxy in front that is not trusted may use TLS. */
static bool
scheme_fits(struct str scheme, bool is_secure)
{
	return scheme.data != NULL &&
	       (!is_secure || origin_text_is(scheme, STR("https")));
}

bool
origin_is_allowed(struct str origin_text, struct str host_text, bool is_secure,
    struct str allowed)
{
	struct origin origin, host;
	struct str item;

	if (origin_text.data == NULL)
		return true;
	origin = origin_split(origin_text);
	host = origin_split(host_text);
	if (scheme_fits(origin.scheme, is_secure) &&
	    origin_text_is(origin.host, host.host) &&
	    ports_match(&origin, host.port))
		return true;
	while ((item = str_take(&allowed, STR(", "))).len > 0)
		if (origin_matches(&origin, item))
			return true;
	return false;
}

bool
origin_list_is_valid(struct str allowed)
{
	struct str item;

	while ((item = str_take(&allowed, STR(", "))).len > 0) {
		struct origin origin = origin_split(item);
		struct str rest = origin.host;

		if (rest.len > 1 && rest.data[0] == '*' && rest.data[1] == '.')
			rest = str_slice(rest.data + 2, rest.len - 2);
		if (str_equal(item, STR("*")))
			continue;
		if (rest.len == 0 || memchr(rest.data, '*', rest.len) != NULL ||
		    memchr(rest.data, '/', rest.len) != NULL)
			return false;
	}
	return true;
}
