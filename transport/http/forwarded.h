/*
 * Which client a request is from, as proxies name it: X-Forwarded-For with
 * X-Forwarded-Proto, or Forwarded (RFC 7239). Pure. Public.
 *
 * Any client can send these headers. Each proxy appends the address that it
 * was reached from, so the list is read from its end: an element counts while
 * all behind it, and the peer of the connection, are trusted.
 */
#ifndef TRANSPORT_FORWARDED_H
#define TRANSPORT_FORWARDED_H

#include <stdbool.h>

#include "transport/net/address.h"
#include "transport/net/address_ranges.h"

struct http_request;

/* The headers that the proxies set. Those of the other kind are ignored: a
 * client can send them through a proxy that does not know them. */
enum forwarded_style {
	FORWARDED_X,  /* X-Forwarded-For, X-Forwarded-Proto */
	FORWARDED_RFC /* Forwarded */
};

struct trusted_proxies {
	struct address_ranges ranges; /* empty: none is trusted */
	enum forwarded_style style;
};

/* A peer of the server, or a client behind a trusted one. */
struct http_client {
	struct host_address address;
	bool is_secure; /* it uses TLS */
};

static inline bool
trusted_proxies_contain(const struct trusted_proxies *proxies,
    const struct http_client *peer)
{
	return !address_ranges_are_empty(&proxies->ranges) &&
	       address_ranges_contain(&proxies->ranges, &peer->address);
}

/*
 * The client of a request that came from this peer, which is trusted: the last
 * address of the list that is not trusted, or the first if all are. What a
 * trusted proxy does not name, or not as an IP address ("unknown", "_hidden"),
 * counts as this proxy. Secure is a client whose proxies all say https.
 */
void forwarded_read(const struct http_request *, const struct trusted_proxies *,
    const struct http_client *peer, struct http_client *out);

#endif
