#include "tests/suite.h"
#include "tests/support/transport/session_rig.h"
#include "transport/session.h"
#include "wire/dialect.h"

#define STREAM_HELLO       \
	"\x2f\xdf\x1d\x50" \
	"0123456789abcdef"
#define STREAM_OPEN                            \
	STREAM_HELLO                           \
	"\x00\x00\x00\x00\x01\x00\x08messages" \
	"\x00\x00\x00\x00\x03\x00\x05"         \
	"files"
#define STREAM_LINE "\x02\x00\x00\x00\x01\x00\x01"

static const struct {
	const char *bytes;
	size_t len;
	bool is_whole;
} streams_sent[] = {
	{ STREAM_HELLO, 2, false },
	{ STREAM_HELLO, sizeof(STREAM_HELLO) - 1, false },
	{ STREAM_OPEN, sizeof(STREAM_OPEN) - 2, false },
	{ STREAM_OPEN STREAM_LINE "{", sizeof(STREAM_OPEN STREAM_LINE), false },
	{ STREAM_OPEN, sizeof(STREAM_OPEN) - 1, true },
	{ STREAM_OPEN STREAM_LINE "\n", sizeof(STREAM_OPEN STREAM_LINE), true },
	{ "", 0, true }, /* it may be a client that sends texts */
};

/* The second client keeps a line unfinished, but goes on with others. */
START_TEST(what_is_unfinished_has_a_deadline)
{
	struct endpoint *endpoint;

	session_rig_begin();
	endpoint = sessions_endpoint(session_rig.sessions);
	session_rig.rig.dialect = dialect_find(STR("dotnet"));
	session_rig.rig.limits.message_time_ms = 3000;
	session_rig_open(0);
	if (streams_sent[_i].len > 0)
		client_send_frame(&session_rig.clients[0], WS_BINARY,
		    streams_sent[_i].bytes, streams_sent[_i].len);
	client_send_frame(&session_rig.clients[1], WS_BINARY, STREAM_OPEN,
	    sizeof(STREAM_OPEN) - 1);
	for (int i = 0; i < 4; i++) {
		client_send_frame(&session_rig.clients[1], WS_BINARY,
		    STREAM_LINE "{" STREAM_LINE "}" STREAM_LINE "\n" STREAM_LINE
				"{",
		    4 * (sizeof(STREAM_LINE) - 1) + 4);
		rig_pass(&session_rig.rig, 1000);
		endpoint->ops->tick(endpoint);
		client_send_frame(&session_rig.clients[1], WS_BINARY,
		    STREAM_LINE "\n", sizeof(STREAM_LINE));
	}
	session_rig_turn(0);
	ck_assert_uint_eq(client_take_close(&session_rig.clients[0]),
	    streams_sent[_i].is_whole ? 0 : 1008);
	session_rig_turn(1);
	ck_assert_uint_eq(client_take_close(&session_rig.clients[1]), 0);
	ck_assert_uint_eq(session_rig.attached,
	    streams_sent[_i].len < sizeof(STREAM_OPEN) - 1 ? 1 : 2);
	session_rig_end();
}
END_TEST

SUITE(session_input)
{
	tcase_add_loop_test(tests, what_is_unfinished_has_a_deadline, 0,
	    COUNT_OF(streams_sent));
}
