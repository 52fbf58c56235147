#include "transport/ws/ws_frame.h"

#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"

#define BYTES(literal) literal, sizeof(literal) - 1

static const struct {
	const char *bytes;
	size_t len;
	struct ws_frame_head head;
} good_heads[] = {
	/* RFC 6455 §5.7, in its order. */
	{ BYTES("\x81\x05"), { true, 0, WS_TEXT, false, 5, { 0 } } },
	{ BYTES("\x81\x85\x37\xfa\x21\x3d"),
	    { true, 0, WS_TEXT, true, 5, { 0x37, 0xfa, 0x21, 0x3d } } },
	{ BYTES("\x01\x03"), { false, 0, WS_TEXT, false, 3, { 0 } } },
	{ BYTES("\x80\x02"), { true, 0, WS_CONTINUATION, false, 2, { 0 } } },
	{ BYTES("\x89\x05"), { true, 0, WS_PING, false, 5, { 0 } } },
	{ BYTES("\x8a\x85\x37\xfa\x21\x3d"),
	    { true, 0, WS_PONG, true, 5, { 0x37, 0xfa, 0x21, 0x3d } } },
	{ BYTES("\x82\x7e\x01\x00"),
	    { true, 0, WS_BINARY, false, 256, { 0 } } },
	{ BYTES("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
	    { true, 0, WS_BINARY, false, 65536, { 0 } } },
	/* The edges of the three lengths. */
	{ BYTES("\x82\x00"), { true, 0, WS_BINARY, false, 0, { 0 } } },
	{ BYTES("\x82\x7d"), { true, 0, WS_BINARY, false, 125, { 0 } } },
	{ BYTES("\x82\x7e\x00\x7e"),
	    { true, 0, WS_BINARY, false, 126, { 0 } } },
	{ BYTES("\x82\x7e\xff\xff"),
	    { true, 0, WS_BINARY, false, 65535, { 0 } } },
	{ BYTES("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"),
	    { true, 0, WS_BINARY, false, INT64_MAX, { 0 } } },
	/* Reserved bits: the reader checks them. */
	{ BYTES("\xf1\x00"), { true, 7, WS_TEXT, false, 0, { 0 } } },
	{ BYTES("\x41\x00"), { false, 4, WS_TEXT, false, 0, { 0 } } },
	{ BYTES("\x2f\x00"), { false, 2, 0xf, false, 0, { 0 } } },
};
START_TEST(decodes_headers)
{
	const struct ws_frame_head *want = &good_heads[_i].head;
	struct ws_frame_head head = { .fin = false };
	size_t used = 0;

	ck_assert_int_eq(ws_frame_decode((const uint8_t *)good_heads[_i].bytes,
			     good_heads[_i].len, &head, &used),
	    WS_FRAME_OK);
	ck_assert_uint_eq(used, good_heads[_i].len);
	ck_assert_int_eq(head.fin, want->fin);
	ck_assert_uint_eq(head.rsv, want->rsv);
	ck_assert_uint_eq(head.opcode, want->opcode);
	ck_assert_int_eq(head.masked, want->masked);
	ck_assert_uint_eq(head.length, want->length);
	if (head.masked)
		ck_assert_mem_eq(head.mask, want->mask, 4);
}
END_TEST

/* Decodes in memory of exactly that size: detects reads beyond it. */
static enum ws_frame_result
frame_decode_exact(const char *bytes, size_t len)
{
	uint8_t *data = malloc(len > 0 ? len : 1);
	enum ws_frame_result result;
	struct ws_frame_head head;
	size_t used;

	ck_assert_ptr_nonnull(data);
	memcpy(data, bytes, len);
	result = ws_frame_decode(data, len, &head, &used);
	free(data);
	return result;
}

START_TEST(waits_for_an_incomplete_header)
{
	for (size_t i = 0; i < COUNT_OF(good_heads); i++)
		for (size_t len = 0; len < good_heads[i].len; len++)
			ck_assert_int_eq(frame_decode_exact(good_heads[i].bytes,
					     len),
			    WS_FRAME_SHORT);
}
END_TEST

START_TEST(encodes_unmasked_headers)
{
	uint8_t out[WS_FRAME_HEAD_MAX];

	for (size_t i = 0; i < COUNT_OF(good_heads); i++) {
		const struct ws_frame_head *head = &good_heads[i].head;
		size_t len;

		if (head->masked)
			continue;
		len = ws_frame_encode(head->opcode, head->fin, head->rsv,
		    head->length, out);
		ck_assert_uint_eq(len, good_heads[i].len);
		ck_assert_mem_eq(out, good_heads[i].bytes, len);
	}
}
END_TEST

static const struct {
	const char *bytes;
	size_t len;
} bad_heads[] = {
	{ BYTES("\x82\x7e\x00\x00") },
	{ BYTES("\x82\x7e\x00\x7d") },
	{ BYTES("\x82\x7f\x00\x00\x00\x00\x00\x00\x00\x01") },
	{ BYTES("\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff") },
	{ BYTES("\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00") },
	{ BYTES("\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff") },
	{ BYTES("\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00mask") },
};
START_TEST(refuses_lengths_that_are_not_minimal_or_too_large)
{
	ck_assert_int_eq(frame_decode_exact(bad_heads[_i].bytes,
			     bad_heads[_i].len),
	    WS_FRAME_BAD);
}
END_TEST

START_TEST(unmasks_the_example_of_the_rfc)
{
	uint8_t data[] = { 0x7f, 0x9f, 0x4d, 0x51, 0x58 };

	ws_frame_mask(data, sizeof(data), (const uint8_t *)"\x37\xfa\x21\x3d",
	    0);
	ck_assert_mem_eq(data, "Hello", 5);
}
END_TEST

/* Every length up to a few words, alignment and offset in the mask. */
START_TEST(masks_at_any_offset_and_alignment)
{
	static const uint8_t mask[4] = { 0xa5, 0x3c, 0x0f, 0xf1 };
	uint8_t area[80], want[80];

	for (size_t turn = 0; turn < 16 * 8; turn++)
		for (size_t len = 0; len <= 40; len++) {
			size_t at = 8 + turn / 8, offset = turn % 8;

			memset(area, 0x5a, sizeof(area));
			memset(want, 0x5a, sizeof(want));
			for (size_t i = 0; i < len; i++)
				want[at + i] ^= mask[(offset + i) % 4];
			ws_frame_mask(area + at, len, mask, offset);
			ck_assert_mem_eq(area, want, sizeof(area));
		}
}
END_TEST

SUITE(ws_frame)
{
	tcase_add_loop_test(tests, decodes_headers, 0, COUNT_OF(good_heads));
	tcase_add_test(tests, waits_for_an_incomplete_header);
	tcase_add_test(tests, encodes_unmasked_headers);
	tcase_add_loop_test(tests,
	    refuses_lengths_that_are_not_minimal_or_too_large, 0,
	    COUNT_OF(bad_heads));
	tcase_add_test(tests, unmasks_the_example_of_the_rfc);
	tcase_add_test(tests, masks_at_any_offset_and_alignment);
}
