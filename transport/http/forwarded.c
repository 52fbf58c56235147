#include "transport/http/forwarded.h"

#include "domain/base/str_trim.h"
#include "transport/http/http.h"

/* The longest node: "[" IPv6 "]:" port, and some. */
#define NODE_SIZE 72

/* --- nodes ---------------------------------------------------------------- */

/* Digits, or what RFC 7239 §6.3 allows to hide a port: "_" and letters. */
static bool
port_is_valid(struct str port)
{
	bool is_hidden = port.len > 1 && port.data[0] == '_';

	if (port.len == 0 || (port.len > 5 && !is_hidden))
		return false;
	for (size_t i = is_hidden ? 1 : 0; i < port.len; i++)
		if (is_hidden ? !http_is_token_char(port.data[i])
			      : port.data[i] < '0' || port.data[i] > '9')
			return false;
	return true;
}

/* "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", the same with
 * a port. False: it is none of these. */
static bool
node_parse(struct str node, struct host_address *out)
{
	const char *colon = memchr(node.data, ':', node.len);
	const char *bracket = memchr(node.data, ']', node.len);
	struct str host = node, port;

	if (node.len > 0 && node.data[0] == '[') {
		if (bracket == NULL)
			return false;
		host =
		    str_slice(node.data + 1, (size_t)(bracket - node.data) - 1);
		if (memchr(host.data, ':', host.len) == NULL)
			return false;
		colon = bracket + 1;
		if (colon == node.data + node.len)
			return host_address_parse(host, out);
		if (*colon != ':')
			return false;
	} else if (colon == NULL || memrchr(node.data, ':', node.len) != colon)
		return host_address_parse(node, out);
	else
		host.len = (size_t)(colon - node.data);
	port = str_slice(colon + 1, node.len - (size_t)(colon + 1 - node.data));
	return port_is_valid(port) && host_address_parse(host, out);
}

/* --- the list ------------------------------------------------------------- */

/* The elements of the list so far, the nearest proxy's last. */
struct forwarded_walk {
	const struct address_ranges *trusted;
	const struct http_client *peer;
	struct http_client client;
	bool is_unknown; /* the client is in none of these elements */
};

/* An element that names no address. */
static void
walk_add_unknown(struct forwarded_walk *walk)
{
	walk->client = *walk->peer;
	walk->is_unknown = true;
}

static void
walk_add(struct forwarded_walk *walk, const struct http_client *client)
{
	if (!walk->is_unknown &&
	    address_ranges_contain(walk->trusted, &client->address))
		return;
	walk->client = *client;
	walk->is_unknown = false;
}

static void
walk_add_node(struct forwarded_walk *walk, struct str node, bool is_secure)
{
	struct http_client client = { .is_secure = is_secure };

	if (node_parse(node, &client.address))
		walk_add(walk, &client);
	else
		walk_add_unknown(walk);
}

/* --- X-Forwarded-For ------------------------------------------------------ */

static bool
proto_is_secure(struct str proto)
{
	return http_name_is(proto, STR("https")) ||
	       http_name_is(proto, STR("wss"));
}

/* Whether every proxy says that it was reached over TLS. */
static bool
x_forwarded_proto(const struct http_request *request, bool preset)
{
	bool is_secure = preset, is_first = true;

	for (size_t i = 0; i < request->header_count; i++) {
		struct str list = request->headers[i].value, item;

		if (!http_name_is(request->headers[i].name,
			STR("X-Forwarded-Proto")))
			continue;
		while ((item = http_list_next(&list)).data != NULL) {
			is_secure =
			    (is_first || is_secure) && proto_is_secure(item);
			is_first = false;
		}
	}
	return is_secure;
}

static void
walk_x_forwarded(struct forwarded_walk *walk,
    const struct http_request *request)
{
	for (size_t i = 0; i < request->header_count; i++) {
		struct str list = request->headers[i].value, item;

		if (!http_name_is(request->headers[i].name,
			STR("X-Forwarded-For")))
			continue;
		while ((item = http_list_next(&list)).data != NULL)
			walk_add_node(walk, item, false);
	}
	walk->client.is_secure =
	    x_forwarded_proto(request, walk->peer->is_secure);
}

