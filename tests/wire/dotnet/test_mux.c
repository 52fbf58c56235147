#include "wire/dotnet/mux.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

#define PEER                                                               \
	"\x2f\xdf\x1d\x50\xb2\xa1\x28\x5d\x07\x68\x04\xe2\xc4\xc8\xb3\xa1" \
	"\xd1\x8c\xf5\xeb"

/* What was read, a line for each frame. */
struct received {
	char text[4096];
	size_t len;
	bool is_new; /* the next payload is that of another frame */
};

static void received_add(struct received *received, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
received_add(struct received *received, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	received->len += (size_t)vsnprintf(received->text + received->len,
	    sizeof(received->text) - received->len, format, args);
	va_end(args);
	ck_assert_uint_lt(received->len, sizeof(received->text));
}

static const char *const failures[] = {
	[MUX_BAD_MAGIC] = "bad magic",
	[MUX_NO_ODD] = "no odd",
	[MUX_TOO_LONG] = "too long",
};

/* False: an error was found. */
static bool
mux_feed(struct mux_reader *reader, struct str input, struct received *received)
{
	for (;;) {
		bool was_in_frame = reader->in_frame;
		enum mux_result result = mux_read(reader, &input);
		struct str payload;

		switch (result) {
		case MUX_SHORT:
			ck_assert_uint_eq(input.len, 0);
			return true;
		case MUX_HELLO:
			received_add(received, "hello\n");
			break;
		case MUX_FRAME:
			if (!was_in_frame)
				received_add(received, "%u %u ", reader->code,
				    reader->channel);
			payload = mux_take(reader, &input,
			    mux_available(reader, input));
			received_add(received, "%.*s", (int)payload.len,
			    payload.len > 0 ? payload.data : "");
			if (!reader->in_frame)
				received_add(received, "\n");
			break;
		default:
			received_add(received, "%s\n", failures[result]);
			return false;
		}
	}
}

#define BYTES(literal)                       \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

static const struct {
	struct str bytes;
	const char *received;
} streams[] = {
	{ BYTES(PEER), "hello\n" },
	{ BYTES(PEER "\x00\x00\x00\x00\x01\x00\x08messages"
		     "\x00\x00\x00\x00\x03\x00\x05"
		     "files"),
	    "hello\n0 1 messages\n0 3 files\n" },
	{ BYTES(PEER "\x01\x00\x00\x00\x01\x00\x00"
		     "\x02\x00\x00\x00\x01\x00\x02{}"
		     "\x03\x00\x00\x00\x01\x00\x00"
		     "\x04\x01\x02\x03\x04\x00\x00"),
	    "hello\n1 1 \n2 1 {}\n3 1 \n4 16909060 \n" },
	{ BYTES(PEER "\xff\xff\xff\xff\xff\x00\x01x"),
	    "hello\n255 4294967295 x\n" },
	{ BYTES(PEER "\x02\x00\x00\x00\x01\x50\x01"), "hello\ntoo long\n" },
	{ BYTES(PEER "\x00\x00\x00\x00\x01\xff\xff"), "hello\ntoo long\n" },
	{ BYTES("\x2f\xdf\x1d\x50\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	    "no odd\n" },
	{ BYTES("\x2f\xdf\x1d\x50\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"),
	    "hello\n" },
	{ BYTES("\x2f\xdf\x1d\x51"), "bad magic\n" },
	{ BYTES("{\"Type\""), "bad magic\n" },
};

START_TEST(reads_frames_of_a_stream)
{
	struct mux_reader reader = { .head_len = 0 };
	struct received received = { .len = 0 };

	mux_feed(&reader, streams[_i].bytes, &received);
	ck_assert_str_eq(received.text, streams[_i].received);
}
END_TEST

START_TEST(reads_the_same_byte_by_byte)
{
	struct mux_reader reader = { .head_len = 0 };
	struct received received = { .len = 0 };
	struct str bytes = streams[_i].bytes;

	for (size_t i = 0; i < bytes.len; i++)
		if (!mux_feed(&reader, str_slice(bytes.data + i, 1), &received))
			break;
	ck_assert_str_eq(received.text, streams[_i].received);
}
END_TEST

START_TEST(reads_the_same_split_anywhere)
{
	struct str bytes = streams[_i].bytes;

	for (size_t at = 0; at <= bytes.len; at++) {
		struct mux_reader reader = { .head_len = 0 };
		struct received received = { .len = 0 };

		if (mux_feed(&reader, str_slice(bytes.data, at), &received))
			mux_feed(&reader,
			    str_slice(bytes.data + at, bytes.len - at),
			    &received);
		ck_assert_str_eq(received.text, streams[_i].received);
	}
}
END_TEST

/* A wrong magic number is found with its first byte. */
START_TEST(does_not_wait_for_a_whole_magic_number)
{
	struct mux_reader reader = { .head_len = 0 };
	struct str input = STR("G");

	ck_assert_int_eq(mux_read(&reader, &input), MUX_BAD_MAGIC);
}
END_TEST

START_TEST(writes_the_first_bytes_and_frames)
{
	struct wire_text text;

	wire_text_init(&text);
	mux_put_hello(&text);
	mux_put_frame(&text, MUX_ACCEPT, 0x01020304);
	ck_assert_uint_eq(text.len, 27);
	ck_assert_mem_eq(text.data,
	    "\x2f\xdf\x1d\x50\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	    "\x01\x01\x02\x03\x04\x00\x00",
	    27);
	wire_text_fini(&text);
}
END_TEST

static const size_t lengths[] = { 1, 100, MUX_PAYLOAD_MOST - 1,
	MUX_PAYLOAD_MOST, MUX_PAYLOAD_MOST + 1, 2 * MUX_PAYLOAD_MOST,
	5 * MUX_PAYLOAD_MOST + 17 };

static struct wire_text
text_of_length(size_t len)
{
	struct wire_text text;
	char *at;

	wire_text_init(&text);
	at = wire_text_reserve(&text, len);
	ck_assert_ptr_nonnull(at);
	for (size_t i = 0; i < len; i++)
		at[i] = (char)('a' + i % 23);
	text.len = len;
	return text;
}

START_TEST(wraps_a_text_of_any_length)
{
	size_t len = lengths[_i], at = 0;
	struct wire_text plain = text_of_length(len);
	struct wire_text text = text_of_length(len);
	struct mux_reader reader = { .has_hello = true };
	struct str input;

	mux_wrap_content(&text, 3);
	ck_assert(!text.failed);
	input = str_slice(text.data, text.len);
	while (mux_read(&reader, &input) == MUX_FRAME) {
		struct str payload =
		    mux_take(&reader, &input, mux_available(&reader, input));

		ck_assert_uint_eq(reader.channel, 3);
		ck_assert_int_eq(reader.code, MUX_CONTENT);
		ck_assert_uint_gt(payload.len, 0);
		ck_assert_mem_eq(payload.data, plain.data + at, payload.len);
		at += payload.len;
	}
	ck_assert_uint_eq(at, len);
	ck_assert_uint_eq(input.len, 0);
	wire_text_fini(&text);
	wire_text_fini(&plain);
}
END_TEST

START_TEST(reports_a_lack_of_memory_to_wrap)
{
	struct wire_text text;

	if (!malloc_can_fail())
		return;
	text = text_of_length(1024);
	malloc_fail_at(1);
	mux_wrap_content(&text, 3);
	malloc_fail_at(0);
	ck_assert(text.failed);
	wire_text_fini(&text);
}
END_TEST

SUITE(mux)
{
	tcase_add_loop_test(tests, reads_frames_of_a_stream, 0,
	    COUNT_OF(streams));
	tcase_add_loop_test(tests, reads_the_same_byte_by_byte, 0,
	    COUNT_OF(streams));
	tcase_add_loop_test(tests, reads_the_same_split_anywhere, 0,
	    COUNT_OF(streams));
	tcase_add_test(tests, does_not_wait_for_a_whole_magic_number);
	tcase_add_test(tests, writes_the_first_bytes_and_frames);
	tcase_add_loop_test(tests, wraps_a_text_of_any_length, 0,
	    COUNT_OF(lengths));
	tcase_add_test(tests, reports_a_lack_of_memory_to_wrap);
}
