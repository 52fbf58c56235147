/* A list of addresses and networks, as operators write it. Pure. Public. */
#ifndef TRANSPORT_ADDRESS_RANGES_H
#define TRANSPORT_ADDRESS_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "transport/net/address.h"

#define ADDRESS_RANGES_MAX 64

struct address_range {
	struct host_address first;
	uint8_t bits; /* that an address in the range shares with the first */
};

/* Zeroed: empty. */
struct address_ranges {
	size_t count;
	struct address_range at[ADDRESS_RANGES_MAX];
	bool has_unix; /* peers behind Unix sockets, too */
};

/*
 * Reads items separated by commas or blanks: "192.0.2.1", "10.0.0.0/8",
 * "2001:db8::/32", "unix". A network has no bits set beyond its prefix. False:
 * *bad is the item that is none of these, *why the reason; *out is undefined.
 */
bool address_ranges_parse(struct str text, struct address_ranges *out,
    struct str *bad, const char **why);

static inline bool
address_ranges_are_empty(const struct address_ranges *ranges)
{
	return ranges->count == 0 && !ranges->has_unix;
}

bool address_ranges_contain(const struct address_ranges *,
    const struct host_address *);

#endif
