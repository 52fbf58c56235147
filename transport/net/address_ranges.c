#include "transport/net/address_ranges.h"

#include <string.h>

#include "domain/base/str_take.h"

#define ADDRESS_BITS 128
#define V4_BITS 32

/* A number without sign and leading zeros. */
static bool
prefix_parse(struct str text, unsigned most, unsigned *out)
{
	*out = 0;
	if (text.len == 0 || text.len > 3 ||
	    (text.len > 1 && text.data[0] == '0'))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		*out = *out * 10 + (unsigned)(text.data[i] - '0');
	}
	return *out <= most;
}

/* The bits of byte i that belong to a prefix of so many bits. */
static uint8_t
prefix_mask(unsigned bits, unsigned i)
{
	if (bits >= (i + 1) * 8)
		return 0xff;
	if (bits <= i * 8)
		return 0;
	return (uint8_t)(0xff << (8 - (bits - i * 8)));
}

static bool
range_parse(struct str item, struct address_range *out, const char **why)
{
	const char *slash = memchr(item.data, '/', item.len);
	size_t len = slash == NULL ? item.len : (size_t)(slash - item.data);
	struct str host = str_slice(item.data, len);
	bool is_any =
	    str_equal(host, STR("0.0.0.0")) || str_equal(host, STR("::"));
	unsigned most, bits;

	*why = "expected an IP address, a network such as 10.0.0.0/8, or unix";
	memset(out, 0, sizeof(*out));
	if (is_any && slash != NULL)
		memset(out->first.bytes + 10, host.len > 2 ? 0xff : 0, 2);
	else if (!host_address_parse(host, &out->first))
		return false;
	/* An IPv4 address in the form of IPv6 has the prefix of IPv6. */
	most =
	    memchr(host.data, ':', host.len) == NULL ? V4_BITS : ADDRESS_BITS;
	bits = most;
	if (slash != NULL &&
	    !prefix_parse(str_slice(slash + 1, item.len - len - 1), most,
		&bits)) {
		*why = most == V4_BITS ? "a prefix is a number from 0 to 32"
				       : "a prefix is a number from 0 to 128";
		return false;
	}
	out->bits = (uint8_t)(bits + ADDRESS_BITS - most);
	*why = "bits beyond the prefix are set";
	for (unsigned i = 0; i < sizeof(out->first.bytes); i++)
		if (out->first.bytes[i] & ~prefix_mask(out->bits, i))
			return false;
	return true;
}

bool
address_ranges_parse(struct str text, struct address_ranges *out,
    struct str *bad, const char **why)
{
	memset(out, 0, sizeof(*out));
	while ((*bad = str_take(&text, STR(", \t"))).len > 0) {
		if (str_equal(*bad, STR("unix"))) {
			out->has_unix = true;
			continue;
		}
		if (out->count == ADDRESS_RANGES_MAX) {
			*why = "more than 64 addresses";
			return false;
		}
		if (!range_parse(*bad, &out->at[out->count], why))
			return false;
		out->count++;
	}
	return true;
}

static bool
range_contains(const struct address_range *range,
    const struct host_address *host)
{
	for (unsigned i = 0; i * 8 < range->bits; i++)
		if ((range->first.bytes[i] ^ host->bytes[i]) &
		    prefix_mask(range->bits, i))
			return false;
	return true;
}

bool
address_ranges_contain(const struct address_ranges *ranges,
    const struct host_address *host)
{
	if (host_address_is_absent(host))
		return ranges->has_unix;
	for (size_t i = 0; i < ranges->count; i++)
		if (range_contains(&ranges->at[i], host))
			return true;
	return false;
}
