#include "transport/ws/ws_message.h"

#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/ws_script.h"

#define TEXT (FIN | WS_TEXT)
#define BINARY (FIN | WS_BINARY)
#define CONT (FIN | WS_CONTINUATION)
#define CLOSE (FIN | WS_CLOSE)
#define PING (FIN | WS_PING)
#define PONG (FIN | WS_PONG)
#define K125                                                                  \
	"0123456789012345678901234567890123456789012345678901234567890123456" \
	"7890123456789012345678901234567890123456789012345678901234"
#define KAPPA "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"
#define KAPPA_MESSAGE "\\xce\\xba\\xe1\\xbd\\xb9\\xcf\\x83\\xce\\xbc\\xce\\xb5"

/* Frames of a client, and the callbacks they lead to. */
static const struct {
	struct ws_script_frame frames[8]; /* up to the first without payload */
	const char *message;
} scripts[] = {
	/* §5.7, masked as a client has to. */
	{ { F(TEXT, "Hello") }, "text Hello\n" },
	{ { F(WS_TEXT, "Hel"), F(CONT, "lo") }, "text Hello\n" },
	{ { F(PING, "Hello") }, "ping Hello\n" },
	{ { F(PONG, "Hello") }, "pong Hello\n" },
	{ { F(TEXT, "") }, "text \n" },
	{ { F(BINARY, "") }, "binary \n" },
	{ { F(BINARY, "\xff\x00\xfe") }, "binary \\xff\\x00\\xfe\n" },
	{ { F(TEXT, "a"), F(TEXT, "b"), F(BINARY, "c") },
	    "text a\ntext b\nbinary c\n" },
	{ { F(TEXT, K125 "6") }, "text " K125 "6\n" },

	/* Control frames: §5.5. */
	{ { F(PING, "") }, "ping \n" },
	{ { F(PING, "\x00\xff\xfe") }, "ping \\x00\\xff\\xfe\n" },
	{ { F(PING, K125) }, "ping " K125 "\n" },
	{ { F(PING, K125 "6") }, "error 1002\n" },
	{ { F(PONG, K125 "6") }, "error 1002\n" },
	{ { F(CLOSE, "\x03\xe8" K125) }, "error 1002\n" },
	{ { F(WS_PING, "a") }, "error 1002\n" },
	{ { F(WS_PONG, "a"), F(CONT, "b") }, "error 1002\n" },
	{ { F(WS_CLOSE, "") }, "error 1002\n" },

	/* Reserved bits: §5.2. Frames before them are valid. */
	{ { F(TEXT | RSV1, "a") }, "error 1002\n" },
	{ { F(TEXT, "a"), F(TEXT | RSV2, "b"), F(PING, "") },
	    "text a\nerror 1002\n" },
	{ { F(TEXT, "a"), F(TEXT | RSV3, "b") }, "text a\nerror 1002\n" },
	{ { F(PING | RSV1, "a") }, "error 1002\n" },
	{ { F(PING | RSV2 | RSV3, "a") }, "error 1002\n" },
	{ { F(CLOSE | RSV1 | RSV2 | RSV3, "") }, "error 1002\n" },

	/* Reserved opcodes. */
	{ { F(FIN | 3, "") }, "error 1002\n" },
	{ { F(TEXT, "a"), F(FIN | 4, "b") }, "text a\nerror 1002\n" },
	{ { F(FIN | 7, "b") }, "error 1002\n" },
	{ { F(TEXT, "a"), F(FIN | 0xb, ""), F(PING, "") },
	    "text a\nerror 1002\n" },
	{ { F(FIN | 0xf, "b") }, "error 1002\n" },

	/* Masks: §5.1. Lengths: §5.2. */
	{ { F_BARE(TEXT, "Hello") }, "error 1002\n" },
	{ { F_BARE(PING, "") }, "error 1002\n" },
	{ { F_LONG(BINARY, "", UINT64_MAX) }, "error 1002\n" },
	{ { F_LONG(BINARY, "", INT64_MAX) }, "error 1009\n" },

	/* Fragments: §5.4. */
	{ { F(WS_TEXT, "a"), F(WS_CONTINUATION, "b"), F(CONT, "c") },
	    "text abc\n" },
	{ { F(WS_BINARY, "a"), F(CONT, "\xff") }, "binary a\\xff\n" },
	{ { F(WS_TEXT, ""), F(WS_CONTINUATION, ""), F(CONT, "") }, "text \n" },
	{ { F(WS_TEXT, ""), F(WS_CONTINUATION, "middle"), F(CONT, "") },
	    "text middle\n" },
	{ { F(WS_TEXT, ""), F(CONT, "last") }, "text last\n" },
	{ { F(WS_TEXT, "a"), F(PING, "p"), F(CONT, "b") },
	    "ping p\ntext ab\n" },
	{ { F(WS_TEXT, "a"), F(PING, "p"), F(WS_CONTINUATION, "b"),
	      F(PONG, "q"), F(CONT, "c"), F(TEXT, "d") },
	    "ping p\npong q\ntext abc\ntext d\n" },
	{ { F(WS_TEXT, "a"), F(TEXT, "b") }, "error 1002\n" },
	{ { F(WS_TEXT, "a"), F(WS_BINARY, "b") }, "error 1002\n" },
	{ { F(WS_TEXT, ""), F(TEXT, "") }, "error 1002\n" },
	{ { F(CONT, "a"), F(TEXT, "b") }, "error 1002\n" },
	{ { F(WS_CONTINUATION, ""), F(CONT, "") }, "error 1002\n" },
	{ { F(TEXT, "a"), F(CONT, "b") }, "text a\nerror 1002\n" },

	/* UTF-8: §8.1, and the end of a text is the end of a character. */
	{ { F(TEXT, KAPPA) }, "text " KAPPA_MESSAGE "\n" },
	{ { F(WS_TEXT, "\xce"), F(CONT, "\xba") }, "text \\xce\\xba\n" },
	{ { F(WS_TEXT, "\xf0"), F(PING, ""), F(WS_CONTINUATION, "\x9f\x98"),
	      F(CONT, "\x80") },
	    "ping \ntext \\xf0\\x9f\\x98\\x80\n" },
	{ { F(TEXT, "\xf4\x8f\xbf\xbf") }, "text \\xf4\\x8f\\xbf\\xbf\n" },
	{ { F(TEXT, "a\xce") }, "error 1007\n" },
	{ { F(WS_TEXT, "a\xce"), F(CONT, "") }, "error 1007\n" },
	{ { F(TEXT, "\xce"), F(TEXT, "\xba") }, "error 1007\n" },
	{ { F(TEXT, "\xed\xa0\x80") }, "error 1007\n" },
	{ { F(TEXT, "\xf4\x90\x80\x80") }, "error 1007\n" },
	{ { F(TEXT, "\xc0\x80") }, "error 1007\n" },
	/* The rest of the frame is not waited for. */
	{ { F_LONG(WS_TEXT, KAPPA "\xf4\x90", 30) }, "error 1007\n" },
	{ { F(WS_TEXT, KAPPA), F_LONG(CONT, "\xff", 9) }, "error 1007\n" },
	{ { F(WS_TEXT, "a"), F(PING, "\xff"), F(CONT, "\xff") },
	    "ping \\xff\nerror 1007\n" },

	/* Closing: §5.5.1, §7.4. Nothing counts behind it. */
	{ { F(CLOSE, "") }, "close 1005 \n" },
	{ { F(CLOSE, "\x03\xe8") }, "close 1000 \n" },
	{ { F(CLOSE, "\x03\xe8"
		     "bye") },
	    "close 1000 bye\n" },
	{ { F(CLOSE, "\x13\x87" KAPPA) }, "close 4999 " KAPPA_MESSAGE "\n" },
	{ { F(CLOSE, "\x03\xe8"), F(TEXT, "a"), F(CLOSE, "") },
	    "close 1000 \n" },
	{ { F(CLOSE, ""), F(FIN | 0xf, "garbage") }, "close 1005 \n" },
	{ { F(WS_TEXT, "half"), F(CLOSE, "\x03\xe8"), F(CONT, "b") },
	    "close 1000 \n" },
	{ { F(CLOSE, "\x03") }, "error 1002\n" },
	{ { F(CLOSE, "\x00\x00") }, "error 1002\n" },
	{ { F(CLOSE, "\x03\xed") }, "error 1002\n" },
	{ { F(CLOSE, "\x03\xe8\xce\xba\xe1\xbd") }, "error 1007\n" },
	{ { F(CLOSE, "\x03\xe8\xff") }, "error 1007\n" },
};
#define MOST 1024

