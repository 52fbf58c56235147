#include "tests/support/persistence/chat_rig.h"

#include <check.h>

#include "domain/history_transfer.h"
#include "persistence/memory/memory_attributes.h"
#include "persistence/memory/memory_history.h"
#include "persistence/memory/memory_members.h"
#include "persistence/memory/memory_rooms.h"

static const struct chat_snapshot_messages in_memory = {
	.put = memory_history_put,
	.each_key = memory_history_each_key,
	.put_key = memory_history_put_key,
	.shrink = memory_history_shrink,
	.set_span = memory_history_set_span,
};

/* Processes may forget keys at different times. */
static void
no_key_visit(struct history *history, struct str room, uint64_t after_seq,
    history_visit *visit, void *arg)
{
	(void)history;
	(void)room;
	(void)after_seq;
	(void)visit;
	(void)arg;
}

static const struct chat_snapshot_messages without_keys = {
	.each_key = no_key_visit,
};

void
chat_rig_init(struct chat_snapshot *chat, const struct history_limits *limits)
{
	*chat = (struct chat_snapshot){
		.members = memory_members_create(),
		.rooms = memory_rooms_create(),
		.history = memory_history_create(limits),
		.attributes = memory_attributes_create(),
		.messages = &in_memory,
		.now_ms = CHAT_RIG_NOW_MS,
	};
	memory_attributes_follow(chat->attributes, chat->history);
}

void
chat_rig_fini(struct chat_snapshot *chat)
{
	history_destroy(chat->history);
	attribute_store_destroy(chat->attributes);
	room_store_destroy(chat->rooms);
	member_store_destroy(chat->members);
}

static void
messages_pack_all(const struct chat_snapshot *chat, struct packer *packer)
{
	struct commit_log log = { .ops = NULL };
	struct history_transfer *transfer = history_transfer_create(chat, &log);

	ck_assert_ptr_nonnull(transfer);
	ck_assert(history_transfer_pack(transfer, SIZE_MAX, chat->now_ms,
	    packer));
	history_transfer_destroy(transfer);
}

void
chat_rig_transfer(const struct chat_snapshot *from, struct chat_snapshot *to)
{
	struct packer packer = { .len = 0 };
	struct unpacker unpacker;

	messages_pack_all(from, &packer);
	unpacker = (struct unpacker){ .rest = packer_str(&packer) };
	ck_assert(history_transfer_unpack(to, &unpacker));
	ck_assert_uint_eq(unpacker.rest.len, 0);
	packer_fini(&packer);
}

static void
chat_pack_all(const struct chat_snapshot *chat, struct packer *packer)
{
	struct chat_snapshot keyless = *chat;

	keyless.messages = &without_keys;
	ck_assert(chat_snapshot_pack(&keyless, packer));
	messages_pack_all(&keyless, packer);
}

/* The same bytes mean the same chat. */
void
chat_rigs_assert_equal(const struct chat_snapshot *a,
    const struct chat_snapshot *b)
{
	struct packer one = { .len = 0 }, other = { .len = 0 };

	chat_pack_all(a, &one);
	chat_pack_all(b, &other);
	ck_assert(str_equal(packer_str(&one), packer_str(&other)));
	packer_fini(&one);
	packer_fini(&other);
}
