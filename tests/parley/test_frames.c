#include "cmd/parley/frames.h"

#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/parley/frame_log.h"

#define BYTES(literal) literal, sizeof(literal) - 1

static const struct {
	const char *bytes;
	size_t len;
	const char *found;
} streams[] = {
	{ BYTES("\x81\x02hi"), "text:hi " },
	{ BYTES("\x81\x00"), "text: " },
	{ BYTES("\x81\x01"
		"a\x81\x01"
		"b"),
	    "text:a text:b " },
	{ BYTES("\x01\x01"
		"a\x00\x01"
		"b\x80\x01"
		"c"),
	    "text:abc " },
	{ BYTES("\x01\x01"
		"a\x89\x01x\x80\x00"),
	    "ping:x text:a " },
	{ BYTES("\x01\x01\xc3\x80\x01\xa4"), "text:\xc3\xa4 " },
	{ BYTES("\x8a\x03pon\x81\x01"
		"a"),
	    "text:a " },
	{ BYTES("\x88\x00\x81\x01"
		"a"),
	    "close:1005: " },
	{ BYTES("\x88\x05\x10\x06"
		"bye"),
	    "close:4102:bye " },
	/* Protocol violations. */
	{ BYTES("\x81\x82\x01\x02\x03\x04hi"), "error:1002 " },
	{ BYTES("\xc1\x02hi"), "error:1002 " },
	{ BYTES("\x80\x01"
		"a"),
	    "error:1002 " },
	{ BYTES("\x01\x01"
		"a\x81\x01"
		"b"),
	    "error:1002 " },
	{ BYTES("\x83\x00"), "error:1002 " },
	{ BYTES("\x8b\x00"), "error:1002 " },
	{ BYTES("\x09\x00"), "error:1002 " },
	{ BYTES("\x89\x7e\x00\x7e"), "error:1002 " },
	{ BYTES("\x81\x7e\x00\x7d"), "error:1002 " },
	{ BYTES("\x82\x00"), "error:1003 " },
	{ BYTES("\x81\x02\xc3("), "error:1007 " },
	{ BYTES("\x81\x01\xc3"), "error:1007 " },
	{ BYTES("\x81\x7f\x00\x00\x00\x00\x00\x40\x00\x01"), "error:1009 " },
	{ BYTES("\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"), "error:1009 " },
	{ BYTES("\x01\x01"
		"a\x80\x7f\x00\x00\x00\x00\x00\x40\x00\x00"),
	    "error:1009 " },
	{ BYTES("\x88\x01\x03"), "error:1002 " },
	{ BYTES("\x88\x02\x03\xed"), "error:1002 " },
	{ BYTES("\x88\x03\x03\xe8\xff"), "error:1007 " },
};

/* Split into pieces of one byte, of two … */
START_TEST(decodes_the_same_for_any_split)
{
	for (size_t piece = 1; piece <= streams[_i].len; piece++) {
		struct frame_log log = { .len = 0 };

		frame_log_feed(&log, streams[_i].bytes, streams[_i].len, piece);
		ck_assert_str_eq(log.text, streams[_i].found);
	}
}
END_TEST

START_TEST(returns_nothing_for_truncated_input)
{
	for (size_t len = 1; len < 4; len++) {
		struct frame_log log = { .len = 0 };

		frame_log_feed(&log, "\x81\x02hi", len, len);
		ck_assert_str_eq(log.text, "");
	}
}
END_TEST

START_TEST(stops_when_a_callback_returns_false)
{
	struct frame_log log = { .stop_after = 1 };

	frame_log_feed(&log,
	    BYTES("\x81\x01"
		  "a\x81\x01"
		  "b"),
	    6);
	ck_assert_str_eq(log.text, "text:a ");
}
END_TEST

#define LONG ((size_t)70000)

static char *
long_frame(void)
{
	char *bytes = malloc(LONG + 10);

	memset(bytes, 'a', LONG + 10);
	memcpy(bytes, "\x81\x7f\x00\x00\x00\x00\x00\x01\x11\x70", 10);
	return bytes;
}

START_TEST(decodes_long_messages)
{
	struct frame_log log = { .len = 0 };
	char *bytes = long_frame();

	frame_log_feed(&log, bytes, LONG + 10, 1000);
	free(bytes);
	ck_assert_str_eq(log.text, "text of 70000 ");
}
END_TEST

START_TEST(reserves_memory_for_received_bytes_only)
{
	struct frames frames;
	bool on;

	frames_init(&frames);
	malloc_fail_at(0);
	ck_assert_uint_eq(frames_feed(&frames, NULL, NULL,
			      "\x81\x7f\x00\x00\x00\x00\x00\x40\x00\x00"
			      "a",
			      11, &on),
	    0);
	ck_assert_uint_le(malloc_asked(), 8192);
	frames_fini(&frames);
}
END_TEST

START_TEST(reports_lack_of_memory)
{
	struct frames frames;
	bool on;

	if (!malloc_can_fail())
		return;
	frames_init(&frames);
	malloc_fail_at(1);
	ck_assert_uint_eq(frames_feed(&frames, NULL, NULL, "\x81\x02h", 3, &on),
	    WS_CLOSE_INTERNAL);
	malloc_fail_at(0);
	frames_fini(&frames);
}
END_TEST

START_TEST(writes_valid_frame_heads)
{
	static const size_t sizes[] = { 0, 125, 126, 65535, 65536 };
	uint8_t out[FRAMES_HEAD_MAX];
	struct ws_frame_head head;

	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		size_t used, size = frames_write_head(WS_TEXT, sizes[i],
				 (const uint8_t *)"mask", out);

		ck_assert_int_eq(ws_frame_decode(out, size, &head, &used),
		    WS_FRAME_OK);
		ck_assert_uint_eq(used, size);
		ck_assert(head.fin && head.masked);
		ck_assert_uint_eq(head.length, sizes[i]);
		ck_assert_mem_eq(head.mask, "mask", 4);
	}
}
END_TEST

SUITE(frames)
{
	tcase_add_loop_test(tests, decodes_the_same_for_any_split, 0,
	    COUNT_OF(streams));
	tcase_add_test(tests, returns_nothing_for_truncated_input);
	tcase_add_test(tests, stops_when_a_callback_returns_false);
	tcase_add_test(tests, decodes_long_messages);
	tcase_add_test(tests, reserves_memory_for_received_bytes_only);
	tcase_add_test(tests, reports_lack_of_memory);
	tcase_add_test(tests, writes_valid_frame_heads);
}