static const struct ws_reader_limits limits = { .message_bytes = MOST };

/* Up to `most` frames, or the first that has no payload. */
static size_t
script_write_frames(const struct ws_script_frame *frames, size_t most,
    uint8_t out[MOST])
{
	size_t len = 0;

	memset(out, 0, MOST);
	for (size_t i = 0; i < most && frames[i].payload != NULL; i++)
		ws_script_write(&frames[i], out, &len);
	return len;
}

#define WRITE(frames, out) script_write_frames(frames, COUNT_OF(frames), out)

static void
transcript_expect(const struct ws_reader_limits *given, const uint8_t *data,
    size_t len, struct ws_script_split split, const char *message)
{
	char *transcript = ws_script_run(given, false, data, len, split);

	ck_assert_str_eq(transcript, message);
	free(transcript);
}

START_TEST(reads_frames_split_anywhere)
{
	uint8_t data[MOST];
	size_t len = WRITE(scripts[_i].frames, data);

	transcript_expect(&limits, data, len, (struct ws_script_split){ 0 },
	    scripts[_i].message);
	transcript_expect(&limits, data, len,
	    (struct ws_script_split){ .rest = 1 }, scripts[_i].message);
	for (size_t at = 1; at < len; at++)
		transcript_expect(&limits, data, len,
		    (struct ws_script_split){ .first = at },
		    scripts[_i].message);
}
END_TEST

