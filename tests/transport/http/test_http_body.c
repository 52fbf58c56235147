#include "transport/http/http_body.h"

#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"

#define MOST 20

/* Chunked bodies of at most MOST bytes, with what follows them. */
static const struct {
	const char *data;
	enum http_body_result result;
	const char *body; /* what is read of it */
	const char *rest; /* behind its end */
} chunked[] = {
	{ "0\r\n\r\n", HTTP_BODY_END, "", "" },
	{ "5\r\nhello\r\n0\r\n\r\n", HTTP_BODY_END, "hello", "" },
	{ "5\r\nhello\r\n0\r\n\r\nGET /", HTTP_BODY_END, "hello", "GET /" },
	{ "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", HTTP_BODY_END, "abc", "" },
	{ "00000005\r\nhello\r\n000\r\n\r\n", HTTP_BODY_END, "hello", "" },
	{ "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", HTTP_BODY_END,
	    "01234567890123456789", "" },
	{ "5;a=b; c=\"d\"\r\nhello\r\n0;\r\n\r\n", HTTP_BODY_END, "hello", "" },
	{ "0\r\nA: b\r\nC:\r\nD:\t\xe4\r\n\r\n", HTTP_BODY_END, "", "" },
	{ "2\r\n\r\n\r\n0\r\n\r\n", HTTP_BODY_END, "\r\n", "" },
	/* Not whole. */
	{ "", HTTP_BODY_MORE, "", "" },
	{ "5\r\nhel", HTTP_BODY_MORE, "hel", "" },
	{ "5\r\nhello\r\n0\r\n", HTTP_BODY_MORE, "hello", "" },
	/* Too large: known from a size, before its bytes. */
	{ "15\r\n", HTTP_BODY_TOO_LARGE, "", "" },
	{ "7fffffff\r\n", HTTP_BODY_TOO_LARGE, "", "" },
	{ "14\r\n01234567890123456789\r\n1\r\n", HTTP_BODY_TOO_LARGE,
	    "01234567890123456789", "" },
	/* What others could read in another way. */
	{ "\r\n", HTTP_BODY_BAD, "", "" },
	{ " 5\r\n", HTTP_BODY_BAD, "", "" },
	{ "5 \r\n", HTTP_BODY_BAD, "", "" },
	{ "+5\r\n", HTTP_BODY_BAD, "", "" },
	{ "-5\r\n", HTTP_BODY_BAD, "", "" },
	{ "0x5\r\n", HTTP_BODY_BAD, "", "" },
	{ "g\r\n", HTTP_BODY_BAD, "", "" },
	{ ";a\r\n", HTTP_BODY_BAD, "", "" },
	{ "000000005\r\n", HTTP_BODY_BAD, "", "" },
	{ "100000000\r\n", HTTP_BODY_BAD, "", "" },
	{ "5\n", HTTP_BODY_BAD, "", "" },
	{ "5\rh", HTTP_BODY_BAD, "", "" },
	{ "5;\n", HTTP_BODY_BAD, "", "" },
	{ "5;a\x01\r\n", HTTP_BODY_BAD, "", "" },
	{ "5;a\rb\r\n", HTTP_BODY_BAD, "", "" },
	{ "5\r\nhelloX", HTTP_BODY_BAD, "hello", "" },
	{ "5\r\nhello\n", HTTP_BODY_BAD, "hello", "" },
	{ "5\r\nhello\r0", HTTP_BODY_BAD, "hello", "" },
	{ "5\r\nhello\r\n\r\n", HTTP_BODY_BAD, "hello", "" },
	{ "0\r\n\n", HTTP_BODY_BAD, "", "" },
	{ "0\r\n\rX", HTTP_BODY_BAD, "", "" },
	{ "0\r\nA\r\n", HTTP_BODY_BAD, "", "" },
	{ "0\r\n: b\r\n", HTTP_BODY_BAD, "", "" },
	{ "0\r\n A: b\r\n", HTTP_BODY_BAD, "", "" },
	{ "0\r\nA : b\r\n", HTTP_BODY_BAD, "", "" },
	{ "0\r\nA: b\n", HTTP_BODY_BAD, "", "" },
	{ "0\r\nA: b\r\n folded\r\n", HTTP_BODY_BAD, "", "" },
	{ "0\r\nA: \x7f\r\n", HTTP_BODY_BAD, "", "" },
};

