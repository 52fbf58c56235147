#include "transport/ws/ws_deflate.h"

#include <stdlib.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

/* Text that deflates well, but not to nothing. */
static struct str
make_text(char *text, size_t len)
{
	uint32_t seed = 1;

	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		text[i] = (char)('a' + (seed >> 24) % 8);
	}
	return str_slice(text, len);
}

/* Bytes that do not deflate at all. */
static struct str
make_noise(char *text, size_t len)
{
	uint32_t seed = 1;

	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		text[i] = (char)(seed >> 24);
	}
	return str_slice(text, len);
}

static void
check_round_trip(struct ws_deflater *deflater, struct ws_inflater *inflater,
    struct str text)
{
	struct str deflated = ws_deflater_run(deflater, text);
	size_t len;
	char *out;

	ck_assert_ptr_nonnull(deflated.data);
	ck_assert_int_eq(ws_inflater_run(inflater, deflated, text.len, &out,
			     &len),
	    WS_INFLATE_OK);
	ck_assert_uint_eq(len, text.len);
	ck_assert_mem_eq(out, text.data, text.len);
}

static const size_t sizes[] = { 0, 1, 2, 150, 4096, 65535, 65536, 100000,
	1 << 20 };
#define SIZES (COUNT_OF(sizes))

START_TEST(compressed_messages_inflate)
{
	struct ws_deflater *deflater = ws_deflater_create(_i);
	struct ws_inflater *inflater = ws_inflater_create(0, 0);
	char *text = malloc(1 << 20);

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < 2 * SIZES; i++) {
		/* Up and down again, so that buffers grow and shrink. */
		size_t size = sizes[i < SIZES ? i : 2 * SIZES - 1 - i];

		check_round_trip(deflater, inflater, make_text(text, size));
		check_round_trip(deflater, inflater, make_noise(text, size));
	}
	free(text);
	ws_inflater_destroy(inflater);
	ws_deflater_destroy(deflater);
}
END_TEST

START_TEST(deflates_the_examples_of_the_rfc)
{
	struct ws_deflater *deflater = ws_deflater_create(15);
	struct str hello = STR("\xf2\x48\xcd\xc9\xc9\x07\x00");

	/* RFC 7692 §7.2.3.1; twice, as nothing is taken over. */
	ck_assert(str_equal(ws_deflater_run(deflater, STR("Hello")), hello));
	ck_assert(str_equal(ws_deflater_run(deflater, STR("Hello")), hello));
	/* §7.2.3.6 */
	ck_assert(str_equal(ws_deflater_run(deflater, STR("")), STR("\0")));
	ws_deflater_destroy(deflater);
}
END_TEST

START_TEST(uses_the_negotiated_window)
{
	static char text[4096];
	struct ws_deflater *narrow = ws_deflater_create(9);
	struct ws_deflater *wide = ws_deflater_create(15);
	size_t narrow_len, wide_len;

	/* The second half is the first, 2048 bytes away. */
	make_noise(text, 2048);
	memcpy(text + 2048, text, 2048);
	narrow_len = ws_deflater_run(narrow, str_slice(text, 4096)).len;
	wide_len = ws_deflater_run(wide, str_slice(text, 4096)).len;
	ck_assert_uint_lt(wide_len, 2300);
	ck_assert_uint_gt(narrow_len, 4000);
	ws_deflater_destroy(narrow);
	ws_deflater_destroy(wide);
}
END_TEST

START_TEST(create_fails_without_memory)
{
	struct ws_deflater *deflater;

	malloc_fail_at((unsigned)_i);
	deflater = ws_deflater_create(15);
	malloc_fail_at(0);
	ck_assert(malloc_has_failed());
	ck_assert_ptr_null(deflater);
	ws_deflater_destroy(deflater);
}
END_TEST

START_TEST(reports_a_lack_of_memory_and_recovers)
{
	struct ws_deflater *deflater = ws_deflater_create(15);
	struct str none;

	malloc_fail_at(1);
	none = ws_deflater_run(deflater, STR("Hello"));
	malloc_fail_at(0);
	ck_assert_ptr_null(none.data);
	ck_assert_uint_eq(ws_deflater_run(deflater, STR("Hello")).len, 7);
	ws_deflater_destroy(deflater);
}
END_TEST

SUITE(ws_deflate)
{
	tcase_add_test(tests, deflates_the_examples_of_the_rfc);
	tcase_add_loop_test(tests, compressed_messages_inflate, 9, 16);
	tcase_add_test(tests, uses_the_negotiated_window);
	if (!malloc_can_fail())
		return;
	tcase_add_loop_test(tests, create_fails_without_memory, 1, 7);
	tcase_add_test(tests, reports_a_lack_of_memory_and_recovers);
}
