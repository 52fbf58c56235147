#include "transport/http/http_target.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static bool
target_fail(char *why, size_t size, const char *text)
{
	snprintf(why, size, "%s", text);
	return false;
}

/* Takes the host and its port off what follows "http://". */
static bool
authority_split(struct str authority, struct str digits,
    char host[HTTP_TARGET_TEXT_SIZE], char port[8])
{
	const char *bracket = memchr(authority.data, ']', authority.len);
	const char *colon = memrchr(authority.data, ':', authority.len);
	struct str name = authority;

	if (colon != NULL && (bracket == NULL || colon > bracket)) {
		name.len = (size_t)(colon - authority.data);
		digits = str_slice(colon + 1, authority.len - name.len - 1);
	}
	if (name.len > 2 && name.data[0] == '[' &&
	    name.data[name.len - 1] == ']')
		name = str_slice(name.data + 1, name.len - 2);
	if (name.len == 0 || digits.len == 0 || digits.len > 5)
		return false;
	for (size_t i = 0; i < digits.len; i++)
		if (digits.data[i] < '0' || digits.data[i] > '9')
			return false;
	snprintf(host, HTTP_TARGET_TEXT_SIZE, "%.*s", (int)name.len, name.data);
	snprintf(port, 8, "%.*s", (int)digits.len, digits.data);
	return true;
}

static bool
target_resolve(struct http_target *target, const char *port, char *why,
    size_t size)
{
	struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *found;
	int error = getaddrinfo(target->name, port, &hints, &found);

	if (error != 0) {
		snprintf(why, size, "%s: %s", target->name,
		    gai_strerror(error));
		return false;
	}
	for (const struct addrinfo *at = found; at != NULL; at = at->ai_next) {
		struct address *address =
		    &target->addresses[target->address_count];

		if (target->address_count == HTTP_TARGET_ADDRESSES)
			break;
		if (at->ai_addrlen > sizeof(address->storage))
			continue;
		memcpy(&address->storage, at->ai_addr, at->ai_addrlen);
		address->len = at->ai_addrlen;
		target->address_count++;
	}
	freeaddrinfo(found);
	return target->address_count > 0 ||
	       target_fail(why, size, "its host has no address");
}

static bool
scheme_take(struct str *url, struct str scheme)
{
	if (url->len < scheme.len ||
	    memcmp(url->data, scheme.data, scheme.len) != 0)
		return false;
	*url = str_slice(url->data + scheme.len, url->len - scheme.len);
	return true;
}

static bool
target_read(struct http_target *target, struct str url, char port[8], char *why,
    size_t size)
{
	struct str rest = url;
	struct str authority, path;
	size_t len = 0;

	memset(target, 0, sizeof(*target));
	target->is_tls = scheme_take(&rest, STR("https://"));
	if (url.len >= HTTP_TARGET_TEXT_SIZE ||
	    (!target->is_tls && !scheme_take(&rest, STR("http://"))))
		return target_fail(why, size,
		    "expected http://HOST:PORT/PATH or https://HOST:PORT/PATH");
	for (size_t i = 0; i < url.len; i++)
		if (url.data[i] <= ' ' || url.data[i] > '~' ||
		    url.data[i] == '#' || url.data[i] == '@')
			return target_fail(why, size,
			    "it has a character that no URL has there");
	while (len < rest.len && strchr("/?", rest.data[len]) == NULL)
		len++;
	authority = str_slice(rest.data, len);
	path = str_slice(rest.data + len, rest.len - len);
	if (!authority_split(authority, target->is_tls ? STR("443") : STR("80"),
		target->name, port))
		return target_fail(why, size, "its host or port is malformed");
	snprintf(target->host, sizeof(target->host), "%.*s", (int)authority.len,
	    authority.data);
	snprintf(target->path, sizeof(target->path), "%s%.*s",
	    path.len == 0 || path.data[0] != '/' ? "/" : "", (int)path.len,
	    path.data);
	return true;
}

bool
http_target_find(struct http_target *target, struct str url, char *why,
    size_t size)
{
	char port[8];

	return target_read(target, url, port, why, size) &&
	       target_resolve(target, port, why, size);
}

bool
http_target_is_valid(struct str url, char *why, size_t size)
{
	struct http_target target;
	char port[8];

	return target_read(&target, url, port, why, size);
}