struct read {
	enum http_body_result result;
	char body[64];
	size_t len;
	size_t used;
};

/* In pieces of this size, each in memory of its own. */
static struct read
body_read_in_pieces(struct http_body *body, const char *data, size_t size,
    size_t first, size_t step)
{
	struct read read = { .result = HTTP_BODY_MORE };

	while (read.used < size && read.result == HTTP_BODY_MORE) {
		size_t len = read.used == 0 && first > 0 ? first : step;
		char *copy;
		size_t at = 0;

		if (len > size - read.used)
			len = size - read.used;
		copy = malloc(len);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, data + read.used, len);
		do {
			struct str piece;
			size_t used;

			read.result = http_body_feed(body, copy + at, len - at,
			    &used, &piece);
			at += used;
			if (read.result != HTTP_BODY_PIECE)
				continue;
			ck_assert_uint_gt(piece.len, 0);
			ck_assert_uint_le(read.len + piece.len,
			    sizeof(read.body));
			memcpy(read.body + read.len, piece.data, piece.len);
			read.len += piece.len;
		} while (read.result == HTTP_BODY_PIECE);
		ck_assert(read.result != HTTP_BODY_MORE || at == len);
		free(copy);
		read.used += at;
	}
	return read;
}

static void
check_chunked(int i, size_t first, size_t step)
{
	const char *data = chunked[i].data;
	size_t len = strlen(data);
	struct http_body body;
	struct read read;

	http_body_init_chunked(&body, MOST);
	read = body_read_in_pieces(&body, data, len, first, step);
	ck_assert_int_eq(read.result, chunked[i].result);
	ck_assert_uint_eq(read.len, strlen(chunked[i].body));
	ck_assert_mem_eq(read.body, chunked[i].body, read.len);
	ck_assert_int_eq(http_body_is_whole(&body),
	    chunked[i].result == HTTP_BODY_END);
	if (read.result == HTTP_BODY_END)
		ck_assert_str_eq(data + read.used, chunked[i].rest);
}

START_TEST(reads_chunks_in_every_split)
{
	size_t len = strlen(chunked[_i].data);

	check_chunked(_i, 0, len + 1);
	check_chunked(_i, 0, 1);
	for (size_t first = 1; first < len; first++)
		check_chunked(_i, first, len);
}
END_TEST

START_TEST(reads_a_body_by_its_length)
{
	for (size_t step = 1; step < 8; step++) {
		struct http_body body;
		struct read read;

		http_body_init_length(&body, 5);
		ck_assert(!http_body_is_whole(&body));
		read = body_read_in_pieces(&body, "helloGET", 8, 0, step);
		ck_assert_int_eq(read.result, HTTP_BODY_END);
		ck_assert_uint_eq(read.used, 5);
		ck_assert_mem_eq(read.body, "hello", 5);
		ck_assert(http_body_is_whole(&body));
	}
}
END_TEST

START_TEST(an_empty_body_is_whole_at_once)
{
	struct http_body body;

	http_body_init_length(&body, 0);
	ck_assert(http_body_is_whole(&body));
}
END_TEST

/* What is ignored has a bound, too. */
START_TEST(extensions_and_trailers_do_not_go_on_for_ever)
{
	static const char *const begin[] = { "1;", "0\r\n", "0\r\nA:" };
	static const char *const again[] = { "a", "A: b\r\n", "b" };
	struct http_body body;
	enum http_body_result result = HTTP_BODY_MORE;
	struct str piece;
	size_t used, fed = 0;

	http_body_init_chunked(&body, MOST);
	http_body_feed(&body, begin[_i], strlen(begin[_i]), &used, &piece);
	while (result == HTTP_BODY_MORE && fed < 100 * 1000) {
		result = http_body_feed(&body, again[_i], strlen(again[_i]),
		    &used, &piece);
		fed += used;
	}
	ck_assert_int_eq(result, HTTP_BODY_BAD);
	ck_assert_uint_lt(fed, 10 * 1000);
}
END_TEST

SUITE(http_body)
{
	tcase_add_loop_test(tests, reads_chunks_in_every_split, 0,
	    COUNT_OF(chunked));
	tcase_add_test(tests, reads_a_body_by_its_length);
	tcase_add_test(tests, an_empty_body_is_whole_at_once);
	tcase_add_loop_test(tests,
	    extensions_and_trailers_do_not_go_on_for_ever, 0, 3);
}