START_TEST(another_reader_goes_on_anywhere)
{
	uint8_t data[MOST];
	size_t len = WRITE(scripts[_i].frames, data);

	transcript_expect(&limits, data, len,
	    (struct ws_script_split){ .rest = 1, .moves = true },
	    scripts[_i].message);
}
END_TEST

/* Fails at the byte itself: no later one is needed, no earlier one is enough.
 */
START_TEST(fails_a_text_at_its_first_invalid_byte)
{
	struct ws_script_frame frame = F_LONG(WS_TEXT, KAPPA "\xf4\x90", 100);
	uint8_t data[MOST];
	size_t len = script_write_frames(&frame, 1, data);

	transcript_expect(&limits, data, len - 1,
	    (struct ws_script_split){ .rest = 1 }, "");
	transcript_expect(&limits, data, len,
	    (struct ws_script_split){ .rest = 1 }, "error 1007\n");
}
END_TEST

static bool
is_valid_to_send(unsigned code)
{
	static const unsigned valid[] = { 1000, 1001, 1002, 1003, 1007, 1008,
		1009, 1010, 1011, 1012, 1013, 1014 };

	for (size_t i = 0; i < COUNT_OF(valid); i++)
		if (code == valid[i])
			return true;
	return code >= 3000 && code <= 4999;
}

START_TEST(validates_close_codes)
{
	for (unsigned code = 0; code <= 65535; code++)
		ck_assert_int_eq(ws_close_code_is_valid(code),
		    is_valid_to_send(code));
}
END_TEST

START_TEST(counts_the_bytes_of_all_frames_against_the_limit)
{
	struct ws_reader_limits small = { .message_bytes = 10 };
	const struct ws_script_frame frames[] = {
		F(WS_TEXT, "12345678"),
		F(PING, "12345678901234567890"),
		F(CONT, "90"),
		F(WS_TEXT, "1234567890"),
		F(WS_CONTINUATION, ""),
		F_LONG(CONT, "", 1),
	};
	uint8_t data[MOST];
	size_t len = WRITE(frames, data);

	transcript_expect(&small, data, len,
	    (struct ws_script_split){ .rest = 1 },
	    "ping 12345678901234567890\ntext 1234567890\nerror 1009\n");
}
END_TEST

START_TEST(limits_the_fragments_of_one_message)
{
	const struct ws_script_frame frames[] = { F(WS_TEXT, "a"),
		F(WS_CONTINUATION, "b"), F(PING, ""), F(CONT, ""),
		F(WS_TEXT, "a"), F(WS_CONTINUATION, "b"), F(PING, ""),
		F(WS_CONTINUATION, ""), F(CONT, "c") };
	struct ws_reader_limits few = { .fragments = 3 };
	uint8_t data[MOST];
	size_t len = WRITE(frames, data);

	transcript_expect(&few, data, len, (struct ws_script_split){ 0 },
	    "ping \ntext ab\nping \nerror 1008\n");
}
END_TEST

