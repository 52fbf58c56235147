#include "transport/net/proxy_protocol.h"

#include <string.h>

#include "tests/suite.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define TCP4 "\xc0\0\2\1\xc6\x33\x64\2\x12\x34\0\x50"
#define V6 " \1\r\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
#define TCP6 V6 V6 "\x12\x34\0\x50"
#define ZEROS_9 "\0\0\0\0\0\0\0\0\0"
#define ZEROS_54 ZEROS_9 ZEROS_9 ZEROS_9 ZEROS_9 ZEROS_9 ZEROS_9
#define ZEROS_108 ZEROS_54 ZEROS_54
#define ZEROS_216 ZEROS_108 ZEROS_108
#define TLV "\3\0\4abcd\4\0\1x"

#define HEADER(literal)                         \
	{                                       \
		"" literal, sizeof(literal) - 1 \
	}

static const struct {
	struct str header;
	const char *client;
} good[] = {
	{ HEADER("PROXY TCP4 192.0.2.1 198.51.100.2 4660 80\r\n"),
	    "192.0.2.1" },
	{ HEADER("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"),
	    "255.255.255.255" },
	{ HEADER("PROXY TCP4 192.0.2.1 198.51.100.2 0 0\r\n"), "192.0.2.1" },
	{ HEADER("PROXY TCP6 2001:db8::1 2001:db8::2 4660 80\r\n"),
	    "2001:db8::1" },
	{ HEADER("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
		 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	{ HEADER("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 1\r\n"), "192.0.2.1" },
	{ HEADER("PROXY UNKNOWN\r\n"), "unix" },
	{ HEADER("PROXY UNKNOWN \xff what\tever\r\n"), "unix" },
	{ HEADER(SIGNATURE "\x21\x11\0\x0c" TCP4), "192.0.2.1" },
	{ HEADER(SIGNATURE "\x21\x11\0\x17" TCP4 TLV), "192.0.2.1" },
	{ HEADER(SIGNATURE "\x21\x21\0\x24" TCP6), "2001:db8::1" },
	{ HEADER(SIGNATURE "\x21\x21\0\x2f" TCP6 TLV), "2001:db8::1" },
	{ HEADER(SIGNATURE "\x21\0\0\0"), "unix" },
	{ HEADER(SIGNATURE "\x21\0\0\x0b" TLV), "unix" },
	{ HEADER(SIGNATURE "\x21\x31\0\xd8" ZEROS_216), "unix" },
	{ HEADER(SIGNATURE "\x20\0\0\0"), "unix" },
	{ HEADER(SIGNATURE "\x20\x11\0\x0c" TCP4), "unix" },
	{ HEADER(SIGNATURE "\x20\x77\0\x0b" TLV), "unix" },
};

/* In pieces: a first one, then ones of the same size. */
static enum proxy_result
decoder_feed(struct proxy_decoder *decoder, struct str text, size_t first,
    size_t rest, size_t *used)
{
	enum proxy_result result = PROXY_MORE;
	const char *why = NULL;

	memset(decoder, 0, sizeof(*decoder));
	*used = 0;
	for (size_t size = first; *used < text.len && result == PROXY_MORE;
	     size = rest) {
		size_t left = text.len - *used, taken;

		if (size > left)
			size = left;
		result = proxy_decoder_feed(decoder, text.data + *used, size,
		    &taken, &why);
		ck_assert_uint_le(taken, size);
		if (result == PROXY_MORE)
			ck_assert_uint_eq(taken, size);
		*used += taken;
	}
	ck_assert(result != PROXY_BAD || why != NULL);
	return result;
}

START_TEST(reads_the_address_of_the_client)
{
	char text[HOST_ADDRESS_TEXT_SIZE], longer[512];
	struct str header = good[_i].header;
	struct proxy_decoder decoder;
	size_t used;

	/* What follows is the connection's. */
	memcpy(longer, header.data, header.len);
	memcpy(longer + header.len, "GET /", 5);
	for (size_t first = 1; first <= header.len; first++) {
		ck_assert_int_eq(decoder_feed(&decoder,
				     str_slice(longer, header.len + 5), first,
				     first == 1 ? 1 : sizeof(longer), &used),
		    PROXY_DONE);
		ck_assert_uint_eq(used, header.len);
		host_address_format(&decoder.client, text);
		ck_assert_str_eq(text, good[_i].client);
	}
	/* A part of it is not enough. */
	for (size_t len = 0; len < header.len; len++)
		ck_assert_int_eq(decoder_feed(&decoder,
				     str_slice(header.data, len), 7, 7, &used),
		    PROXY_MORE);
}
END_TEST

static const struct {
	struct str header;
	size_t refused_at; /* the byte that shows it */
} bad[] = {
	{ HEADER("GET / HTTP/1.1\r\n"), 1 },
	{ HEADER("\x16\3\1"), 1 },
	{ HEADER("proxy TCP4 "), 1 },
	{ HEADER("PROXX"), 5 },
	{ HEADER("PROXY\r\n"), 6 },
	{ HEADER("PROXY \r\n"), 8 },
	{ HEADER("PROXY TCP4\r\n"), 12 },
	{ HEADER("PROXY TCP4 192.0.2.1 198.51.100.2 1 1\n"), 38 },
	{ HEADER("PROXY UNKNOWN\n"), 14 },
	{ HEADER("PROXY UNKNOWNS\r\n"), 16 },
	{ HEADER("PROXY  TCP4 192.0.2.1 198.51.100.2 1 1\r\n"), 40 },
	{ HEADER("PROXY TCP4  192.0.2.1 198.51.100.2 1 1\r\n"), 40 },
	{ HEADER("PROXY TCP4 192.0.2.1 198.51.100.2 1 1 \r\n"), 40 },
	{ HEADER("PROXY TCP4 192.0.2.1 198.51.100.2 1\r\n"), 37 },
	{ HEADER("PROXY TCP4 192.0.2.1 198.51.100.2 1 01\r\n"), 40 },
	{ HEADER("PROXY TCP4 192.0.2.1 198.51.100.2 1 65536\r\n"), 43 },
	{ HEADER("PROXY TCP4 192.0.2.1 198.51.100.2 1 -1\r\n"), 40 },
	{ HEADER("PROXY TCP4 192.0.2.01 198.51.100.2 1 1\r\n"), 40 },
	{ HEADER("PROXY TCP4 2001:db8::1 198.51.100.2 1 1\r\n"), 41 },
	{ HEADER("PROXY TCP6 192.0.2.1 198.51.100.2 1 1\r\n"), 39 },
	{ HEADER("PROXY TCP4 0.0.0.0 198.51.100.2 1 1\r\n"), 37 },
	{ HEADER("PROXY UDP4 192.0.2.1 198.51.100.2 1 1\r\n"), 39 },
	{ HEADER("PROXY TCP4 192.0.2.1\0 198.51.100.2 1 1\r\n"), 40 },
	{ HEADER("PROXY UNKNOWN "
		 "01234567890123456789012345678901234567890123456789"
		 "01234567890123456789012345678901234567890123456789\r\n"),
	    108 },
	{ HEADER("\r\n\r\n\0\r\nQUIX\n"), 11 },
	{ HEADER("\r\nGET"), 3 },
	{ HEADER(SIGNATURE "\x11\x11\0\x0c" TCP4), 16 },
	{ HEADER(SIGNATURE "\x22\x11\0\x0c" TCP4), 16 },
	{ HEADER(SIGNATURE "\x21\x12\0\x0c" TCP4), 16 },
	{ HEADER(SIGNATURE "\x21\x41\0\x0c" TCP4), 16 },
	{ HEADER(SIGNATURE "\x21\x11\0\x0b" TCP4), 16 },
	{ HEADER(SIGNATURE "\x21\x21\0\x23" TCP6), 16 },
	{ HEADER(SIGNATURE "\x21\x31\0\xd7" ZEROS_216), 16 },
	{ HEADER(SIGNATURE "\x21\x11\xff\xff" TCP4), 16 },
	{ HEADER(SIGNATURE "\x20\0\x0f\xf1"), 16 },
	{ HEADER(SIGNATURE "\x21\x11\0\x0c\0\0\0\0\0\0\0\0\0\0\0\0"), 28 },
};

START_TEST(refuses_what_is_no_header)
{
	struct str header = bad[_i].header;
	struct proxy_decoder decoder;
	size_t used;

	for (size_t first = 1; first <= header.len; first++) {
		ck_assert_int_eq(decoder_feed(&decoder, header, first,
				     first == 1 ? 1 : 1000, &used),
		    PROXY_BAD);
		ck_assert_uint_eq(used, bad[_i].refused_at);
	}
}
END_TEST

START_TEST(extensions_have_a_bounded_length)
{
	static char header[PROXY_HEADER_MAX + 100];
	struct proxy_decoder decoder;
	size_t used;

	memcpy(header, SIGNATURE "\x21\x11\x0f\xf0" TCP4, 28);
	ck_assert_int_eq(decoder_feed(&decoder,
			     str_slice(header, sizeof(header)), 1, 1, &used),
	    PROXY_DONE);
	ck_assert_uint_eq(used, PROXY_HEADER_MAX);
}
END_TEST

SUITE(proxy_protocol)
{
	tcase_add_loop_test(tests, reads_the_address_of_the_client, 0,
	    COUNT_OF(good));
	tcase_add_loop_test(tests, refuses_what_is_no_header, 0, COUNT_OF(bad));
	tcase_add_test(tests, extensions_have_a_bounded_length);
}
