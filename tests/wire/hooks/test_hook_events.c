#include "wire/hooks/hook_events.h"

#include "tests/suite.h"
#include "wire/common/wire_text.h"
#include "wire/json/json_reader.h"

#define MESSAGE(...)                                                       \
	{                                                                  \
		.kind = ENTRY_MESSAGE, .room_id = STR("tea"), .message = { \
			.seq = 7,                                          \
			.at_ms = 5,                                        \
			.author = STR("Ada"),                              \
			.author_id = STR("id1"),                           \
			__VA_ARGS__                                        \
		}                                                          \
	}

#define SET(...)                                                               \
	{                                                                      \
		.kind = ENTRY_ATTRIBUTE, .room_id = STR("tea"), .attribute = { \
			.at_ms = 5,                                            \
			.by = STR("id1"),                                      \
			__VA_ARGS__                                            \
		}                                                              \
	}

#define HEAD(word) "{\"event\":\"" word "\",\"number\":3,\"at\":5"
#define PLACE ",\"room\":\"tea\",\"epoch\":\"e1\""
#define WHO ",\"member\":\"Ada\",\"member_id\":\"id1\""

static const struct {
	struct entry entry;
	bool has_no_room;
	const char *reason;   /* of the requester; NULL: there is none */
	const char *expected; /* NULL: it is not sent */
} entries[] = {
	{ .entry = MESSAGE(.body = STR("{\"a\":1}")),
	    .expected = HEAD("message") PLACE ",\"seq\":7" WHO
					      ",\"message\":{\"a\":1}}" },
	{ .entry = MESSAGE(.body = STR("\"x\""), .key = STR("k\"")),
	    .has_no_room = true,
	    .expected =
		HEAD("message") ",\"room\":\"tea\",\"seq\":7" WHO
				",\"key\":\"k\\\"\",\"message\":\"x\"}" },
	/* A store has only that there was one. */
	{ .entry = MESSAGE(.is_redacted = true),
	    .expected = HEAD("message") PLACE ",\"seq\":7" WHO "}" },
	{ .entry = { .kind = ENTRY_MESSAGE,
	      .room_id = STR("tea"),
	      .is_duplicate = true } },
	{ .entry = { .kind = ENTRY_MESSAGE,
	      .room_id = STR("@uaaaaaaaaaaaaaaaaaaaaaaaaaa+"
			     "ubbbbbbbbbbbbbbbbbbbbbbbbbb") } },
	{ .entry = { .kind = ENTRY_BARRIER } },
	{ .entry = { .kind = ENTRY_ROOM_CREATED, .room_id = STR("tea") },
	    .expected =
		"{\"event\":\"room_created\",\"number\":3,\"at\":4" PLACE
		",\"name\":\"Tea\",\"persistent\":true,\"private\":false,"
		"\"creator\":\"id9\"}" },
	{ .entry = { .kind = ENTRY_ROOM_REMOVED, .room_id = STR("tea") },
	    .expected = "{\"event\":\"room_deleted\",\"number\":3,\"at\":9,"
			"\"room\":\"tea\"}" },
	{ .entry = SET(.kind = ATTRIBUTE_TOPIC, .value = STR("T")),
	    .expected =
		HEAD("topic") PLACE ",\"by_id\":\"id1\",\"topic\":\"T\"}" },
	{ .entry = SET(.kind = ATTRIBUTE_TOPIC),
	    .expected =
		HEAD("topic") PLACE ",\"by_id\":\"id1\",\"topic\":\"\"}" },
	{ .entry = SET(.kind = ATTRIBUTE_SLOW, .value = STR("500")),
	    .expected =
		HEAD("slow") PLACE ",\"by_id\":\"id1\",\"slow_ms\":500}" },
	{ .entry = SET(.kind = ATTRIBUTE_SLOW, .value = STR("}")),
	    .expected =
		HEAD("slow") PLACE ",\"by_id\":\"id1\",\"slow_ms\":0}" },
	{ .entry = SET(.kind = ATTRIBUTE_ROLE, .subject = STR("id2"),
	      .value = STR("moderator")),
	    .expected = HEAD("role") PLACE
	    ",\"member_id\":\"id2\",\"role\":\"moderator\","
	    "\"by_id\":\"id1\"}" },
	{ .entry = SET(.kind = ATTRIBUTE_ROLE, .subject = STR("id2"),
	      .value = STR("member banned 99")),
	    .reason = "spam",
	    .expected = HEAD("banned") PLACE
	    ",\"member_id\":\"id2\",\"role\":\"member\",\"until\":99,"
	    "\"by_id\":\"id1\",\"reason\":\"spam\"}" },
	{ .entry = SET(.kind = ATTRIBUTE_ROLE, .subject = STR("id2"),
	      .value = STR("voice muted 0")),
	    .expected = HEAD("muted") PLACE
	    ",\"member_id\":\"id2\",\"role\":\"voice\",\"by_id\":\"id1\"}" },
	{ .entry = SET(.kind = ATTRIBUTE_MEMBER, .subject = STR("id2"),
	      .value = STR("Bob")),
	    .expected = HEAD("member_added") PLACE
	    ",\"member\":\"Bob\",\"member_id\":\"id2\",\"by_id\":\"id1\"}" },
	{ .entry = SET(.kind = ATTRIBUTE_MEMBER, .subject = STR("id2")),
	    .expected = HEAD("member_removed") PLACE
	    ",\"member_id\":\"id2\",\"by_id\":\"id1\"}" },
	{ .entry = SET(.kind = ATTRIBUTE_READ, .subject = STR("id2"),
	      .value = STR("7")) },
	{ .entry =
		SET(.kind = ATTRIBUTE_REDACTION, .seq = 7, .value = STR("Ada")),
	    .reason = "typo",
	    .expected = HEAD("redacted") PLACE ",\"seq\":7" WHO
					       ",\"reason\":\"typo\"}" },
	{ .entry = SET(.kind = ATTRIBUTE_EDIT, .seq = 7, .value = STR("Ada"),
	      .body = STR("\"y\"")),
	    .expected =
		HEAD("edited") PLACE ",\"seq\":7" WHO ",\"message\":\"y\"}" },
	{ .entry = SET(.kind = ATTRIBUTE_REACTION, .seq = 7,
	      .subject = STR("id1"), .label = STR("+"), .value = STR("Ada")),
	    .expected =
		HEAD("reacted") PLACE ",\"seq\":7" WHO ",\"reaction\":\"+\"}" },
	{ .entry = SET(.kind = ATTRIBUTE_REACTION, .seq = 7,
	      .subject = STR("id1"), .label = STR("+")),
	    .expected = HEAD("reacted") PLACE
	    ",\"seq\":7,\"member_id\":\"id1\",\"reaction\":\"+\","
	    "\"removed\":true}" },
};

