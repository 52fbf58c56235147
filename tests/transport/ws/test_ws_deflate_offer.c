#include "tests/suite.h"
#include "transport/ws/ws_deflate.h"

#define PMD "permessage-deflate"
#define AGREED PMD "; server_no_context_takeover; client_no_context_takeover"

static const struct {
	const char *offers;
	const char *response; /* NULL: none of them */
	int bits;             /* 15 if 0 */
} offers[] = {
	{ "", NULL, 0 },
	{ PMD, AGREED, 0 },
	/* RFC 7692 §7.1.3, and what browsers send. */
	{ PMD "; client_max_window_bits; server_max_window_bits=10",
	    AGREED "; server_max_window_bits=10", 10 },
	{ PMD "; client_max_window_bits; server_max_window_bits=10, " PMD
	      "; client_max_window_bits",
	    AGREED "; server_max_window_bits=10", 10 },
	{ PMD "; client_max_window_bits", AGREED, 0 },
	{ PMD "; client_no_context_takeover; server_no_context_takeover",
	    AGREED, 0 },
	/* Every value. */
	{ PMD "; server_max_window_bits=9", AGREED "; server_max_window_bits=9",
	    9 },
	{ PMD "; server_max_window_bits=15",
	    AGREED "; server_max_window_bits=15", 15 },
	{ PMD "; client_max_window_bits=8", AGREED, 0 },
	{ PMD "; client_max_window_bits=15", AGREED, 0 },
	{ PMD "; server_max_window_bits=\"12\"",
	    AGREED "; server_max_window_bits=12", 12 },
	{ PMD "; server_max_window_bits=\"1\\2\"",
	    AGREED "; server_max_window_bits=12", 12 },
	/* White space and empty elements. */
	{ " " PMD "\t;client_max_window_bits = 12 ", AGREED, 0 },
	{ ", ," PMD ",\t,", AGREED, 0 },
	{ " , ", NULL, 0 },
	/* We cannot do 8. */
	{ PMD "; server_max_window_bits=8", NULL, 0 },
	{ PMD "; server_max_window_bits=8, " PMD, AGREED, 0 },
	/* Offers to pass over: §7.1. */
	{ PMD "; server_max_window_bits", NULL, 0 },
	{ PMD "; server_max_window_bits=7", NULL, 0 },
	{ PMD "; server_max_window_bits=16", NULL, 0 },
	{ PMD "; server_max_window_bits=010", NULL, 0 },
	{ PMD "; server_max_window_bits=1e1", NULL, 0 },
	{ PMD "; server_max_window_bits=-9", NULL, 0 },
	{ PMD "; server_max_window_bits=+9", NULL, 0 },
	{ PMD "; server_max_window_bits=0", NULL, 0 },
	{ PMD "; server_max_window_bits=100", NULL, 0 },
	{ PMD "; server_max_window_bits=4294967305", NULL, 0 },
	{ PMD "; server_max_window_bits=18446744073709551625", NULL, 0 },
	{ PMD "; client_max_window_bits=7", NULL, 0 },
	{ PMD "; client_max_window_bits=16", NULL, 0 },
	{ PMD "; client_max_window_bits=09", NULL, 0 },
	{ PMD "; client_max_window_bits=ten", NULL, 0 },
	{ PMD "; server_no_context_takeover=1", NULL, 0 },
	{ PMD "; client_no_context_takeover=\"x\"", NULL, 0 },
	{ PMD "; client_max_window_bits; client_max_window_bits", NULL, 0 },
	{ PMD "; client_max_window_bits=9; client_max_window_bits", NULL, 0 },
	{ PMD "; server_max_window_bits=9; server_max_window_bits=9", NULL, 0 },
	{ PMD "; server_no_context_takeover; server_no_context_takeover", NULL,
	    0 },
	{ PMD "; client_no_context_takeover; client_no_context_takeover", NULL,
	    0 },
	{ PMD "; unknown", NULL, 0 },
	{ PMD "; unknown=1, " PMD "; x, " PMD
	      "; server_max_window_bits=11, " PMD,
	    AGREED "; server_max_window_bits=11", 11 },
	/* Others. */
	{ "permessage-bzip2; a; b=c; d=\"e\", " PMD, AGREED, 0 },
	{ "x-webkit-deflate-frame", NULL, 0 },
	{ PMD "2", NULL, 0 },
	{ "x; server_max_window_bits=9, " PMD, AGREED, 0 },
};
static const struct ws_deflate_policy policy = { .least_window_bits = 9 };

START_TEST(accepts_the_first_supported_offer)
{
	struct ws_deflate deflate;

	ck_assert(ws_deflate_negotiate(str_from(offers[_i].offers), &policy,
	    &deflate));
	ck_assert_int_eq(deflate.on, offers[_i].response != NULL);
	if (!deflate.on)
		return;
	ck_assert_str_eq(deflate.response, offers[_i].response);
	ck_assert_int_eq(deflate.server_window_bits,
	    offers[_i].bits == 0 ? 15 : offers[_i].bits);
}
END_TEST

static const char *const malformed[] = {
	";",
	"=",
	PMD ";",
	PMD ";;",
	PMD "; ;client_max_window_bits",
	PMD "; =5",
	PMD "; client_max_window_bits=",
	PMD "; client_max_window_bits=,",
	PMD "; client_max_window_bits=\"",
	PMD "; client_max_window_bits=\"\"",
	PMD "; client_max_window_bits=\"1",
	PMD "; client_max_window_bits=\"1\\",
	PMD "; client_max_window_bits=\"1 5\"",
	PMD "; client_max_window_bits=\"15\"x",
	PMD "; client_max_window_bits 15",
	PMD "; client_max_window_bits=15=15",
	PMD "; client max",
	PMD " " PMD,
	PMD ", \"quoted\"",
	PMD ", a; b=c d",
	PMD ", \xe4",
	"a/b",
};
START_TEST(refuses_a_malformed_header)
{
	struct ws_deflate deflate;

	ck_assert(!ws_deflate_negotiate(str_from(malformed[_i]), &policy,
	    &deflate));
	ck_assert(!deflate.on);
}
END_TEST

START_TEST(declines_windows_below_the_policy)
{
	struct ws_deflate_policy twelve = { .least_window_bits = 12 };
	struct ws_deflate deflate;

	ck_assert(ws_deflate_negotiate(STR(PMD "; server_max_window_bits=11"),
	    &twelve, &deflate));
	ck_assert(!deflate.on);
	ck_assert(ws_deflate_negotiate(STR(PMD "; server_max_window_bits=12"),
	    &twelve, &deflate));
	ck_assert(deflate.on);
}
END_TEST

START_TEST(accepts_no_header)
{
	struct ws_deflate deflate;

	ck_assert(ws_deflate_negotiate(str_slice(NULL, 0), &policy, &deflate));
	ck_assert(!deflate.on);
}
END_TEST

SUITE(ws_deflate_offer)
{
	tcase_add_loop_test(tests, accepts_the_first_supported_offer, 0,
	    COUNT_OF(offers));
	tcase_add_loop_test(tests, refuses_a_malformed_header, 0,
	    COUNT_OF(malformed));
	tcase_add_test(tests, declines_windows_below_the_policy);
	tcase_add_test(tests, accepts_no_header);
}
