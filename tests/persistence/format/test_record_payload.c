#include "persistence/format/record_payload.h"

#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"

#define ROOM_FOR 512

static char bytes[ROOM_FOR];

static const struct room kitchen = { .id = "kitchen",
	.name = "The Kitchen",
	.epoch = "5d0c7a4411e09b3f",
	.persistent = true,
	.ttl_ms = 5000,
	.created_ms = 1700000000123,
	.active_ms = 1700000000456,
	.max_members = 12,
	.is_private = true,
	.is_moderated = true,
	.slow_ms = 3000,
	.creator = "umfrggzdfmztwq2lk",
	.origin = UINT64_C(0xcb00710900000000),
	.member_count = 3,
	.guest_count = 1 };

static const struct message hello = { .seq = 42,
	.at_ms = 1700000000123,
	.author = { "Zo\xc3\xab", 4 },
	.author_id = { "member7", 7 },
	.body = { "\"a\0b\"", 5 },
	.key = { "k-1", 3 } };

START_TEST(an_open_comes_back)
{
	struct open_payload in = { .boot_id = "fifteen letters",
		.policy = 2,
		.wall_ms = -5,
		.version = STR("parley/0.2.0") };
	struct open_payload out;
	size_t len = open_payload_write(bytes, &in);

	ck_assert(open_payload_read(str_slice(bytes, len), &out));
	ck_assert_mem_eq(out.boot_id, in.boot_id, BOOT_ID_SIZE);
	ck_assert_uint_eq(out.policy, 2);
	ck_assert_int_eq(out.wall_ms, -5);
	ck_assert(str_equal(out.version, in.version));
}
END_TEST

START_TEST(an_open_record_has_exactly_its_length)
{
	char version[PROGRAM_SIZE + 9] = "much longer than one would think";
	struct open_payload entry = { .version =
					  str_slice(version, sizeof(version)) };

	ck_assert_uint_eq(open_payload_write(bytes, &entry), OPEN_PAYLOAD_MOST);
	ck_assert(open_payload_read(str_slice(bytes, OPEN_PAYLOAD_MOST),
	    &entry));
	ck_assert_uint_eq(entry.version.len, PROGRAM_SIZE);
}
END_TEST

START_TEST(a_room_comes_back_empty)
{
	struct room out;
	size_t len = room_payload_write(bytes, &kitchen);

	ck_assert_uint_eq(len, room_payload_size(&kitchen));
	ck_assert(room_payload_read(str_slice(bytes, len), &out));
	ck_assert_str_eq(out.id, kitchen.id);
	ck_assert_str_eq(out.name, kitchen.name);
	ck_assert_str_eq(out.epoch, kitchen.epoch);
	ck_assert(out.persistent && out.is_private && out.is_moderated);
	ck_assert_int_eq(out.slow_ms, kitchen.slow_ms);
	ck_assert_str_eq(out.creator, kitchen.creator);
	ck_assert_uint_eq(out.origin, kitchen.origin);
	ck_assert_int_eq(out.ttl_ms, kitchen.ttl_ms);
	ck_assert_int_eq(out.created_ms, kitchen.created_ms);
	ck_assert_int_eq(out.active_ms, kitchen.active_ms);
	ck_assert_uint_eq(out.max_members, kitchen.max_members);
	ck_assert_uint_eq(out.member_count, 0);
	ck_assert_uint_eq(out.guest_count, 0);
}
END_TEST

START_TEST(a_message_comes_back_byte_by_byte)
{
	struct message out;
	struct str room;
	size_t len = message_payload_write(bytes, STR("kitchen"), &hello);

	ck_assert_uint_eq(len, message_payload_size(STR("kitchen"), &hello));
	ck_assert(message_payload_read(str_slice(bytes, len), &room, &out));
	ck_assert(str_equal(room, STR("kitchen")));
	ck_assert_uint_eq(out.seq, 42);
	ck_assert_int_eq(out.at_ms, hello.at_ms);
	ck_assert(str_equal(out.author, hello.author));
	ck_assert(str_equal(out.author_id, hello.author_id));
	ck_assert(str_equal(out.body, hello.body));
	ck_assert(str_equal(out.key, hello.key));
}
END_TEST