/* The last message, and the number of messages. */
struct received {
	enum ws_close_code error;
	size_t messages;
	size_t len;
	const char *data;
};

static bool
receive_message(void *arg, enum ws_opcode kind, char *data, size_t len)
{
	struct received *received = arg;

	(void)kind;
	received->messages++;
	received->data = data;
	received->len = len;
	return true;
}

static bool
receive_control(void *arg, const char *data, size_t len)
{
	(void)arg;
	(void)data;
	(void)len;
	return true;
}

static void
reader_note_error(void *arg, enum ws_close_code code, const char *why)
{
	struct received *received = arg;

	(void)why;
	received->error = code;
}

static const struct ws_reader_ops receive = {
	.message = receive_message,
	.ping = receive_control,
	.error = reader_note_error,
};

/*
 * A message in fragments of one size, with 128 free fragments: how many are
 * read before it is refused, or all.
 */
static size_t
count_fragments_of(size_t size, size_t count)
{
	struct ws_reader_limits few = { .fragments = 128 };
	uint8_t data[512];
	char payload[256];
	struct received received = { 0 };
	struct ws_reader reader;
	size_t read = 0;

	memset(payload, 'x', sizeof(payload));
	ws_reader_init(&reader, false);
	for (; read < count; read++) {
		bool is_last = read == count - 1;
		struct ws_script_frame part = {
			.first = (is_last ? FIN : 0) |
				 (read == 0 ? WS_TEXT : WS_CONTINUATION),
			.payload = payload,
			.len = size,
		};
		size_t len = 0;

		ws_script_write(&part, data, &len);
		ws_reader_feed(&reader, &few, &receive, &received, data, len);
		if (received.error != 0)
			break;
	}
	ws_reader_fini(&reader, &few);
	return read;
}

/* As the compressor of Go and its JSON encoders write them. */
START_TEST(does_not_limit_fragments_of_64_bytes_and_more)
{
	ck_assert_uint_eq(count_fragments_of(240, 5000), 5000);
	ck_assert_uint_eq(count_fragments_of(64, 5000), 5000);
}
END_TEST

START_TEST(limits_small_fragments_by_their_bytes)
{
	ck_assert_uint_eq(count_fragments_of(0, 5000), 128);
	ck_assert_uint_eq(count_fragments_of(1, 5000), 130);
	/* 32 bytes each: every second one is paid for. */
	ck_assert_uint_eq(count_fragments_of(32, 5000), 255);
}
END_TEST

START_TEST(does_not_copy_a_message_in_one_piece)
{
	const struct ws_script_frame frame = F(TEXT, "Hello");
	struct received received = { .messages = 0 };
	size_t held = 0;
	struct ws_reader_limits counted = { .buffered = &held };
	struct ws_reader reader;
	uint8_t data[MOST];
	size_t len = script_write_frames(&frame, 1, data);

	ws_reader_init(&reader, false);
	malloc_fail_at(1);
	ws_reader_feed(&reader, &counted, &receive, &received, data, len);
	malloc_fail_at(0);
	ck_assert(!malloc_has_failed());
	ck_assert_ptr_eq(received.data, (char *)data + len - 5);
	ck_assert_mem_eq(received.data, "Hello", 5);
	ck_assert(!ws_reader_is_busy(&reader));
	ws_reader_fini(&reader, &counted);
}
END_TEST

START_TEST(is_busy_while_a_frame_or_message_is_incomplete)
{
	const struct ws_script_frame frames[] = { F(WS_TEXT, "a"), F(CONT, "b"),
		F(PING, "c") };
	struct received received = { .messages = 0 };
	struct ws_reader reader;
	uint8_t data[MOST];
	size_t ends[3], len = 0;

	for (size_t i = 0; i < 3; i++) {
		ws_script_write(&frames[i], data, &len);
		ends[i] = len;
	}
	ws_reader_init(&reader, false);
	ck_assert(!ws_reader_is_busy(&reader));
	for (size_t i = 0; i < len; i++) {
		ck_assert_uint_eq(ws_reader_feed(&reader, &limits, &receive,
				      &received, data + i, 1),
		    1);
		ck_assert_int_eq(ws_reader_is_busy(&reader),
		    i + 1 != ends[1] && i + 1 != ends[2]);
	}
	ws_reader_fini(&reader, &limits);
}
END_TEST

