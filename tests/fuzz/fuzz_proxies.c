/*
 * What a proxy sends in front of its clients' bytes, and clients through it.
 * The first byte chooses: PROXY headers, which mean the same in every split;
 * a list of trusted addresses; and the headers that name a client, of which
 * the result is never a claim that no trusted proxy made.
 */
#include <stdlib.h>

#include "transport/http/forwarded.h"
#include "transport/http/http.h"
#include "transport/net/proxy_protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
proxies_require(bool holds)
{
	if (!holds)
		abort();
}

struct read {
	enum proxy_result result;
	size_t used;
	struct proxy_decoder decoder;
};

static struct read
header_read(struct str text, size_t step)
{
	struct read read = { .result = PROXY_MORE };
	const char *why = NULL;

	while (read.used < text.len && read.result == PROXY_MORE) {
		size_t len =
		    text.len - read.used < step ? text.len - read.used : step;
		size_t used;

		read.result = proxy_decoder_feed(&read.decoder,
		    text.data + read.used, len, &used, &why);
		proxies_require(used <= len);
		read.used += used;
	}
	proxies_require(read.result != PROXY_BAD || why != NULL);
	return read;
}

static void
header_check(struct str text)
{
	struct read whole = header_read(text, text.len);

	proxies_require(whole.used <= PROXY_HEADER_MAX ||
			whole.result == PROXY_BAD);
	for (size_t step = 1; step < 4; step++) {
		struct read other = header_read(text, step);

		proxies_require(other.result == whole.result &&
				other.used == whole.used &&
				host_address_equal(&other.decoder.client,
				    &whole.decoder.client));
	}
}

static void
ranges_check(struct str text)
{
	struct host_address host = { { 10, 1 } };
	struct address_ranges ranges;
	const char *why;
	struct str bad;

	if (!address_ranges_parse(text, &ranges, &bad, &why)) {
		proxies_require(bad.len > 0 && why != NULL);
		return;
	}
	address_ranges_contain(&ranges, &host);
	for (size_t i = 0; i < ranges.count; i++)
		proxies_require(host_address_is_absent(&ranges.at[i].first) ||
				address_ranges_contain(&ranges,
				    &ranges.at[i].first));
}

/* A value that ends with an address of a client names this one. */
static void
forwarded_check(struct str value, enum forwarded_style style)
{
	static const char last[] = ", 192.0.2.77",
			  last_for[] = ", for=192.0.2.77";
	struct http_request request = { .header_count = 1 };
	struct trusted_proxies proxies = { .style = style };
	struct http_client peer = { .is_secure = false }, client;
	struct host_address wanted;
	char text[4096];
	const char *why;
	struct str bad;

	proxies_require(address_ranges_parse(STR("10.0.0.0/8"), &proxies.ranges,
	    &bad, &why));
	proxies_require(host_address_parse(STR("10.0.0.1"), &peer.address));
	proxies_require(host_address_parse(STR("192.0.2.77"), &wanted));
	request.headers[0] = (struct http_header){
		style == FORWARDED_X ? STR("X-Forwarded-For")
				     : STR("Forwarded"),
		value,
	};
	forwarded_read(&request, &proxies, &peer, &client);
	proxies_require(!host_address_is_unspecified(&client.address));
	if (value.len + sizeof(last_for) > sizeof(text))
		return;
	memcpy(text, value.data, value.len);
	if (style == FORWARDED_X)
		memcpy(text + value.len, last, sizeof(last));
	else
		memcpy(text + value.len, last_for, sizeof(last_for));
	request.headers[0].value = str_from(text);
	forwarded_read(&request, &proxies, &peer, &client);
	/* A quote that does not end makes the line one unknown element. */
	proxies_require(host_address_equal(&client.address, &wanted) ||
			(style == FORWARDED_RFC &&
			    host_address_equal(&client.address,
				&peer.address)) ||
			memchr(text, '\0', value.len) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_slice((const char *)data + 1, size - 1);

	if (size < 2)
		return 0;
	switch (data[0]) {
	case 'p':
		header_check(text);
		break;
	case 'r':
		ranges_check(text);
		break;
	case 'f':
		forwarded_check(text, FORWARDED_RFC);
		break;
	default:
		forwarded_check(text, FORWARDED_X);
	}
	return 0;
}
