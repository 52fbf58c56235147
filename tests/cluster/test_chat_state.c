#include "cluster/chat_state.h"

#include <stdlib.h>

#include "persistence/memory/memory_attributes.h"
#include "persistence/memory/memory_history.h"
#include "persistence/memory/memory_members.h"
#include "persistence/memory/memory_rooms.h"
#include "tests/suite.h"

static const struct history_limits no_limits;

/* The stores of one node. */
struct chat {
	struct chat_state state;
	struct nodes nodes;
	struct relay relay;
};

static void
chat_init(struct chat *chat)
{
	nodes_init(&chat->nodes, STR("n1.00000001"));
	chat->relay = (struct relay){ .term = 0 };
	chat->state = (struct chat_state){
		.members = memory_members_create(),
		.rooms = memory_rooms_create(),
		.history = memory_history_create(&no_limits),
		.attributes = memory_attributes_create(),
		.nodes = &chat->nodes,
		.relay = &chat->relay,
	};
}

static void
chat_fini(struct chat *chat)
{
	nodes_fini(&chat->nodes);
	history_destroy(chat->state.history);
	attribute_store_destroy(chat->state.attributes);
	room_store_destroy(chat->state.rooms);
	member_store_destroy(chat->state.members);
}

static void
attribute_put(struct chat *chat, enum attribute_kind kind, const char *subject,
    const char *value)
{
	struct attribute attribute = { .kind = kind,
		.subject = str_from(subject),
		.value = str_from(value),
		.at_ms = 4 };

	ck_assert_int_eq(attribute_store_set(chat->state.attributes, STR("den"),
			     &attribute),
	    CHAT_OK);
}

/* A user with two connections, a guest with its name, a moderated room. */
static void
chat_fill(struct chat *chat)
{
	struct chat_state *state = &chat->state;

	chat->relay = (struct relay){ 3, 4, 5, "n2.00000002" };
	struct room den = { .id = "den",
		.name = "Den",
		.epoch = "e1",
		.persistent = true,
		.is_moderated = true,
		.slow_ms = 3,
		.creator = "u1" };

	member_store_put(state->members, &(struct member){ .id = "u1",
					     .name = "Ann",
					     .in_lobby = true,
					     .is_user = true,
					     .connections = 1,
					     .since_ms = 17 });
	member_store_set_connections(state->members, STR("u1"), 2);
	member_store_put(state->members,
	    &(struct member){ .id = "g1", .is_guest = true, .connections = 1 });
	room_store_put(state->rooms, &den);
	history_open(state->history, STR("den"), 0, true);
	room_store_join(state->rooms, STR("den"), STR("g1"), true);
	room_store_join(state->rooms, STR("den"), STR("u1"), false);
	member_store_rename(state->members, STR("g1"), STR("den"), STR("Gus"));
	attribute_put(chat, ATTRIBUTE_TOPIC, "", "quiet");
	attribute_put(chat, ATTRIBUTE_ROLE, "u2", "muted");
	attribute_put(chat, ATTRIBUTE_ROLE, "u3", "banned");
	attribute_put(chat, ATTRIBUTE_READ, "u1", "5");
	nodes_add_connection(state->nodes, STR("n1.00000001"), 4, STR("u1"),
	    STR_ABSENT, RIGHTS_USUAL);
	nodes_add_connection(state->nodes, STR("n2.00000002"), 4, STR("u1"),
	    STR_ABSENT, RIGHTS_USUAL);
	nodes_add_connection(state->nodes, STR("n2.00000002"), 5, STR("g1"),
	    STR("u1"), RIGHTS_USUAL);
	state->newcomers = 9;
	ck_assert(place_parse(STR("12-0"), STR("cafe"), &state->place));
}

START_TEST(a_snapshot_holds_the_chat)
{
	struct chat first, second;
	struct packer once = { .len = 0 }, again = { .len = 0 };
	struct member member;
	struct attribute attribute;

	chat_init(&first);
	chat_init(&second);
	chat_fill(&first);
	ck_assert(chat_state_pack(&first.state, &once));
	ck_assert(chat_state_unpack(&second.state, packer_str(&once)));
	ck_assert(chat_state_pack(&second.state, &again));
	ck_assert(str_equal(packer_str(&once), packer_str(&again)));
	ck_assert_uint_eq(second.state.newcomers, 9);
	ck_assert_uint_eq(second.state.place.number, 12);
	ck_assert_int_eq(member_store_get(second.state.members, STR("g1"),
			     &member),
	    CHAT_OK);
	ck_assert_str_eq(member.name, "Gus");
	ck_assert(member_store_is_taken(second.state.members, STR("den"),
	    STR("gus")));
	ck_assert(nodes_has_local(&second.nodes, STR("u1")));
	ck_assert_str_eq(second.relay.node, "n2.00000002");
	ck_assert_uint_eq(second.relay.term, 3);
	ck_assert_uint_eq(second.relay.number, 4);
	ck_assert_int_eq(second.relay.sent_ms, 5);
	ck_assert(!nodes_has_local(&second.nodes, STR("g1")));
	/* It comes with the room's own log. */
	ck_assert(!attribute_store_get(second.state.attributes, STR("den"),
	    ATTRIBUTE_READ, STR("u1"), &attribute));
	packer_fini(&once);
	packer_fini(&again);
	chat_fini(&first);
	chat_fini(&second);
}
END_TEST

START_TEST(a_part_of_a_snapshot_is_refused)
{
	struct chat first, second;
	struct packer packer = { .len = 0 };

	chat_init(&first);
	chat_fill(&first);
	ck_assert(chat_state_pack(&first.state, &packer));
	for (size_t len = 0; len < packer.len; len++) {
		chat_init(&second);
		ck_assert(!chat_state_unpack(&second.state,
		    str_slice(packer.bytes, len)));
		chat_fini(&second);
	}
	packer_fini(&packer);
	chat_fini(&first);
}
END_TEST

START_TEST(no_changed_byte_of_a_snapshot_does_harm)
{
	struct chat first, second;
	struct packer packer = { .len = 0 };

	chat_init(&first);
	chat_fill(&first);
	ck_assert(chat_state_pack(&first.state, &packer));
	for (size_t i = 0; i < packer.len; i++) {
		packer.bytes[i] ^= 1;
		chat_init(&second);
		(void)chat_state_unpack(&second.state, packer_str(&packer));
		chat_fini(&second);
		packer.bytes[i] ^= 1;
	}
	packer_fini(&packer);
	chat_fini(&first);
}
END_TEST

SUITE(chat_state)
{
	tcase_add_test(tests, a_snapshot_holds_the_chat);
	tcase_add_test(tests, a_part_of_a_snapshot_is_refused);
	tcase_add_test(tests, no_changed_byte_of_a_snapshot_does_harm);
}
