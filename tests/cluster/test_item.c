#include "cluster/item.h"

#include <stdlib.h>

#include "tests/suite.h"

static struct item
command_item(void)
{
	static const struct principal principal = { .user_id = STR("ann"),
		.member_id = STR("uabcdefghijklmnopqrstuvwxyz") };

	return (struct item){ .kind = ITEM_COMMAND,
		.node = STR("n1.01234567"),
		.connection = 7,
		.seed = { 1, 2 },
		.command = { .kind = COMMAND_ROOM_CREATE,
		    .flags = COMMAND_PERSISTENT | COMMAND_MODERATED,
		    .rights = RIGHTS_USUAL,
		    .id_style = ID_UUID,
		    .author = STR("id1"),
		    .room = STR("den"),
		    .name = STR("Den"),
		    .topic = STR(""),
		    .ref = STR("1"),
		    .ttl_ms = 5,
		    .max_members = 6,
		    .slow_ms = -1,
		    .principal = &principal } };
}

static struct item
message_item(void)
{
	return (struct item){ .kind = ITEM_ENTRY,
		.node = STR("n1.01234567"),
		.command = { .kind = COMMAND_BROADCAST, .author = STR("id1") },
		.entry = { .kind = ENTRY_MESSAGE,
		    .room_id = STR("den"),
		    .message = { .author = STR("Ann"),
			.author_id = STR("id1"),
			.body = STR("\"hi\""),
			.key = STR("k") } } };
}

static struct item
epoch_item(void)
{
	return (struct item){ .kind = ITEM_EPOCH,
		.node = STR(""),
		.epoch = { STR("5d0c.1f"), STR("5d0c"), 17 } };
}

static struct item
attribute_item(void)
{
	return (struct item){ .kind = ITEM_ENTRY,
		.node = STR(""),
		.command = { .kind = COMMAND_REDACT,
		    .author = STR("id1"),
		    .reason = STR("rude") },
		.entry = { .kind = ENTRY_ATTRIBUTE,
		    .room_id = STR("den"),
		    .attribute = { .kind = ATTRIBUTE_REDACTION,
			.seq = 3,
			.value = STR("Ann"),
			.by = STR("id1"),
			.at_ms = 9 } } };
}

START_TEST(a_failed_login_comes_back)
{
	struct item item = { .kind = ITEM_FAILED_LOGIN,
		.node = STR("n1.01234567"),
		.login_keys = { UINT64_MAX, 1 } };
	struct packer packer = { .len = 0 };
	struct item back;

	ck_assert(item_pack(&item, &packer));
	ck_assert(item_unpack(packer_str(&packer), &back));
	ck_assert_int_eq(back.kind, ITEM_FAILED_LOGIN);
	ck_assert_uint_eq(back.login_keys[0], UINT64_MAX);
	ck_assert_uint_eq(back.login_keys[1], 1);
	packer_fini(&packer);
}
END_TEST

START_TEST(a_report_of_the_relay_comes_back)
{
	struct item item = { .kind = ITEM_RELAY,
		.node = STR("n1.01234567"),
		.relay = { .term = 3, .number = 4, .sent_ms = 5 } };
	struct packer packer = { .len = 0 };
	struct item back;

	ck_assert(item_pack(&item, &packer));
	ck_assert(item_unpack(packer_str(&packer), &back));
	ck_assert_int_eq(back.kind, ITEM_RELAY);
	ck_assert(str_equal(back.node, item.node));
	ck_assert_uint_eq(back.relay.term, 3);
	ck_assert_uint_eq(back.relay.number, 4);
	ck_assert_int_eq(back.relay.sent_ms, 5);
	for (size_t len = 0; len < packer.len; len++)
		ck_assert(!item_unpack(str_slice(packer.bytes, len), &back));
	packer_fini(&packer);
}
END_TEST

START_TEST(a_command_keeps_what_its_effects_need)
{
	struct item item = command_item(), back;
	const struct command *command = &back.command;
	struct packer packer = { .len = 0 };

	ck_assert(item_pack(&item, &packer));
	ck_assert(item_unpack(packer_str(&packer), &back));
	ck_assert(str_equal(back.node, item.node));
	ck_assert_uint_eq(back.connection, 7);
	ck_assert_uint_eq(back.seed[1], 2);
	ck_assert_int_eq(command->kind, COMMAND_ROOM_CREATE);
	ck_assert_uint_eq(command->flags, item.command.flags);
	ck_assert_uint_eq(command->rights, RIGHTS_USUAL);
	ck_assert_int_eq(command->id_style, ID_UUID);
	ck_assert(str_equal(command->author, STR("id1")));
	ck_assert(str_equal(command->name, STR("Den")));
	ck_assert(command->topic.data != NULL);
	ck_assert_ptr_null(command->scope.data);
	ck_assert_ptr_null(command->ref.data);
	ck_assert_int_eq(command->ttl_ms, 5);
	ck_assert_uint_eq(command->max_members, 6);
	ck_assert_int_eq(command->slow_ms, -1);
	ck_assert(str_equal(command->principal->user_id, STR("ann")));
	packer_fini(&packer);
}
END_TEST