static const struct attribute edit = { .kind = ATTRIBUTE_EDIT,
	.seq = 42,
	.at_ms = 1700000000456,
	.value = { "Zo\xc3\xab", 4 },
	.by = { "member7", 7 },
	.body = { "\"c\0d\"", 5 } };

static const struct attribute reaction = { .kind = ATTRIBUTE_REACTION,
	.seq = 42,
	.at_ms = 1700000000456,
	.subject = { "member7", 7 },
	.label = { "+1", 2 },
	.value = { "Zo\xc3\xab", 4 },
	.by = { "member7", 7 } };

static void
assert_attribute_comes_back(const struct attribute *in)
{
	struct attribute out;
	struct str room;
	size_t len = attribute_payload_write(bytes, STR("kitchen"), in);

	ck_assert_uint_eq(len, attribute_payload_size(STR("kitchen"), in));
	ck_assert(attribute_payload_read(str_slice(bytes, len), &room, &out));
	ck_assert(str_equal(room, STR("kitchen")));
	ck_assert_int_eq(out.kind, in->kind);
	ck_assert_uint_eq(out.seq, in->seq);
	ck_assert_int_eq(out.at_ms, in->at_ms);
	ck_assert(str_equal(out.subject, in->subject));
	ck_assert(str_equal(out.label, in->label));
	ck_assert(str_equal(out.value, in->value));
	ck_assert(str_equal(out.by, in->by));
	ck_assert(str_equal(out.body, in->body));
}

START_TEST(an_attribute_comes_back)
{
	struct attribute removed = reaction;

	assert_attribute_comes_back(&edit);
	assert_attribute_comes_back(&reaction);
	removed.value = removed.by = STR_ABSENT;
	assert_attribute_comes_back(&removed);
}
END_TEST

START_TEST(a_message_without_body_comes_back)
{
	struct message in = hello, out;
	struct str room;
	size_t len;

	in.body = STR_ABSENT;
	len = message_payload_write(bytes, STR("kitchen"), &in);
	ck_assert(message_payload_read(str_slice(bytes, len), &room, &out));
	ck_assert_uint_eq(out.body.len, 0);
	ck_assert(str_equal(out.key, hello.key));
}
END_TEST

/* An attribute that no writer writes is not read. */
START_TEST(an_attribute_that_cannot_be_set_is_no_entry)
{
	static const struct {
		size_t at;
		char value;
	} changes[] = {
		{ 0, 0 },                  /* no kind */
		{ 0, 100 },                /* an unknown one */
		{ 1, 1 },                  /* 262 */
		{ 0, ATTRIBUTE_TOPIC },    /* not of a message */
		{ 8, 0 },                  /* no message */
		{ 23, '\xff' },            /* before 1970 */
		{ 0, ATTRIBUTE_REACTION }, /* with a body */
	};
	struct attribute out;
	struct str room;
	size_t len = attribute_payload_write(bytes, STR("kitchen"), &edit);

	bytes[changes[_i].at] = changes[_i].value;
	ck_assert(!attribute_payload_read(str_slice(bytes, len), &room, &out));
}
END_TEST

#define ATTRIBUTE_CHANGES 7

START_TEST(a_key_that_is_absent_stays_absent)
{
	struct message in = hello, out;
	struct str room;
	size_t len;

	in.key = (struct str){ 0 };
	len = message_payload_write(bytes, STR("kitchen"), &in);
	ck_assert(message_payload_read(str_slice(bytes, len), &room, &out));
	ck_assert_ptr_null(out.key.data);
}
END_TEST

