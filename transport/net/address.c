#include "transport/net/address.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "transport/net/budget.h"

/* --- addresses ------------------------------------------------------------ */

/* The name of passed sockets takes the place of a path; it has no family. */
static bool
address_parse_name(const char *name, struct address *out, const char **why)
{
	struct sockaddr_un *sun = (struct sockaddr_un *)&out->storage;
	size_t len = strlen(name);

	if (len == 0 || len >= sizeof(sun->sun_path) ||
	    strchr(name, ':') != NULL) {
		*why = "a name of sockets has 1 to 107 bytes and no colon";
		return false;
	}
	sun->sun_family = AF_UNSPEC;
	memcpy(sun->sun_path, name, len + 1);
	out->len = sizeof(*sun);
	return true;
}

static bool
address_parse_unix(const char *path, struct address *out, const char **why)
{
	struct sockaddr_un *sun = (struct sockaddr_un *)&out->storage;
	size_t len = strlen(path);

	if (len == 0 || len >= sizeof(sun->sun_path)) {
		*why = "a socket path has 1 to 107 bytes";
		return false;
	}
	sun->sun_family = AF_UNIX;
	memcpy(sun->sun_path, path, len + 1);
	out->len = sizeof(*sun);
	return true;
}

static bool
port_parse(const char *text, in_port_t *out, const char **why)
{
	unsigned long port = 0;
	size_t digits = strspn(text, "0123456789");

	if (digits > 0 && digits <= 5 && text[digits] == '\0')
		port = strtoul(text, NULL, 10);
	else
		port = UINT16_MAX + 1UL;
	if (port > UINT16_MAX) {
		*why = "a port is a number from 0 to 65535";
		return false;
	}
	*out = htons((uint16_t)port);
	return true;
}

static bool
address_set_v6(const char *host, in_port_t port, struct address *out)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)&out->storage;

	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = port;
	out->len = sizeof(*sin6);
	return inet_pton(AF_INET6, host, &sin6->sin6_addr) == 1;
}

static bool
address_set_v4(const char *host, in_port_t port, struct address *out)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)&out->storage;

	sin->sin_family = AF_INET;
	sin->sin_port = port;
	out->len = sizeof(*sin);
	return inet_pton(AF_INET, host, &sin->sin_addr) == 1;
}

bool
address_parse(const char *text, struct address *out, const char **why)
{
	char host[64] = "";
	const char *colon = strrchr(text, ':');
	in_port_t port;
	size_t len;
	bool ok;

	memset(out, 0, sizeof(*out));
	if (strncmp(text, "unix:", 5) == 0)
		return address_parse_unix(text + 5, out, why);
	if (strncmp(text, "fd:", 3) == 0)
		return address_parse_name(text + 3, out, why);
	*why = "expected HOST:PORT, [IPV6]:PORT, :PORT, unix:PATH or fd:NAME";
	if (colon == NULL)
		return false;
	len = (size_t)(colon - text);
	if (len >= sizeof(host))
		return false;
	if (!port_parse(colon + 1, &port, why))
		return false;
	if (len == 0) {
		out->dual_stack = true;
		return address_set_v6("::", port, out);
	}
	if (text[0] == '[' && text[len - 1] == ']') {
		memcpy(host, text + 1, len - 2);
		ok = address_set_v6(host, port, out);
	} else {
		memcpy(host, text, len);
		ok = address_set_v4(strcmp(host, "localhost") == 0 ? "127.0.0.1"
								   : host,
		    port, out);
	}
	if (!ok)
		*why = "the host is not an IP address";
	return ok;
}