START_TEST(entries_keep_what_all_nodes_publish)
{
	struct item message = message_item(), redacted = attribute_item(), back;
	struct packer packer = { .len = 0 };

	ck_assert(item_pack(&message, &packer));
	ck_assert(item_unpack(packer_str(&packer), &back));
	ck_assert(str_equal(back.entry.message.body, STR("\"hi\"")));
	ck_assert(str_equal(back.entry.message.key, STR("k")));
	ck_assert(str_equal(back.entry.message.author, STR("Ann")));
	ck_assert_int_eq(back.command.kind, COMMAND_BROADCAST);
	packer.len = 0;
	ck_assert(item_pack(&redacted, &packer));
	ck_assert(item_unpack(packer_str(&packer), &back));
	ck_assert_int_eq(back.entry.attribute.kind, ATTRIBUTE_REDACTION);
	ck_assert_uint_eq(back.entry.attribute.seq, 3);
	ck_assert(str_equal(back.command.reason, STR("rude")));
	packer_fini(&packer);
}
END_TEST

/* Copies, so that a sanitizer notices a byte too many. */
static bool
is_read(struct str bytes)
{
	char *copy = malloc(bytes.len + (bytes.len == 0));
	struct item item;
	bool ok;

	ck_assert_ptr_nonnull(copy);
	str_put(copy, bytes);
	ok = item_unpack(str_slice(copy, bytes.len), &item);
	free(copy);
	return ok;
}

/* Of users that are not id1. */
#define TALK                            \
	"@uaaaaaaaaaaaaaaaaaaaaaaaaaa+" \
	"ubbbbbbbbbbbbbbbbbbbbbbbbbb"

/* Commands that have no such entry in the log of a room. */
static const struct {
	enum command_kind command;
	enum entry_kind entry;
	const char *room;
} misfits[] = {
	{ COMMAND_CONNECT, ENTRY_MESSAGE, "den" },
	{ COMMAND_EDIT, ENTRY_MESSAGE, "den" },
	{ COMMAND_DM, ENTRY_MESSAGE, "den" },
	{ COMMAND_BROADCAST, ENTRY_ATTRIBUTE, "den" },
	{ COMMAND_ROLE, ENTRY_ATTRIBUTE, "den" },
	{ COMMAND_BROADCAST, ENTRY_MESSAGE, TALK },
	{ COMMAND_DM, ENTRY_MESSAGE, TALK }, /* the author is id1 */
};

START_TEST(an_entry_of_another_command_is_refused)
{
	struct item item = misfits[_i].entry == ENTRY_MESSAGE
			       ? message_item()
			       : attribute_item();
	struct packer packer = { .len = 0 };

	item.command.kind = misfits[_i].command;
	item.entry.room_id = str_from(misfits[_i].room);
	ck_assert(item_pack(&item, &packer));
	ck_assert(!is_read(packer_str(&packer)));
	packer_fini(&packer);
}
END_TEST

START_TEST(an_epoch_has_a_name)
{
	struct item item = epoch_item(), got;
	struct packer packer = { .len = 0 };

	ck_assert(item_pack(&item, &packer));
	ck_assert(item_unpack(packer_str(&packer), &got));
	ck_assert_int_eq(got.kind, ITEM_EPOCH);
	ck_assert(str_equal(got.epoch.name, STR("5d0c.1f")));
	ck_assert(str_equal(got.epoch.former, STR("5d0c")));
	ck_assert_uint_eq(got.epoch.former_seq, 17);
	packer_fini(&packer);
	packer = (struct packer){ .len = 0 };
	item.epoch.name = STR("");
	ck_assert(item_pack(&item, &packer));
	ck_assert(!is_read(packer_str(&packer)));
	packer_fini(&packer);
}
END_TEST

START_TEST(a_part_or_more_than_all_is_refused)
{
	struct item items[] = { command_item(), message_item(),
		attribute_item(), epoch_item() };
	struct packer packer = { .len = 0 };

	ck_assert(item_pack(&items[_i], &packer));
	for (size_t len = 0; len < packer.len; len++)
		ck_assert(!is_read(str_slice(packer.bytes, len)));
	pack_text(&packer, STR(""));
	ck_assert(!is_read(packer_str(&packer)));
	packer_fini(&packer);
}
END_TEST

START_TEST(no_changed_byte_does_harm)
{
	struct item items[] = { command_item(), message_item(),
		attribute_item(), epoch_item() };
	struct packer packer = { .len = 0 };

	ck_assert(item_pack(&items[_i], &packer));
	for (size_t i = 0; i < packer.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			packer.bytes[i] ^= (char)(1 << bit);
			(void)is_read(packer_str(&packer));
			packer.bytes[i] ^= (char)(1 << bit);
		}
	packer_fini(&packer);
}
END_TEST

SUITE(item)
{
	tcase_add_loop_test(tests, an_entry_of_another_command_is_refused, 0,
	    COUNT_OF(misfits));
	tcase_add_test(tests, a_failed_login_comes_back);
	tcase_add_test(tests, a_report_of_the_relay_comes_back);
	tcase_add_test(tests, a_command_keeps_what_its_effects_need);
	tcase_add_test(tests, entries_keep_what_all_nodes_publish);
	tcase_add_test(tests, an_epoch_has_a_name);
	tcase_add_loop_test(tests, a_part_or_more_than_all_is_refused, 0, 4);
	tcase_add_loop_test(tests, no_changed_byte_does_harm, 0, 4);
}