/* --- Forwarded ------------------------------------------------------------ */

/* Takes a quoted string off the text, without its escapes. False: it does not
 * end, or is longer than any node. */
static bool
quoted_take(struct str *text, char out[NODE_SIZE], struct str *value)
{
	size_t at = 1, len = 0;

	while (at < text->len && text->data[at] != '"') {
		if (text->data[at] == '\\')
			at++;
		if (at == text->len || len == NODE_SIZE)
			return false;
		out[len++] = text->data[at++];
	}
	if (at >= text->len)
		return false;
	*value = str_slice(out, len);
	*text = str_slice(text->data + at + 1, text->len - at - 1);
	return true;
}

static struct str
chars_take(struct str *text, const char *ends)
{
	size_t len = 0;

	while (len < text->len && strchr(ends, text->data[len]) == NULL)
		len++;
	*text = str_slice(text->data + len, text->len - len);
	return str_slice(text->data - len, len);
}

/* An element of the header: what is known of one hop. */
struct forwarded_element {
	char node_text[NODE_SIZE];
	char proto_text[NODE_SIZE];
	struct str node; /* absent: it has none */
	struct str proto;
	bool is_empty;
};

/* Takes "name=value"; other names are passed over. */
static bool
pair_take(struct str *text, struct forwarded_element *out)
{
	char other[NODE_SIZE], *copy = other;
	struct str name = chars_take(text, "=,;\" \t"), ignored;
	struct str *value = &ignored;

	if (!http_is_token(name) || text->len == 0 || text->data[0] != '=')
		return false;
	*text = str_slice(text->data + 1, text->len - 1);
	if (http_name_is(name, STR("for"))) {
		value = &out->node;
		copy = out->node_text;
	} else if (http_name_is(name, STR("proto"))) {
		value = &out->proto;
		copy = out->proto_text;
	}
	/* A name may occur only once. */
	if (value != &ignored && value->data != NULL)
		return false;
	if (text->len > 0 && text->data[0] == '"')
		return quoted_take(text, copy, value);
	*value = chars_take(text, ",;\" \t");
	return value->len > 0;
}

/* Takes an element and the comma behind it. False: it is malformed. */
static bool
element_take(struct str *text, struct forwarded_element *out)
{
	out->node = out->proto = STR_ABSENT;
	out->is_empty = true;
	for (;;) {
		*text = str_trim(*text, STR_BLANKS);
		if (text->len == 0)
			return true;
		if (text->data[0] == ',' || text->data[0] == ';') {
			bool is_end = text->data[0] == ',';

			*text = str_slice(text->data + 1, text->len - 1);
			if (is_end)
				return true;
		} else if (pair_take(text, out))
			out->is_empty = false;
		else
			return false;
	}
}

/* What follows a malformed element cannot be distinguished. */
static void
walk_forwarded_line(struct forwarded_walk *walk, struct str line)
{
	struct forwarded_element element;

	while (line.len > 0) {
		if (!element_take(&line, &element)) {
			walk_add_unknown(walk);
			return;
		}
		if (!element.is_empty)
			walk_add_node(walk,
			    element.node.data == NULL ? STR("") : element.node,
			    element.proto.data == NULL
				? walk->peer->is_secure
				: proto_is_secure(element.proto));
	}
}

static void
walk_forwarded(struct forwarded_walk *walk, const struct http_request *request)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (http_name_is(request->headers[i].name, STR("Forwarded")))
			walk_forwarded_line(walk, request->headers[i].value);
}

void
forwarded_read(const struct http_request *request,
    const struct trusted_proxies *proxies, const struct http_client *peer,
    struct http_client *out)
{
	struct forwarded_walk walk = {
		.trusted = &proxies->ranges,
		.peer = peer,
		.client = *peer,
		.is_unknown = true,
	};

	if (proxies->style == FORWARDED_RFC)
		walk_forwarded(&walk, request);
	else
		walk_x_forwarded(&walk, request);
	*out = walk.client;
}