/* Many pieces are as cheap as few, and end in as much. */
START_TEST(joins_65536_fragments_in_linear_time)
{
	static uint8_t data[16 + WS_FRAME_HEAD_MAX];
	const struct ws_script_frame first = F(WS_BINARY, "0123456789abcdef");
	struct received received = { .messages = 0 };
	struct ws_reader_limits none = { .message_bytes = 0 };
	struct ws_reader reader;

	ws_reader_init(&reader, false);
	for (unsigned i = 0; i < 65536; i++) {
		struct ws_script_frame frame = first;
		size_t len = 0;

		if (i > 0)
			frame.first = i == 65535 ? CONT : WS_CONTINUATION;
		ws_script_write(&frame, data, &len);
		ck_assert_uint_eq(ws_reader_feed(&reader, &none, &receive,
				      &received, data, len),
		    len);
	}
	ck_assert_uint_eq(received.messages, 1);
	ck_assert_uint_eq(received.len, 1 << 20);
	ck_assert_uint_eq(ws_reader_buffered(&reader), 0);
	ws_reader_fini(&reader, &none);
}
END_TEST

/* Nothing is taken on the strength of a length alone. */
START_TEST(buffers_what_arrived_not_what_was_announced)
{
	const struct ws_script_frame frame =
	    F_LONG(BINARY, "0123456789", 1 << 30);
	struct ws_reader_limits none = { .message_bytes = 0 };
	struct received received = { .messages = 0 };
	struct ws_reader reader;
	uint8_t data[MOST];
	size_t len = script_write_frames(&frame, 1, data);

	ws_reader_init(&reader, false);
	ck_assert_uint_eq(ws_reader_feed(&reader, &none, &receive, &received,
			      data, len),
	    len);
	ck_assert_uint_le(ws_reader_buffered(&reader), 64);
	ws_reader_fini(&reader, &none);
}
END_TEST

#define ALLOCATIONS 13 /* for the bytes of the next test, one by one */

START_TEST(fails_with_1011_when_there_is_no_memory)
{
	const struct ws_script_frame frames[] = { F(WS_TEXT, "Hello"),
		F(PING, K125), F(CONT, K125) };
	struct received received = { .messages = 0 };
	struct ws_reader reader;
	uint8_t data[MOST];
	size_t len = WRITE(frames, data), held = 0;
	struct ws_reader_limits counted = { .buffered = &held };

	ws_reader_init(&reader, false);
	malloc_fail_at((unsigned)_i);
	for (size_t i = 0; i < len && received.error == 0; i++)
		ws_reader_feed(&reader, &counted, &receive, &received, data + i,
		    1);
	malloc_fail_at(0);
	ck_assert(malloc_has_failed());
	ck_assert_int_eq(received.error, WS_CLOSE_INTERNAL);
	ck_assert_uint_eq(held, 0);
	ws_reader_fini(&reader, &counted);
}
END_TEST

static bool
end_reader(void *arg, enum ws_opcode kind, char *data, size_t len)
{
	struct ws_reader *reader = arg;

	(void)kind;
	(void)data;
	(void)len;
	ws_reader_fini(reader, &limits);
	memset(reader, 0xff, sizeof(*reader));
	return false;
}

START_TEST(lets_a_callback_end_the_reader)
{
	static const struct ws_reader_ops ops = { .message = end_reader };
	const struct ws_script_frame frames[] = { F(WS_TEXT, "a"), F(CONT, "b"),
		F(TEXT, "c") };
	struct ws_reader reader;
	uint8_t data[MOST];
	size_t len = WRITE(frames, data);

	ws_reader_init(&reader, false);
	ck_assert_uint_lt(ws_reader_feed(&reader, &limits, &ops, &reader, data,
			      len),
	    len);
}
END_TEST

static bool
stop_after_message(void *arg, enum ws_opcode kind, char *data, size_t len)
{
	receive_message(arg, kind, data, len);
	return false;
}

