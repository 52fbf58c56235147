#include <stdlib.h>
#include <zlib.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "transport/ws/ws_deflate.h"

#define UNBOUND SIZE_MAX

static const struct {
	enum ws_inflate_result result;
	const char *data;
	size_t len;
	const char *text;
} messages[] = {
#define DATA(literal) literal, sizeof(literal) - 1
	/* RFC 7692 §7.2.3.1, .3, .4, .5, .6. */
	{ WS_INFLATE_OK, DATA("\xf2\x48\xcd\xc9\xc9\x07\x00"), "Hello" },
	{ WS_INFLATE_OK, DATA("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"),
	    "Hello" },
	{ WS_INFLATE_OK, DATA("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), "Hello" },
	{ WS_INFLATE_OK,
	    DATA("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"),
	    "Hello" },
	{ WS_INFLATE_OK, DATA("\x00"), "" },
	/* Final blocks that go on, and one that ends in what is added. */
	{ WS_INFLATE_OK, DATA("\x03\x00\x03\x00\x00"), "" },
	{ WS_INFLATE_OK,
	    DATA("\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff\x01"), "Hello" },
	{ WS_INFLATE_OK, DATA("\x01"), "" },
	/* Nothing at all: no deflate data, but it can mean one thing only. */
	{ WS_INFLATE_OK, DATA(""), "" },
	/* §7.2.3.2 refers to the message before: there is no takeover. */
	{ WS_INFLATE_BAD, DATA("\xf2\x00\x11\x00\x00"), NULL },
	/* Cut off. */
	{ WS_INFLATE_BAD, DATA("\xf2\x48\xcd\xc9\xc9\x07"), NULL },
	{ WS_INFLATE_BAD, DATA("\xf2\x48\xcd\xc9"), NULL },
	{ WS_INFLATE_BAD, DATA("\xf3\x48\xcd\xc9\xc9\x07\x00"), NULL },
	{ WS_INFLATE_BAD, DATA("\x00\x05\x00\xfa\xff\x48\x65"), NULL },
	/* With the four bytes that should be left out. */
	{ WS_INFLATE_BAD, DATA("\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff"),
	    NULL },
	/* With something behind it. */
	{ WS_INFLATE_BAD, DATA("\xf2\x48\xcd\xc9\xc9\x07\x00garbage"), NULL },
	{ WS_INFLATE_BAD, DATA("\xf3\x48\xcd\xc9\xc9\x07\x00\xff"), NULL },
	/* No deflate data: a type that is none, a length and no complement,
	 * the head of a zlib stream. */
	{ WS_INFLATE_BAD, DATA("\x07"), NULL },
	{ WS_INFLATE_BAD, DATA("\x00\x05\x00\xfb\xff\x48\x65\x6c\x6c\x6f\x00"),
	    NULL },
	{ WS_INFLATE_BAD, DATA("\x78\x9c\xf3\x48\xcd\xc9\xc9\x07\x00"), NULL },
};
static enum ws_inflate_result
inflate_text(struct ws_inflater *inflater, int message)
{
	struct str data =
	    str_slice(messages[message].data, messages[message].len);
	enum ws_inflate_result result;
	size_t len;
	char *out;

	result = ws_inflater_run(inflater, data, UNBOUND, &out, &len);
	if (result == WS_INFLATE_OK) {
		ck_assert_uint_eq(len, strlen(messages[message].text));
		ck_assert_mem_eq(out, messages[message].text, len);
	}
	return result;
}

START_TEST(inflates_or_refuses_a_message)
{
	struct ws_inflater *inflater = ws_inflater_create(0, 0);

	ck_assert_int_eq(inflate_text(inflater, _i), messages[_i].result);
	/* The memory of every case is freed. */
	ck_assert_int_eq(inflate_text(inflater, 0), WS_INFLATE_OK);
	ck_assert_int_eq(inflate_text(inflater, _i), messages[_i].result);
	ws_inflater_destroy(inflater);
}
END_TEST

/* Deflates as zlib does; `past` is what the sender has sent already. */
static size_t
deflate_text(struct str text, struct str past, int flush, char *out,
    size_t size)
{
	z_stream stream = { .next_in = (z_const Bytef *)text.data,
		.avail_in = (uInt)text.len,
		.next_out = (Bytef *)out,
		.avail_out = (uInt)size };

	ck_assert_int_eq(deflateInit2(&stream, 9, Z_DEFLATED, -15, 8,
			     Z_DEFAULT_STRATEGY),
	    Z_OK);
	if (past.len > 0)
		deflateSetDictionary(&stream, (const Bytef *)past.data,
		    (uInt)past.len);
	deflate(&stream, flush);
	ck_assert_uint_eq(stream.avail_in, 0);
	deflateEnd(&stream);
	return size - stream.avail_out - (flush == Z_SYNC_FLUSH ? 4 : 0);
}

START_TEST(continues_after_a_final_block_with_its_window)
{
	struct ws_inflater *inflater = ws_inflater_create(0, 0);
	struct str text = STR("a text that is said twice");
	char data[200], *out;
	size_t len, out_len;

	len = deflate_text(text, STR(""), Z_FINISH, data, sizeof(data));
	len += deflate_text(text, text, Z_SYNC_FLUSH, data + len,
	    sizeof(data) - len);
	ck_assert_uint_lt(len, 2 * text.len);
	ck_assert_int_eq(ws_inflater_run(inflater, str_slice(data, len),
			     UNBOUND, &out, &out_len),
	    WS_INFLATE_OK);
	ck_assert_uint_eq(out_len, 2 * text.len);
	ck_assert_mem_eq(out, text.data, text.len);
	ck_assert_mem_eq(out + text.len, text.data, text.len);
	ws_inflater_destroy(inflater);
}
END_TEST

/* A peer can send these blocks cheaply: they must be cheap for us, too. */
START_TEST(takes_many_final_blocks_in_linear_time)
{
	struct ws_inflater *inflater = ws_inflater_create(20, 65536);
	size_t len = (1 << 20) + 1, out_len;
	char *data = calloc(1, len), *out;

	ck_assert_ptr_nonnull(data);
	for (size_t i = 0; i + 2 < len; i += 2)
		data[i] = 3;
	ck_assert_int_eq(ws_inflater_run(inflater, str_slice(data, len),
			     UNBOUND, &out, &out_len),
	    WS_INFLATE_OK);
	ck_assert_uint_eq(out_len, 0);
	free(data);
	ws_inflater_destroy(inflater);
}
END_TEST

static enum ws_inflate_result
inflate_zeros(struct ws_inflater *inflater, size_t zeros, size_t most)
{
	char *text = calloc(1, zeros), *data = malloc(zeros + 100), *out;
	enum ws_inflate_result result;
	size_t len, out_len;

	ck_assert(text != NULL && data != NULL);
	len = deflate_text(str_slice(text, zeros), STR(""), Z_SYNC_FLUSH, data,
	    zeros + 100);
	result = ws_inflater_run(inflater, str_slice(data, len), most, &out,
	    &out_len);
	if (result == WS_INFLATE_OK) {
		ck_assert_uint_eq(out_len, zeros);
		ck_assert_mem_eq(out, text, zeros);
	}
	free(text);
	free(data);
	return result;
}

static const size_t sizes[] = { 1, 5, 1000, 16383, 16384, 16385, 32767, 32768,
	32769, 65536, 100000, 1 << 20 };
START_TEST(inflates_exactly_up_to_the_bound)
{
	struct ws_inflater *inflater = ws_inflater_create(0, 0);
	size_t size = sizes[_i];

	ck_assert_int_eq(inflate_zeros(inflater, size, size), WS_INFLATE_OK);
	ck_assert_int_eq(inflate_zeros(inflater, size, size - 1),
	    WS_INFLATE_TOO_BIG);
	ck_assert_int_eq(inflate_zeros(inflater, size, UNBOUND), WS_INFLATE_OK);
	ws_inflater_destroy(inflater);
}
END_TEST

START_TEST(refuses_bombs_above_the_floor)
{
	struct ws_inflater *inflater = ws_inflater_create(20, 65536);

	ck_assert_int_eq(inflate_zeros(inflater, 65536, UNBOUND),
	    WS_INFLATE_OK);
	ck_assert_int_eq(inflate_zeros(inflater, 65537, UNBOUND),
	    WS_INFLATE_TOO_BIG);
	ck_assert_int_eq(inflate_zeros(inflater, 1 << 20, UNBOUND),
	    WS_INFLATE_TOO_BIG);
	ws_inflater_set_bounds(inflater, 20, 70000);
	ck_assert_int_eq(inflate_zeros(inflater, 70000, UNBOUND),
	    WS_INFLATE_OK);
	ck_assert_int_eq(inflate_zeros(inflater, 70001, UNBOUND),
	    WS_INFLATE_TOO_BIG);
	ws_inflater_destroy(inflater);
}
END_TEST

START_TEST(create_fails_without_memory)
{
	malloc_fail_at((unsigned)_i);
	struct ws_inflater *inflater = ws_inflater_create(20, 65536);

	malloc_fail_at(0);
	ck_assert(malloc_has_failed());
	ck_assert_ptr_null(inflater);
	ws_inflater_destroy(inflater);
}
END_TEST

START_TEST(reports_a_lack_of_memory_and_recovers)
{
	static char text[100000], data[2000];
	struct ws_inflater *inflater = ws_inflater_create(0, 0);
	size_t out_len, len = deflate_text(str_slice(text, sizeof(text)),
			    STR(""), Z_SYNC_FLUSH, data, sizeof(data));
	enum ws_inflate_result result;
	char *out;

	malloc_fail_at((unsigned)_i);
	result = ws_inflater_run(inflater, str_slice(data, len), UNBOUND, &out,
	    &out_len);
	malloc_fail_at(0);
	ck_assert(malloc_has_failed());
	ck_assert_int_eq(result, WS_INFLATE_NO_MEMORY);
	result = ws_inflater_run(inflater, str_slice(data, len), UNBOUND, &out,
	    &out_len);
	ck_assert_int_eq(result, WS_INFLATE_OK);
	ck_assert_uint_eq(out_len, sizeof(text));
	ws_inflater_destroy(inflater);
}
END_TEST

SUITE(ws_inflate)
{
	tcase_add_loop_test(tests, inflates_or_refuses_a_message, 0,
	    COUNT_OF(messages));
	tcase_add_test(tests, continues_after_a_final_block_with_its_window);
	tcase_add_test(tests, takes_many_final_blocks_in_linear_time);
	tcase_add_loop_test(tests, inflates_exactly_up_to_the_bound, 0,
	    COUNT_OF(sizes));
	tcase_add_test(tests, refuses_bombs_above_the_floor);
	if (!malloc_can_fail())
		return;
	tcase_add_loop_test(tests, create_fails_without_memory, 1, 4);
	tcase_add_loop_test(tests, reports_a_lack_of_memory_and_recovers, 1, 4);
}
