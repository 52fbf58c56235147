#include "domain/chat_snapshot.h"

#include "persistence/memory/memory_history.h"
#include "tests/suite.h"
#include "tests/support/persistence/chat_rig.h"

#define DEN STR("den")

static const struct history_limits few = { .messages = 3 };

static void
den_add_message(struct chat_snapshot *chat, const char *body, const char *key)
{
	struct message message = {
		.at_ms = CHAT_RIG_NOW_MS,
		.author = STR("Ann"),
		.author_id = STR("u1"),
		.body = str_from(body),
		.key = key == NULL ? STR_ABSENT : str_from(key),
	};

	ck_assert_int_eq(history_append(chat->history, DEN, &message), CHAT_OK);
}

/* A room with a member, a guest, and four messages of which one is gone. */
static void
den_fill(struct chat_snapshot *chat, bool is_persistent)
{
	struct room den = {
		.id = "den",
		.name = "Den",
		.epoch = "e1",
		.persistent = is_persistent,
		.creator = "u1",
	};
	struct attribute reaction = {
		.kind = ATTRIBUTE_REACTION,
		.seq = 4,
		.subject = STR("u1"),
		.label = STR("+1"),
		.value = STR("Ann"),
	};

	member_store_put(chat->members,
	    &(struct member){
		.id = "u1", .name = "Ann", .is_user = true, .connections = 1 });
	member_store_put(chat->members,
	    &(struct member){ .id = "g1", .is_guest = true, .connections = 1 });
	room_store_put(chat->rooms, &den);
	history_open(chat->history, DEN, 0, is_persistent);
	room_store_join(chat->rooms, DEN, STR("u1"), false);
	room_store_join(chat->rooms, DEN, STR("g1"), true);
	member_store_rename(chat->members, STR("g1"), DEN, STR("Gus"));
	den_add_message(chat, "\"a\"", NULL);
	den_add_message(chat, "\"b\"", NULL);
	den_add_message(chat, "\"c\"", "k3");
	den_add_message(chat, "\"d\"", NULL);
	history_amend(chat->history, DEN, 2, STR(""), 0);
	history_amend(chat->history, DEN, 3, STR("\"C\""), 2000);
	attribute_store_set(chat->attributes, DEN, &reaction);
}

static bool
snapshot_read(struct chat_snapshot *chat, struct str bytes)
{
	struct unpacker from = { .rest = bytes };

	return chat_snapshot_unpack(chat, &from) && from.rest.len == 0;
}

START_TEST(holds_what_is_known_of_messages)
{
	struct chat_snapshot first, second;
	struct packer packer = { .len = 0 };
	struct history_span span;
	struct message message;
	struct attribute found;
	struct attribute reaction = { .kind = ATTRIBUTE_REACTION,
		.seq = 4,
		.subject = STR("u1"),
		.label = STR("+1") };

	chat_rig_init(&first, &few);
	chat_rig_init(&second, &few);
	den_fill(&first, true);
	ck_assert(chat_snapshot_pack(&first, &packer));
	chat_rig_transfer(&first, &second);
	ck_assert(snapshot_read(&second, packer_str(&packer)));
	chat_rigs_assert_equal(&first, &second);
	ck_assert_int_eq(history_span(second.history, DEN, 1000, &span),
	    CHAT_OK);
	ck_assert_uint_eq(span.first, 2);
	ck_assert_uint_eq(span.evicted, 1);
	ck_assert_uint_eq(span.last, 4);
	ck_assert(history_get(second.history, DEN, 2, 1000, &message));
	ck_assert(message.is_redacted);
	ck_assert(history_find_key(second.history, DEN, STR("k3"), 1000,
	    &message));
	ck_assert(str_equal(message.body, STR("\"C\"")));
	ck_assert_int_eq(message.edited_ms, 2000);
	ck_assert(attribute_store_find(second.attributes, DEN, &reaction,
	    &found));
	ck_assert(member_store_is_taken(second.members, DEN, STR("gus")));
	packer_fini(&packer);
	chat_rig_fini(&first);
	chat_rig_fini(&second);
}
END_TEST

START_TEST(numbers_of_messages_that_are_gone_are_not_given_again)
{
	struct chat_snapshot first, second;
	struct packer packer = { .len = 0 };
	struct history_span span;

	chat_rig_init(&first, &few);
	chat_rig_init(&second, &few);
	den_fill(&first, false);
	memory_history_trim(first.history, DEN, 4, 1000);
	ck_assert(chat_snapshot_pack(&first, &packer));
	ck_assert(snapshot_read(&second, packer_str(&packer)));
	ck_assert_int_eq(history_span(second.history, DEN, 1000, &span),
	    CHAT_OK);
	ck_assert_uint_eq(span.last, 4);
	ck_assert_int_eq(span.last_at_ms, 1000);
	packer_fini(&packer);
	chat_rig_fini(&first);
	chat_rig_fini(&second);
}
END_TEST

START_TEST(a_room_that_the_reader_keeps_gets_its_members_only)
{
	struct chat_snapshot first, second;
	struct packer packer = { .len = 0 };
	struct history_span span;

	chat_rig_init(&first, &few);
	chat_rig_init(&second, &few);
	first.keeps_rooms = second.keeps_rooms = true;
	den_fill(&first, true);
	ck_assert(chat_snapshot_pack(&first, &packer));
	/* The reader does not have it. */
	ck_assert(!snapshot_read(&second, packer_str(&packer)));
	chat_rig_fini(&second);
	chat_rig_init(&second, &few);
	second.keeps_rooms = true;
	room_store_put(second.rooms, &(struct room){ .id = "den",
					 .name = "Den",
					 .epoch = "e1",
					 .persistent = true });
	history_open(second.history, DEN, 0, true);
	ck_assert(snapshot_read(&second, packer_str(&packer)));
	ck_assert(room_store_has(second.rooms, DEN, STR("u1")));
	ck_assert_int_eq(history_span(second.history, DEN, 0, &span), CHAT_OK);
	ck_assert_uint_eq(span.last, 0);
	packer_fini(&packer);
	chat_rig_fini(&first);
	chat_rig_fini(&second);
}
END_TEST

START_TEST(a_part_is_refused_and_no_changed_byte_does_harm)
{
	struct chat_snapshot first, second;
	struct packer packer = { .len = 0 };

	chat_rig_init(&first, &few);
	den_fill(&first, true);
	ck_assert(chat_snapshot_pack(&first, &packer));
	for (size_t i = 0; i < packer.len; i++) {
		chat_rig_init(&second, &few);
		ck_assert(!snapshot_read(&second, str_slice(packer.bytes, i)));
		chat_rig_fini(&second);
		packer.bytes[i] ^= 1;
		chat_rig_init(&second, &few);
		(void)snapshot_read(&second, packer_str(&packer));
		chat_rig_fini(&second);
		packer.bytes[i] ^= 1;
	}
	packer_fini(&packer);
	chat_rig_fini(&first);
}
END_TEST

SUITE(chat_snapshot)
{
	tcase_add_test(tests, holds_what_is_known_of_messages);
	tcase_add_test(tests,
	    numbers_of_messages_that_are_gone_are_not_given_again);
	tcase_add_test(tests,
	    a_room_that_the_reader_keeps_gets_its_members_only);
	tcase_add_test(tests, a_part_is_refused_and_no_changed_byte_does_harm);
}
