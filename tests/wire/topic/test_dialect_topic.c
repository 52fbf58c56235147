#include <stdlib.h>

#include "tests/suite.h"
#include "tests/support/wire/decoded.h"
#include "wire/common/wire_text.h"
#include "wire/topic/dialect_topic.h"
#include "wire/topic/topic_content.h"

static const struct wire_context inside = {
	.json_depth = 32,
	.stage = WIRE_INSIDE,
};

START_TEST(connects_guests_with_a_burst_limit)
{
	const struct dialect *dialect = dialect_find(STR("topic"));

	ck_assert_ptr_eq(dialect, &dialect_topic);
	ck_assert_ptr_null(dialect->subprotocol);
	ck_assert_int_eq(dialect->ids, ID_HEX8);
	ck_assert_uint_eq(dialect->connect_flags,
	    COMMAND_GUEST | COMMAND_NO_LOBBY | COMMAND_NO_DM);
	ck_assert(!dialect->every_path);
	ck_assert_int_eq(dialect->idle_ms, 300000);
	ck_assert_uint_eq(dialect->burst_limit.messages, 60);
	ck_assert_int_eq(dialect->burst_limit.pause_ms, 60000);
	ck_assert_uint_eq(dialect->author_differs, 0);
}
END_TEST

/* {"message":"…"}, of so many units */
static struct decoded
topic_decode_long(const char *unit, size_t times, const char *last)
{
	size_t step = strlen(unit), len = strlen("{\"message\":\"");
	char *text = malloc(64 + step * times);
	struct decoded out;

	ck_assert_ptr_nonnull(text);
	strcpy(text, "{\"message\":\"");
	for (size_t i = 0; i < times; i++, len += step)
		memcpy(text + len, unit, step);
	strcpy(text + len, last);
	strcat(text, "\"}");
	out = decode_watched(&dialect_topic, &inside, str_from(text));
	free(text);
	return out;
}

/* Characters in several forms; the last one is removed. */
static const char *const units[] = { "a", "\\u0061", "\\\"", "\\n", "\xc3\xb6",
	"\\ud834\\udd1e", "\xf0\x9d\x84\x9e", "\\u0001" };

START_TEST(accepts_the_longest_message)
{
	struct decoded out;

	out = topic_decode_long(units[_i], TOPIC_MESSAGE_CHARS, "");
	ck_assert_int_eq(out.error, CHAT_OK);
	out = topic_decode_long(units[_i], TOPIC_MESSAGE_CHARS - 1, "\\u007f");
	ck_assert_int_eq(out.error, CHAT_OK);
	out = topic_decode_long(units[_i], TOPIC_MESSAGE_CHARS, "\\u007f");
	ck_assert_int_eq(out.error, CHAT_BAD_FIELD);
	ck_assert_uint_eq(out.command.flags & COMMAND_BURST_LIMITED,
	    COMMAND_BURST_LIMITED);
}
END_TEST

/* JSON that is not a string: [ö,ö,ö … */
static size_t
shown_characters(size_t times, bool *whole)
{
	static char body[3 + 3 * 10000];
	struct event event = {
		.kind = EVENT_MESSAGE,
		.room = STR("sports"),
		.member = STR("alice"),
		.body = { body, 0 },
	};
	struct wire_text out;
	const char *start, *end;
	size_t count = 0;

	body[event.body.len++] = '[';
	for (size_t i = 0; i < times; i++, event.body.len += 2)
		memcpy(body + event.body.len, "\xc3\xb6", 2);
	wire_text_init(&out);
	ck_assert(dialect_topic.encode(&event, VIEW_OTHERS, &out));
	wire_text_append(&out, STR("\0"));
	start = strstr(out.data, "\"message\":\"") + 11;
	end = strchr(start, '"');
	for (const char *at = start; at < end; at++)
		count += (*at & 0xc0) != 0x80;
	*whole = strncmp(end - 3, "…", 3) != 0;
	wire_text_fini(&out);
	return count;
}

START_TEST(cuts_long_messages_of_other_dialects)
{
	bool whole;

	ck_assert_uint_eq(shown_characters(TOPIC_MESSAGE_CHARS - 1, &whole),
	    TOPIC_MESSAGE_CHARS);
	ck_assert(whole);
	ck_assert_uint_eq(shown_characters(TOPIC_MESSAGE_CHARS, &whole),
	    TOPIC_MESSAGE_CHARS + 1);
	ck_assert(!whole);
}
END_TEST

START_TEST(refuses_a_very_long_type)
{
	static char text[70000] = "{\"type\":\"";
	struct decoded out;

	memset(text + strlen(text), 'a', 60000);
	strcat(text, "\"}");
	out = decode_watched(&dialect_topic, &inside, str_from(text));
	ck_assert_int_eq(out.error, CHAT_UNKNOWN_COMMAND);
	ck_assert_uint_eq(out.why.text.len,
	    strlen("Unknown message type: ") + 160);
	ck_assert_ptr_null(out.why.command.data);
}
END_TEST

SUITE(dialect_topic)
{
	tcase_add_test(tests, connects_guests_with_a_burst_limit);
	tcase_add_loop_test(tests, accepts_the_longest_message, 0,
	    COUNT_OF(units));
	tcase_add_test(tests, cuts_long_messages_of_other_dialects);
	tcase_add_test(tests, refuses_a_very_long_type);
}
