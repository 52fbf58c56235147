#include "domain/event_copy.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/suite.h"

#define TEXTS_MOST 64
#define TEXT_SIZE 16

/* Every text of an event is in here, and is overwritten before a copy is
 * looked at. */
static char texts[TEXTS_MOST][TEXT_SIZE];
static size_t text_count;

static struct str
text(const char *word)
{
	ck_assert_uint_lt(text_count, TEXTS_MOST);
	snprintf(texts[text_count], TEXT_SIZE, "%s", word);
	return str_from(texts[text_count++]);
}

static struct message messages[2];
static struct room_entry rooms[2];
static struct str names[3];

static void
fill_lists(void)
{
	for (size_t i = 0; i < 2; i++)
		messages[i] = (struct message){ .seq = i + 1,
			.at_ms = 7,
			.author = text("author"),
			.author_id = text("author id"),
			.body = text("said"),
			.key = i == 0 ? text("key") : STR_ABSENT,
			.lsn = 9 };
	for (size_t i = 0; i < 2; i++)
		rooms[i] = (struct room_entry){ .id = text("entry id"),
			.name = text("entry name"),
			.members = i };
	for (size_t i = 0; i < 3; i++)
		names[i] = text(i == 1 ? "" : "name");
}

/* An event of which everything is set, whatever its kind needs. */
static struct event
full_event(enum event_kind kind)
{
	text_count = 0;
	fill_lists();
	return (struct event){ .kind = kind,
		.lsn = 5,
		.ref = text("ref"),
		.room = text("room"),
		.room_name = text("room name"),
		.epoch = text("epoch"),
		.seq = 3,
		.at_ms = 4,
		.member = text("member"),
		.member_id = text("member id"),
		.was = text("was"),
		.body = text("body"),
		.recipients = 1,
		.names = { names, 3, true },
		.page = { messages, 2, true },
		.recovery = { .asked = true, .missing_last = 8 },
		.rooms = { rooms, 2 },
		.profile = { .server = text("server"),
		    .durability = text("durability") },
		.failure = { .error = CHAT_UNAVAILABLE,
		    .command = text("command"),
		    .text = text("text"),
		    .field = text("field") },
		.bye = { .code = 1001, .reason = text("reason") } };
}

static void
assert_text(struct str text, const char *expected)
{
	ck_assert_ptr_nonnull(text.data);
	ck_assert_uint_eq(text.len, strlen(expected));
	ck_assert(str_equal(text, str_from(expected)));
}

static void
assert_texts(const struct event *copy)
{
	assert_text(copy->ref, "ref");
	assert_text(copy->room, "room");
	assert_text(copy->room_name, "room name");
	assert_text(copy->epoch, "epoch");
	assert_text(copy->member, "member");
	assert_text(copy->member_id, "member id");
	assert_text(copy->was, "was");
	assert_text(copy->body, "body");
	assert_text(copy->profile.server, "server");
	assert_text(copy->profile.durability, "durability");
	assert_text(copy->failure.command, "command");
	assert_text(copy->failure.text, "text");
	assert_text(copy->failure.field, "field");
	assert_text(copy->bye.reason, "reason");
}

static void
assert_lists(const struct event *copy)
{
	ck_assert_uint_eq(copy->page.count, 2);
	ck_assert(copy->page.more);
	for (size_t i = 0; i < 2; i++) {
		const struct message *message = &copy->page.items[i];

		ck_assert_uint_eq(message->seq, i + 1);
		ck_assert_uint_eq(message->lsn, 9);
		assert_text(message->author, "author");
		assert_text(message->author_id, "author id");
		assert_text(message->body, "said");
	}
	assert_text(copy->page.items[0].key, "key");
	ck_assert_ptr_null(copy->page.items[1].key.data);
	ck_assert_uint_eq(copy->rooms.count, 2);
	assert_text(copy->rooms.items[1].id, "entry id");
	assert_text(copy->rooms.items[1].name, "entry name");
	ck_assert_uint_eq(copy->rooms.items[1].members, 1);
	ck_assert_uint_eq(copy->names.count, 3);
	assert_text(copy->names.items[0], "name");
	assert_text(copy->names.items[1], "");
	ck_assert(copy->names.left_out);
}

/* In a place that ends where the copy is to end. */
static struct event *
copy_of(const struct event *event)
{
	void *place = malloc(event_size(event));

	ck_assert_ptr_nonnull(place);
	return event_copy(event, place);
}

START_TEST(copies_every_text)
{
	struct event event = full_event((enum event_kind)_i);
	struct event *copy = copy_of(&event);

	memset(texts, '?', sizeof(texts));
	memset(messages, 0, sizeof(messages));
	memset(rooms, 0, sizeof(rooms));
	memset(names, 0, sizeof(names));
	ck_assert_int_eq(copy->kind, _i);
	ck_assert_uint_eq(copy->lsn, 5);
	ck_assert_uint_eq(copy->recovery.missing_last, 8);
	assert_texts(copy);
	assert_lists(copy);
	free(copy);
}
END_TEST

START_TEST(absent_texts_stay_absent)
{
	struct event event = { .kind = EVENT_PONG, .at_ms = 1 };
	struct event *copy = copy_of(&event);

	ck_assert_ptr_null(copy->ref.data);
	ck_assert_ptr_null(copy->body.data);
	ck_assert_uint_eq(copy->names.count, 0);
	ck_assert_uint_eq(event_size(&event), sizeof(event));
	free(copy);
}
END_TEST

/* One of a page that was cut at its front. */
START_TEST(copies_only_the_page)
{
	struct event event = full_event(EVENT_HISTORY);
	struct event *copy;

	event.page.items++;
	event.page.count = 1;
	copy = copy_of(&event);
	ck_assert_uint_eq(copy->page.items[0].seq, 2);
	free(copy);
}
END_TEST

SUITE(event_copy)
{
	tcase_add_loop_test(tests, copies_every_text, 0, EVENT_KINDS);
	tcase_add_test(tests, absent_texts_stay_absent);
	tcase_add_test(tests, copies_only_the_page);
}