START_TEST(the_small_ones_come_back)
{
	struct lost_range lost = { 3, 9, 4, 20 }, lost_out;
	struct str room;
	uint64_t seq, count;
	int64_t at_ms;
	size_t len;

	len = room_gone_payload_write(bytes, STR("attic"));
	ck_assert_uint_eq(len, room_gone_payload_size(STR("attic")));
	ck_assert(room_gone_payload_read(str_slice(bytes, len), &room));
	ck_assert(str_equal(room, STR("attic")));

	len = trim_payload_write(bytes, STR("attic"), 70, -1);
	ck_assert_uint_eq(len, trim_payload_size(STR("attic")));
	ck_assert(trim_payload_read(str_slice(bytes, len), &room, &seq,
	    &at_ms));
	ck_assert(str_equal(room, STR("attic")));
	ck_assert_uint_eq(seq, 70);
	ck_assert_int_eq(at_ms, -1);

	ck_assert_uint_eq(lost_payload_write(bytes, &lost), LOST_PAYLOAD_SIZE);
	ck_assert(lost_payload_read(str_slice(bytes, LOST_PAYLOAD_SIZE),
	    &lost_out));
	ck_assert_mem_eq(&lost, &lost_out, sizeof(lost));

	ck_assert_uint_eq(snap_end_payload_write(bytes, 500),
	    SNAP_END_PAYLOAD_SIZE);
	ck_assert(snap_end_payload_read(str_slice(bytes, SNAP_END_PAYLOAD_SIZE),
	    &count));
	ck_assert_uint_eq(count, 500);
}
END_TEST

START_TEST(a_room_of_an_earlier_version_has_no_creator)
{
	struct room was = kitchen, out;
	size_t len;

	was.is_private = was.is_moderated = false;
	was.slow_ms = 0;
	was.creator[0] = '\0';
	was.origin = 0;
	len = room_payload_write(bytes, &was);
	ck_assert_uint_eq(len, room_payload_size(&was));
	ck_assert_uint_eq(len, 5 * 8 + 2 + 7 + 2 + 11 + 2 + 16);
	ck_assert_int_eq(bytes[0], 1);
	ck_assert(room_payload_read(str_slice(bytes, len), &out));
	ck_assert(out.persistent && !out.is_private && !out.is_moderated);
	ck_assert_str_eq(out.creator, "");
	ck_assert_uint_eq(out.origin, 0);
}
END_TEST

static size_t
write_open(char *out)
{
	struct open_payload entry = { .version = STR("parley/0.2.0") };

	return open_payload_write(out, &entry);
}

static size_t
write_room(char *out)
{
	return room_payload_write(out, &kitchen);
}

static size_t
write_gone(char *out)
{
	return room_gone_payload_write(out, STR("attic"));
}

static size_t
write_message(char *out)
{
	return message_payload_write(out, STR("kitchen"), &hello);
}

static size_t
write_edit(char *to)
{
	return attribute_payload_write(to, STR("kitchen"), &edit);
}

static size_t
write_reaction(char *to)
{
	return attribute_payload_write(to, STR("kitchen"), &reaction);
}

static size_t
write_trim(char *out)
{
	return trim_payload_write(out, STR("attic"), 70, 5);
}

static size_t
write_lost(char *out)
{
	return lost_payload_write(out, &(struct lost_range){ 1, 2, 2, 0 });
}

static size_t
write_snap_end(char *out)
{
	return snap_end_payload_write(out, 9);
}

static bool
read_open(struct str payload)
{
	struct open_payload out;

	return open_payload_read(payload, &out);
}

static bool
payload_read_room(struct str payload)
{
	struct room out;

	return room_payload_read(payload, &out);
}

static bool
payload_read_gone(struct str payload)
{
	struct str room;

	return room_gone_payload_read(payload, &room);
}

static bool
payload_read_message(struct str payload)
{
	struct message out;
	struct str room;

	return message_payload_read(payload, &room, &out);
}

static bool
attribute_is_read(struct str payload)
{
	struct attribute out;
	struct str room;

	return attribute_payload_read(payload, &room, &out);
}