static bool
stop_after_control(void *arg, const char *data, size_t len)
{
	(void)arg;
	(void)data;
	(void)len;
	return false;
}

/* The rest is fed later, as it is. */
START_TEST(stops_after_a_callback_and_continues_there)
{
	static const struct ws_reader_ops ops = {
		.message = stop_after_message,
		.ping = stop_after_control,
		.error = reader_note_error,
	};
	const struct ws_script_frame frames[] = { F(TEXT, "one"),
		F(PING, "two"), F(WS_TEXT, "thr"), F(CONT, "ee"),
		F(TEXT, "four") };
	struct received received = { .messages = 0 };
	struct ws_reader reader;
	uint8_t data[MOST];
	size_t len = WRITE(frames, data), at = 0, stops = 0;

	ws_reader_init(&reader, false);
	while (at < len) {
		at += ws_reader_feed(&reader, &limits, &ops, &received,
		    data + at, len - at);
		ck_assert(!ws_reader_is_busy(&reader));
		stops++;
	}
	ck_assert_uint_eq(stops, 4);
	ck_assert_uint_eq(received.messages, 3);
	ck_assert_int_eq(received.error, 0);
	ck_assert_mem_eq(received.data, "four", 4);
	ws_reader_fini(&reader, &limits);
}
END_TEST

START_TEST(writes_the_payload_of_a_close_frame)
{
	char out[WS_CONTROL_MAX];

	ck_assert_uint_eq(ws_close_payload(WS_CLOSE_NO_STATUS, STR("unheard"),
			      out),
	    0);
	ck_assert_uint_eq(ws_close_payload(WS_CLOSE_SLOW_CONSUMER, STR("slow"),
			      out),
	    6);
	ck_assert_mem_eq(out, "\x10\x06slow", 6);
	ck_assert_uint_eq(ws_close_payload(1000, STR(""), out), 2);
	ck_assert_mem_eq(out, "\x03\xe8", 2);
}
END_TEST

START_TEST(cuts_a_long_reason_between_two_characters)
{
	char out[WS_CONTROL_MAX], reason[200];

	memset(reason, 'a', sizeof(reason));
	ck_assert_uint_eq(ws_close_payload(1000, str_slice(reason, 123), out),
	    125);
	ck_assert_uint_eq(ws_close_payload(1000, str_slice(reason, 200), out),
	    125);
	memcpy(reason + 120, "\xf0\x9f\x98\x80", 4);
	ck_assert_uint_eq(ws_close_payload(1000, str_slice(reason, 200), out),
	    122);
	memset(reason, 'a', sizeof(reason));
	memcpy(reason + 119, "\xf0\x9f\x98\x80", 4);
	ck_assert_uint_eq(ws_close_payload(1000, str_slice(reason, 200), out),
	    125);
}
END_TEST

SUITE(ws_message)
{
	tcase_add_loop_test(tests, reads_frames_split_anywhere, 0,
	    COUNT_OF(scripts));
	tcase_add_loop_test(tests, another_reader_goes_on_anywhere, 0,
	    COUNT_OF(scripts));
	tcase_add_test(tests, fails_a_text_at_its_first_invalid_byte);
	tcase_add_test(tests, validates_close_codes);
	tcase_add_test(tests, counts_the_bytes_of_all_frames_against_the_limit);
	tcase_add_test(tests, limits_the_fragments_of_one_message);
	tcase_add_test(tests, does_not_limit_fragments_of_64_bytes_and_more);
	tcase_add_test(tests, limits_small_fragments_by_their_bytes);
	tcase_add_test(tests, does_not_copy_a_message_in_one_piece);
	tcase_add_test(tests, is_busy_while_a_frame_or_message_is_incomplete);
	tcase_add_test(tests, joins_65536_fragments_in_linear_time);
	tcase_add_test(tests, buffers_what_arrived_not_what_was_announced);
	if (malloc_can_fail())
		tcase_add_loop_test(tests,
		    fails_with_1011_when_there_is_no_memory, 1,
		    ALLOCATIONS + 1);
	tcase_add_test(tests, lets_a_callback_end_the_reader);
	tcase_add_test(tests, stops_after_a_callback_and_continues_there);
	tcase_add_test(tests, writes_the_payload_of_a_close_frame);
	tcase_add_test(tests, cuts_a_long_reason_between_two_characters);
}