static const struct hook_stamp stamp = { .number = 3, .at_ms = 9 };

static const struct room tea = {
	.id = "tea",
	.name = "Tea",
	.epoch = "e1",
	.persistent = true,
	.created_ms = 4,
	.creator = "id9",
	.member_count = 2,
};

static const struct member ada = { .id = "id1", .name = "Ada" };
static struct wire_text out;

/* It is also valid JSON. */
static void
out_expect(const char *expected)
{
	struct str text = str_slice(out.data, out.len);

	ck_assert(!out.failed);
	ck_assert_msg(str_equal(text, str_from(expected)), "%.*s",
	    (int)text.len, text.data);
	ck_assert(json_is_value(text, 8, NULL));
	wire_text_reset(&out);
}

static void
setup(void)
{
	wire_text_init(&out);
}

static void
teardown(void)
{
	wire_text_fini(&out);
}

START_TEST(writes_an_entry)
{
	struct command requester = { .kind = COMMAND_NOOP };
	const char *reason = entries[_i].reason;
	bool is_sent = hook_put_entry(&out, &stamp, &entries[_i].entry,
	    entries[_i].has_no_room ? NULL : &tea,
	    reason == NULL ? NULL : &requester);

	ck_assert_int_eq(is_sent, entries[_i].expected != NULL);
	if (!is_sent)
		return;
	if (reason != NULL) {
		wire_text_reset(&out);
		requester.reason = str_from(reason);
		hook_put_entry(&out, &stamp, &entries[_i].entry, &tea,
		    &requester);
	}
	out_expect(entries[_i].expected);
}
END_TEST

START_TEST(writes_who_is_where)
{
	hook_put_connection(&out, &stamp, "connected", &ada, 12, 3);
	out_expect("{\"event\":\"connected\",\"number\":3,\"at\":9,"
		   "\"member\":\"Ada\",\"member_id\":\"id1\",\"user\":false,"
		   "\"connection\":12,\"generation\":3}");
	hook_put_stay(&out, &stamp, "left", &ada, &tea, 2);
	out_expect("{\"event\":\"left\",\"number\":3,\"at\":9,"
		   "\"room\":\"tea\",\"member\":\"Ada\",\"member_id\":\"id1\","
		   "\"members\":2,\"generation\":2}");
	hook_put_emptied(&out, &stamp, &tea);
	out_expect("{\"event\":\"room_emptied\",\"number\":3,\"at\":9,"
		   "\"room\":\"tea\",\"persistent\":true}");
	hook_put_started(&out, &stamp);
	out_expect("{\"event\":\"started\",\"number\":3,\"at\":9}");
	hook_put_gap(&out, &stamp, 17);
	out_expect("{\"event\":\"gap\",\"number\":3,\"at\":9,\"lost\":17}");
}
END_TEST

START_TEST(writes_what_no_log_has)
{
	struct event kicked = {
		.kind = EVENT_KICKED,
		.room = STR("tea"),
		.member = STR("Bob"),
		.member_id = STR("id2"),
		.by = STR("Ada"),
		.by_id = STR("id1"),
		.reason = STR("spam"),
	};
	struct event message = {
		.kind = EVENT_MESSAGE,
		.member = STR("Ada"),
		.member_id = STR("id1"),
		.body = STR("[1]"),
	};

	hook_put_event(&out, &stamp, &kicked);
	out_expect("{\"event\":\"kicked\",\"number\":3,\"at\":9,"
		   "\"room\":\"tea\",\"member\":\"Bob\",\"member_id\":\"id2\","
		   "\"by\":\"Ada\",\"by_id\":\"id1\",\"reason\":\"spam\"}");
	hook_put_event(&out, &stamp, &message);
	out_expect("{\"event\":\"message\",\"number\":3,\"at\":9" WHO
		   ",\"message\":[1]}");
}
END_TEST

SUITE(hook_events)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, writes_an_entry, 0, COUNT_OF(entries));
	tcase_add_test(tests, writes_who_is_where);
	tcase_add_test(tests, writes_what_no_log_has);
}