static bool
payload_read_trim(struct str payload)
{
	struct str room;
	uint64_t seq;
	int64_t at_ms;

	return trim_payload_read(payload, &room, &seq, &at_ms);
}

static bool
read_lost(struct str payload)
{
	struct lost_range out;

	return lost_payload_read(payload, &out);
}

static bool
read_snap_end(struct str payload)
{
	uint64_t count;

	return snap_end_payload_read(payload, &count);
}

static const struct {
	size_t (*write)(char *);
	bool (*read)(struct str);
} entries[] = {
	{ write_open, read_open },
	{ write_room, payload_read_room },
	{ write_gone, payload_read_gone },
	{ write_message, payload_read_message },
	{ write_edit, attribute_is_read },
	{ write_reaction, attribute_is_read },
	{ write_trim, payload_read_trim },
	{ write_lost, read_lost },
	{ write_snap_end, read_snap_end },
};

/* Each piece is a block of its own, so that a sanitizer sees its end. */
START_TEST(cut_anywhere_it_is_no_entry_and_longer_it_still_is)
{
	size_t whole = entries[_i].write(bytes);

	for (size_t len = 0; len <= whole + 8; len++) {
		char *some = calloc(1, len + 1);

		memcpy(some, bytes, len < whole ? len : whole);
		ck_assert_int_eq(entries[_i].read(str_slice(some, len)),
		    len >= whole);
		free(some);
	}
}
END_TEST

static const struct {
	bool (*read)(struct str);
	struct str payload;
} nonsense[] = {
	/* not an id */
	{ payload_read_gone, STR("\3\0a/b") },
	{ payload_read_gone, STR("\0\0") },
	{ payload_read_trim, STR("\1\0\0\0\0\0\0\0--------\1\0\0") },
	/* the number 0 */
	{ payload_read_message, STR("\0\0\0\0\0\0\0\0........\1\0a\0\0\0\0\0\0"
				    "\0\0\0\0") },
	/* a number that not every client can count to */
	{ payload_read_message, STR("\0\0\0\0\0\0\40\0........\1\0a\0\0\0\0\0\0"
				    "\0\0\0\0") },
	{ payload_read_trim, STR("\0\0\0\0\0\0\40\0--------\1\0a") },
	/* NUL in a name */
	{ payload_read_room, STR("1.......2.......3.......4.......5.......\1\0a"
				 "\2\0b\0\1\0c") },
	/* an epoch that is too long */
	{ payload_read_room,
	    STR("1.......2.......3.......4.......5.......\1\0a"
		"\1\0b\47\0ccccccccccccccccccccccccccccccccccccccc") },
	/* a range that runs backwards, and one that begins at 0 */
	{ read_lost, STR("\2\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0........--------") },
	{ read_lost, STR("\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0........--------") },
};

START_TEST(nonsense_is_no_entry)
{
	ck_assert(!nonsense[_i].read(nonsense[_i].payload));
}
END_TEST

SUITE(record_payload)
{
	tcase_add_test(tests, an_open_comes_back);
	tcase_add_test(tests, an_open_record_has_exactly_its_length);
	tcase_add_test(tests, a_room_comes_back_empty);
	tcase_add_test(tests, a_room_of_an_earlier_version_has_no_creator);
	tcase_add_test(tests, a_message_comes_back_byte_by_byte);
	tcase_add_test(tests, a_key_that_is_absent_stays_absent);
	tcase_add_test(tests, an_attribute_comes_back);
	tcase_add_test(tests, a_message_without_body_comes_back);
	tcase_add_loop_test(tests, an_attribute_that_cannot_be_set_is_no_entry,
	    0, ATTRIBUTE_CHANGES);
	tcase_add_test(tests, the_small_ones_come_back);
	tcase_add_loop_test(tests,
	    cut_anywhere_it_is_no_entry_and_longer_it_still_is, 0,
	    COUNT_OF(entries));
	tcase_add_loop_test(tests, nonsense_is_no_entry, 0, COUNT_OF(nonsense));
}