void
address_format(const struct address *address, char out[ADDRESS_TEXT_SIZE])
{
	const struct sockaddr_in *sin = (const void *)&address->storage;
	const struct sockaddr_in6 *sin6 = (const void *)&address->storage;
	const struct sockaddr_un *sun = (const void *)&address->storage;
	char host[INET6_ADDRSTRLEN] = "";

	switch (address->storage.ss_family) {
	case AF_INET:
		inet_ntop(AF_INET, &sin->sin_addr, host, sizeof(host));
		snprintf(out, ADDRESS_TEXT_SIZE, "%s:%u", host,
		    (unsigned)ntohs(sin->sin_port));
		break;
	case AF_INET6:
		inet_ntop(AF_INET6, &sin6->sin6_addr, host, sizeof(host));
		snprintf(out, ADDRESS_TEXT_SIZE, "[%s]:%u", host,
		    (unsigned)ntohs(sin6->sin6_port));
		break;
	case AF_UNSPEC:
		snprintf(out, ADDRESS_TEXT_SIZE, "fd:%s", sun->sun_path);
		break;
	default:
		snprintf(out, ADDRESS_TEXT_SIZE, "unix:%s", sun->sun_path);
		break;
	}
}

const char *
address_passed_name(const struct address *address)
{
	const struct sockaddr_un *sun = (const void *)&address->storage;

	return sun->sun_family == AF_UNSPEC ? sun->sun_path : NULL;
}

bool
address_can_be_bound(const struct address *address)
{
	int fd =
	    socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool is_bound;
	int error;

	/* A stale socket file is removed by the listener. */
	if (fd < 0 || address->storage.ss_family == AF_UNIX) {
		if (fd >= 0)
			close(fd);
		return fd >= 0;
	}
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	is_bound = bind(fd, (const struct sockaddr *)&address->storage,
		       address->len) == 0;
	error = errno;
	close(fd);
	errno = error;
	return is_bound;
}

bool
address_of_socket(int fd, struct address *out)
{
	socklen_t size = sizeof(int);
	int v6_only = 1;

	memset(out, 0, sizeof(*out));
	out->len = sizeof(out->storage);
	if (getsockname(fd, (struct sockaddr *)&out->storage, &out->len) != 0)
		return false;
	if (out->storage.ss_family == AF_INET6 &&
	    getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, &size) == 0)
		out->dual_stack = v6_only == 0;
	return true;
}

bool
address_is_same(const struct address *wanted, const struct address *address)
{
	const struct sockaddr_in6 *wanted6 = (const void *)&wanted->storage;
	const struct sockaddr_in *sin = (const void *)&address->storage;
	char one[ADDRESS_TEXT_SIZE], other[ADDRESS_TEXT_SIZE];

	if (wanted->dual_stack && sin->sin_family == AF_INET)
		return sin->sin_addr.s_addr == htonl(INADDR_ANY) &&
		       sin->sin_port == wanted6->sin6_port;
	address_format(wanted, one);
	address_format(address, other);
	return strcmp(one, other) == 0;
}

/* --- hosts ---------------------------------------------------------------- */

static const uint8_t v4_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff,
	0xff };

struct host_address
host_address_from_bytes(const uint8_t *bytes, size_t len)
{
	struct host_address host;

	assert(len == 4 || len == sizeof(host.bytes));
	memcpy(host.bytes, v4_prefix, sizeof(v4_prefix));
	memcpy(host.bytes + sizeof(host.bytes) - len, bytes, len);
	return host;
}

struct host_address
host_address_of(const struct sockaddr *address)
{
	const struct sockaddr_in6 *sin6 = (const void *)address;
	const struct sockaddr_in *sin = (const void *)address;

	if (address->sa_family == AF_INET)
		return host_address_from_bytes((const void *)&sin->sin_addr, 4);
	if (address->sa_family == AF_INET6)
		return host_address_from_bytes(sin6->sin6_addr.s6_addr, 16);
	return (struct host_address){ { 0 } };
}

bool
host_address_parse(struct str text, struct host_address *out)
{
	char copy[HOST_ADDRESS_TEXT_SIZE];
	uint8_t bytes[sizeof(out->bytes)];

	if (text.len == 0 || text.len >= sizeof(copy) ||
	    memchr(text.data, '\0', text.len) != NULL)
		return false;
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	if (inet_pton(AF_INET, copy, bytes) == 1)
		*out = host_address_from_bytes(bytes, 4);
	else if (inet_pton(AF_INET6, copy, bytes) == 1)
		*out = host_address_from_bytes(bytes, 16);
	else
		return false;
	return !host_address_is_unspecified(out);
}

