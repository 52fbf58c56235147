/* The reader where permessage-deflate was agreed: RFC 7692 §6, §7.2. */
#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/ws_script.h"
#include "transport/ws/ws_deflate.h"

#define TEXT (FIN | WS_TEXT)
#define CONT (FIN | WS_CONTINUATION)
#define PING (FIN | WS_PING)
#define HELLO "\xf2\x48\xcd\xc9\xc9\x07\x00"
/* In one block without compression: the text's length, 7 bits of it. */
#define STORED(len, complement, text) \
	"\x00" len "\x00" complement "\xff" text "\x00"
#define MOST 64

static const struct {
	struct ws_script_frame frames[6];
	const char *message;
} scripts[] = {
	/* §7.2.3.1, whole and in fragments; RSV1 is in the first only. */
	{ { F(TEXT | RSV1, HELLO) }, "text Hello\n" },
	{ { F(WS_TEXT | RSV1, "\xf2\x48\xcd"), F(CONT, "\xc9\xc9\x07\x00") },
	    "text Hello\n" },
	{ { F(FIN | WS_BINARY | RSV1, HELLO) }, "binary Hello\n" },
	{ { F(TEXT | RSV1, HELLO), F(TEXT, "plain"), F(TEXT | RSV1, HELLO) },
	    "text Hello\ntext plain\ntext Hello\n" },
	{ { F(WS_TEXT | RSV1, "\xf2"), F(PING, "a"),
	      F(WS_CONTINUATION, "\x48\xcd\xc9"), F(PING, "b"),
	      F(CONT, "\xc9\x07\x00") },
	    "ping a\nping b\ntext Hello\n" },
	{ { F(WS_TEXT | RSV1, HELLO), F(CONT, "") }, "text Hello\n" },
	{ { F(WS_TEXT | RSV1, ""), F(CONT, HELLO) }, "text Hello\n" },
	/* A final block, and an empty message. */
	{ { F(TEXT | RSV1, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00") },
	    "text Hello\n" },
	{ { F(TEXT | RSV1, "\x00") }, "text \n" },
	{ { F(TEXT | RSV1, "") }, "text \n" },
	{ { F(WS_TEXT | RSV1, ""), F(CONT, "") }, "text \n" },
	/* §6.1: RSV1 belongs to the first frame of a message. */
	{ { F(WS_TEXT | RSV1, "\xf2\x48"), F(CONT | RSV1, "\xcd") },
	    "error 1002\n" },
	{ { F(WS_TEXT, "a"), F(CONT | RSV1, "b") }, "error 1002\n" },
	{ { F(PING | RSV1, HELLO) }, "error 1002\n" },
	{ { F(FIN | WS_CLOSE | RSV1, "") }, "error 1002\n" },
	{ { F(TEXT | RSV1 | RSV2, HELLO) }, "error 1002\n" },
	{ { F(TEXT | RSV3, HELLO) }, "error 1002\n" },
	/* The inflated message must be text. */
	{ { F(TEXT | RSV1, STORED("\x03", "\xfc", "a\xce\xba")) },
	    "text a\\xce\\xba\n" },
	{ { F(TEXT | RSV1, STORED("\x02", "\xfd", "a\xce")) }, "error 1007\n" },
	{ { F(TEXT | RSV1, STORED("\x01", "\xfe", "\xff")) }, "error 1007\n" },
	{ { F(FIN | WS_BINARY | RSV1, STORED("\x01", "\xfe", "\xff")) },
	    "binary \\xff\n" },
	/* The deflated bytes need not be text, in no piece. */
	{ { F(WS_TEXT | RSV1, "\xf2"), F(CONT, "\x48\xcd\xc9\xc9\x07\x00"),
	      F(TEXT, "\xce\xba") },
	    "text Hello\ntext \\xce\\xba\n" },
	/* No deflate data. */
	{ { F(TEXT, "a"), F(TEXT | RSV1, "garbage") }, "text a\nerror 1007\n" },
	{ { F(TEXT | RSV1, "\xf2\x48\xcd") }, "error 1007\n" },
	/* Too much before, and after it is inflated: 70 letters. */
	{ { F_LONG(TEXT | RSV1, HELLO, MOST + 1) }, "error 1009\n" },
	{ { F(WS_TEXT | RSV1, HELLO), F_LONG(CONT, "", MOST - 6) },
	    "error 1009\n" },
	{ { F(TEXT | RSV1, "\x4a\x4c\xa4\x06\x00\x00") }, "error 1009\n" },
};
static struct ws_inflater *inflater;

static void
make_inflater(void)
{
	inflater = ws_inflater_create(20, 65536);
	ck_assert_ptr_nonnull(inflater);
}

static void
destroy_inflater(void)
{
	ws_inflater_destroy(inflater);
}

static size_t
deflate_write_frames(const struct ws_script_frame *frames, uint8_t *out)
{
	size_t len = 0;

	for (; frames->payload != NULL; frames++)
		ws_script_write(frames, out, &len);
	return len;
}

START_TEST(reads_frames_split_anywhere)
{
	struct ws_reader_limits limits = { .message_bytes = MOST,
		.inflater = inflater };
	uint8_t data[512] = { 0 };
	size_t len = deflate_write_frames(scripts[_i].frames, data);

	for (size_t at = 0; at < len; at++) {
		/* In two pieces; at 0, byte by byte. */
		struct ws_script_split split = { .first = at,
			.rest = at == 0 ? 1 : 0 };
		char *message = ws_script_run(&limits, true, data, len, split);

		ck_assert_str_eq(message, scripts[_i].message);
		free(message);
	}
}
END_TEST

START_TEST(refuses_rsv1_unless_negotiated)
{
	const struct ws_script_frame frames[] = { F(TEXT | RSV1, HELLO),
		{ .payload = NULL } };
	struct ws_reader_limits limits = { .inflater = inflater };
	uint8_t data[512] = { 0 };
	size_t len = deflate_write_frames(frames, data);
	char *message;

	message = ws_script_run(&limits, false, data, len,
	    (struct ws_script_split){ 0 });
	ck_assert_str_eq(message, "error 1002\n");
	free(message);
	limits.inflater = NULL;
	message = ws_script_run(&limits, true, data, len,
	    (struct ws_script_split){ 0 });
	ck_assert_str_eq(message, "error 1002\n");
	free(message);
}
END_TEST

static void
deflate_note_error(void *arg, enum ws_close_code code, const char *why)
{
	(void)why;
	*(enum ws_close_code *)arg = code;
}

START_TEST(fails_with_1011_without_memory_to_inflate)
{
	static const struct ws_reader_ops ops = { .error = deflate_note_error };
	const struct ws_script_frame frame = F(TEXT | RSV1, HELLO);
	struct ws_reader_limits limits = { .inflater = inflater };
	enum ws_close_code code = WS_CLOSE_NORMAL;
	struct ws_reader reader;
	uint8_t data[64];
	size_t len = 0;

	ws_script_write(&frame, data, &len);
	ws_reader_init(&reader, true);
	malloc_fail_at(1);
	ws_reader_feed(&reader, &limits, &ops, &code, data, len);
	malloc_fail_at(0);
	ck_assert(malloc_has_failed());
	ck_assert_int_eq(code, WS_CLOSE_INTERNAL);
	ws_reader_fini(&reader, &limits);
}
END_TEST

SUITE(ws_message_deflate)
{
	tcase_add_checked_fixture(tests, make_inflater, destroy_inflater);
	tcase_add_loop_test(tests, reads_frames_split_anywhere, 0,
	    COUNT_OF(scripts));
	tcase_add_test(tests, refuses_rsv1_unless_negotiated);
	if (malloc_can_fail())
		tcase_add_test(tests,
		    fails_with_1011_without_memory_to_inflate);
}