static bool
host_address_is_v4(const struct host_address *host)
{
	return memcmp(host->bytes, v4_prefix, sizeof(v4_prefix)) == 0;
}

void
host_address_format(const struct host_address *host,
    char out[HOST_ADDRESS_TEXT_SIZE])
{
	if (host_address_is_absent(host))
		snprintf(out, HOST_ADDRESS_TEXT_SIZE, "unix");
	else if (host_address_is_v4(host))
		inet_ntop(AF_INET, host->bytes + sizeof(v4_prefix), out,
		    HOST_ADDRESS_TEXT_SIZE);
	else
		inet_ntop(AF_INET6, host->bytes, out, HOST_ADDRESS_TEXT_SIZE);
}

bool
host_address_equal(const struct host_address *a, const struct host_address *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool
host_address_is_absent(const struct host_address *host)
{
	static const struct host_address absent;

	return host_address_equal(host, &absent);
}

bool
host_address_is_unspecified(const struct host_address *host)
{
	static const uint8_t any[4];

	if (host_address_is_v4(host))
		return memcmp(host->bytes + sizeof(v4_prefix), any,
			   sizeof(any)) == 0;
	return host_address_is_absent(host);
}

bool
host_address_is_local(const struct host_address *host)
{
	static const struct host_address loopback = { { [15] = 1 } };

	if (host_address_is_v4(host))
		return host->bytes[sizeof(v4_prefix)] == 127;
	return host_address_is_absent(host) ||
	       host_address_equal(host, &loopback);
}

uint64_t
host_address_key(const struct host_address *host)
{
	uint64_t key = 0;

	if (host_address_is_v4(host))
		memcpy((char *)&key + 4, host->bytes + sizeof(v4_prefix), 4);
	else
		memcpy(&key, host->bytes, sizeof(key));
	return key;
}

bool
address_is_local(const struct address *address)
{
	const struct sockaddr *bound = (const void *)&address->storage;
	struct host_address host = host_address_of(bound);

	/* The unspecified address is every one of this machine. */
	return bound->sa_family == AF_UNIX ||
	       (!host_address_is_absent(&host) && host_address_is_local(&host));
}

/* --- peers ---------------------------------------------------------------- */

struct peer {
	uint64_t key;
	size_t count;
	struct budget_pool budget;
};

static struct str
peer_map_key(const void *entry)
{
	const struct peer *peer = entry;

	return str_slice((const char *)&peer->key, sizeof(peer->key));
}

void
peer_table_init(struct peer_table *table)
{
	id_map_init(&table->peers, peer_map_key);
}

void
peer_table_fini(struct peer_table *table)
{
	assert(id_map_count(&table->peers) == 0);
	id_map_fini(&table->peers);
}

bool
peer_table_enter(struct peer_table *table, const struct host_address *host,
    struct peer **out)
{
	return peer_table_enter_key(table,
	    host_address_is_local(host) ? 0 : host_address_key(host), out);
}

bool
peer_table_enter_key(struct peer_table *table, uint64_t key, struct peer **out)
{
	struct peer *peer;

	*out = NULL;
	if (key == 0)
		return true;
	peer = id_map_find(&table->peers,
	    str_slice((const char *)&key, sizeof(key)));
	if (peer == NULL) {
		peer = calloc(1, sizeof(*peer));
		if (peer == NULL)
			return false;
		peer->key = key;
		if (!id_map_put(&table->peers, peer)) {
			free(peer);
			return false;
		}
	}
	peer->count++;
	*out = peer;
	return true;
}

void
peer_table_leave(struct peer_table *table, struct peer *peer)
{
	if (peer == NULL || --peer->count > 0)
		return;
	id_map_remove(&table->peers, peer_map_key(peer));
	free(peer);
}

struct budget_pool *
peer_budget(struct peer *peer)
{
	return peer != NULL ? &peer->budget : NULL;
}

uint64_t
peer_key(const struct peer *peer)
{
	return peer != NULL ? peer->key : 0;
}

size_t
peer_count(const struct peer *peer)
{
	return peer == NULL ? 0 : peer->count;
}
