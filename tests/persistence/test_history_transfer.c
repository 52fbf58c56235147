#include "domain/history_transfer.h"

#include <stdio.h>

#include "persistence/memory/memory_history.h"
#include "persistence/memory/memory_log.h"
#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/persistence/chance.h"
#include "tests/support/persistence/chat_rig.h"

#define DEN STR("den")

static const struct history_limits unlimited = { .messages = 0 };

/* A chat that continues, and its copy in another process. */
struct pair {
	struct chat_snapshot from, to;
	struct commit_log *log;
	struct history_transfer *transfer;
	int64_t now_ms;
};

static void
pair_begin(struct pair *pair)
{
	pair->transfer = history_transfer_create(&pair->from, pair->log);
	ck_assert_ptr_nonnull(pair->transfer);
}

static void
pair_init(struct pair *pair, const struct history_limits *limits)
{
	*pair = (struct pair){ .now_ms = CHAT_RIG_NOW_MS };
	chat_rig_init(&pair->from, limits);
	chat_rig_init(&pair->to, &unlimited);
	pair->log = memory_log_create(pair->from.rooms, pair->from.history,
	    pair->from.attributes);
	ck_assert_ptr_nonnull(pair->log);
}

static void
pair_fini(struct pair *pair)
{
	history_transfer_destroy(pair->transfer);
	commit_log_destroy(pair->log);
	chat_rig_fini(&pair->from);
	chat_rig_fini(&pair->to);
}

static enum chat_error
pair_append(struct pair *pair, struct entry *entry)
{
	return commit_log_append(pair->log, entry, NULL);
}

static enum chat_error
room_create(struct pair *pair, const char *id, int64_t ttl_ms)
{
	struct room room = {
		.epoch = "e", .persistent = ttl_ms == 0, .ttl_ms = ttl_ms
	};
	struct entry entry = { .kind = ENTRY_ROOM_CREATED,
		.room_id = str_from(id),
		.room = &room };

	snprintf(room.id, sizeof(room.id), "%s", id);
	snprintf(room.name, sizeof(room.name), "%s", id);
	return pair_append(pair, &entry);
}

static void
room_remove(struct pair *pair, const char *id)
{
	struct entry entry = { .kind = ENTRY_ROOM_REMOVED,
		.room_id = str_from(id) };

	ck_assert_int_eq(pair_append(pair, &entry), CHAT_OK);
}

static enum chat_error
pair_post(struct pair *pair, const char *id, const char *body, const char *key)
{
	struct entry entry = { .kind = ENTRY_MESSAGE,
		.room_id = str_from(id),
		.message = { .at_ms = pair->now_ms,
		    .author = STR("Ann"),
		    .author_id = STR("u1"),
		    .body = str_from(body),
		    .key = key == NULL ? STR_ABSENT : str_from(key) } };

	return pair_append(pair, &entry);
}

static enum chat_error
message_change(struct pair *pair, const char *id, enum attribute_kind kind,
    uint64_t seq, const char *body)
{
	struct entry entry = { .kind = ENTRY_ATTRIBUTE,
		.room_id = str_from(id),
		.attribute = { .kind = kind,
		    .seq = seq,
		    .value = STR("Ann"),
		    .at_ms = pair->now_ms,
		    .body = body == NULL ? STR_ABSENT : str_from(body) } };

	return pair_append(pair, &entry);
}

static enum chat_error
message_react(struct pair *pair, const char *id, uint64_t seq, struct str label,
    bool is_set)
{
	struct entry entry = { .kind = ENTRY_ATTRIBUTE,
		.room_id = str_from(id),
		.attribute = { .kind = ATTRIBUTE_REACTION,
		    .seq = seq,
		    .subject = STR("u1"),
		    .label = label,
		    .value = is_set ? STR("Ann") : STR_ABSENT,
		    .at_ms = pair->now_ms } };

	return pair_append(pair, &entry);
}

static enum chat_error
room_set_topic(struct pair *pair, const char *id, const char *topic)
{
	struct entry entry = { .kind = ENTRY_ATTRIBUTE,
		.room_id = str_from(id),
		.attribute = { .kind = ATTRIBUTE_TOPIC,
		    .value = str_from(topic),
		    .at_ms = pair->now_ms } };

	return pair_append(pair, &entry);
}

/* False: no memory. */
static bool
piece_pass(struct pair *pair, size_t bytes)
{
	struct packer packer = { .len = 0 };
	struct unpacker from;
	bool is_good;

	is_good =
	    history_transfer_pack(pair->transfer, bytes, pair->now_ms, &packer);
	from = (struct unpacker){ .rest = packer_str(&packer) };
	is_good = is_good && history_transfer_unpack(&pair->to, &from);
	malloc_spare(true);
	ck_assert(!is_good || from.rest.len == 0);
	malloc_spare(false);
	packer_fini(&packer);
	return is_good;
}

/* The other process has the rest, and the same chat then. */
static void
pair_finish(struct pair *pair)
{
	struct packer packer = { .len = 0 };
	struct unpacker from;

	ck_assert(piece_pass(pair, SIZE_MAX));
	ck_assert(!history_transfer_is_due(pair->transfer));
	pair->from.now_ms = pair->to.now_ms = pair->now_ms;
	ck_assert(chat_snapshot_pack(&pair->from, &packer));
	from = (struct unpacker){ .rest = packer_str(&packer) };
	ck_assert(chat_snapshot_unpack(&pair->to, &from));
	packer_fini(&packer);
	chat_rigs_assert_equal(&pair->from, &pair->to);
}

static void
chat_pass_in_pieces(size_t bytes)
{
	struct pair pair;
	unsigned pieces = 0;

	pair_init(&pair, &unlimited);
	room_create(&pair, "den", 0);
	room_create(&pair, "pub", 60000);
	for (int i = 0; i < 20; i++) {
		pair_post(&pair, "den", "\"in the den\"", i == 3 ? "k" : NULL);
		pair_post(&pair, "pub", "\"p\"", NULL);
	}
	pair_begin(&pair);
	while (history_transfer_is_due(pair.transfer)) {
		ck_assert(piece_pass(&pair, bytes));
		pieces++;
	}
	ck_assert(bytes > 1 || pieces >= 40);
	pair_finish(&pair);
	pair_fini(&pair);
}

START_TEST(pieces_of_any_size_are_the_whole)
{
	for (size_t bytes = 1; bytes < 300; bytes++)
		chat_pass_in_pieces(bytes);
}
END_TEST

START_TEST(what_changes_after_a_piece_comes_with_the_next)
{
	struct pair pair;
	struct message message;

	pair_init(&pair, &unlimited);
	room_create(&pair, "den", 0);
	for (int i = 0; i < 4; i++)
		pair_post(&pair, "den", "\"text\"", NULL);
	pair_begin(&pair);
	ck_assert(piece_pass(&pair, SIZE_MAX));
	ck_assert(!history_transfer_is_due(pair.transfer));
	message_change(&pair, "den", ATTRIBUTE_EDIT, 1, "\"new\"");
	message_change(&pair, "den", ATTRIBUTE_REDACTION, 2, NULL);
	pair_post(&pair, "den", "\"fifth\"", NULL);
	message_react(&pair, "den", 3, STR("+1"), true);
	message_react(&pair, "den", 5, STR("+1"), true);
	room_set_topic(&pair, "den", "tea");
	ck_assert(history_transfer_is_due(pair.transfer));
	ck_assert(piece_pass(&pair, SIZE_MAX));
	ck_assert_uint_eq(attribute_store_count(pair.to.attributes, DEN), 5);
	ck_assert(history_get(pair.to.history, DEN, 1, 1000, &message));
	ck_assert(str_equal(message.body, STR("\"new\"")));
	ck_assert_int_eq(message.edited_ms, CHAT_RIG_NOW_MS);
	ck_assert(history_get(pair.to.history, DEN, 2, 1000, &message));
	ck_assert(message.is_redacted);
	ck_assert(history_get(pair.to.history, DEN, 5, 1000, &message));
	pair_finish(&pair);
	pair_fini(&pair);
}
END_TEST

START_TEST(a_room_that_comes_again_has_nothing_of_the_former)
{
	struct history_span span;
	struct pair pair;

	pair_init(&pair, &unlimited);
	room_create(&pair, "den", 0);
	room_create(&pair, "gone", 0);
	pair_post(&pair, "den", "\"old\"", "k");
	pair_post(&pair, "den", "\"old\"", NULL);
	pair_begin(&pair);
	ck_assert(piece_pass(&pair, SIZE_MAX));
	room_remove(&pair, "den");
	room_remove(&pair, "gone");
	ck_assert(history_transfer_is_due(pair.transfer));
	room_create(&pair, "den", 60000);
	pair_post(&pair, "den", "\"new\"", NULL);
	ck_assert(piece_pass(&pair, 1));
	ck_assert_int_eq(history_span(pair.to.history, DEN, 1000, &span),
	    CHAT_OK);
	ck_assert_uint_eq(span.last, 1);
	ck_assert_int_eq(history_span(pair.to.history, STR("gone"), 1000,
			     &span),
	    CHAT_ROOM_NOT_FOUND);
	pair_finish(&pair);
	pair_fini(&pair);
}
END_TEST

/* As if another process than the one that had the pieces went on. */
START_TEST(all_of_it_may_come_before_a_late_piece)
{
	struct pair pair;

	pair_init(&pair, &unlimited);
	room_create(&pair, "den", 0);
	room_create(&pair, "pub", 0);
	pair_post(&pair, "den", "\"a\"", NULL);
	pair_post(&pair, "pub", "\"b\"", NULL);
	room_set_topic(&pair, "den", "tea");
	pair_begin(&pair);
	ck_assert(piece_pass(&pair, SIZE_MAX));
	pair_post(&pair, "den", "\"c\"", NULL);
	message_react(&pair, "den", 1, STR("+1"), true);
	message_react(&pair, "den", 2, STR("+1"), true);
	message_change(&pair, "den", ATTRIBUTE_EDIT, 1, "\"A\"");
	room_remove(&pair, "pub");
	room_create(&pair, "pub", 0);
	pair_post(&pair, "pub", "\"d\"", NULL);
	chat_rig_fini(&pair.to);
	chat_rig_init(&pair.to, &unlimited);
	chat_rig_transfer(&pair.from, &pair.to);
	pair_finish(&pair);
	pair_fini(&pair);
}
END_TEST

START_TEST(persistent_rooms_that_are_kept_are_left_out)
{
	struct history_span span;
	struct pair pair;

	pair_init(&pair, &unlimited);
	pair.from.keeps_rooms = true;
	room_create(&pair, "den", 0);
	room_create(&pair, "pub", 60000);
	pair_begin(&pair);
	pair_post(&pair, "den", "\"a\"", NULL);
	pair_post(&pair, "pub", "\"b\"", NULL);
	ck_assert(piece_pass(&pair, SIZE_MAX));
	ck_assert_int_eq(history_span(pair.to.history, DEN, 1000, &span),
	    CHAT_ROOM_NOT_FOUND);
	ck_assert_int_eq(history_span(pair.to.history, STR("pub"), 1000, &span),
	    CHAT_OK);
	pair_fini(&pair);
}
END_TEST

START_TEST(keys_of_messages_that_are_gone_are_known)
{
	static const struct history_limits two = { .messages = 2,
		.key_age_ms = 60000 };
	static const char *const keys[] = { "before", "between", "unseen", "a",
		"b" };
	struct message message;
	struct pair pair;

	pair_init(&pair, &two);
	room_create(&pair, "den", 0);
	pair_post(&pair, "den", "\"1\"", "before");
	pair_post(&pair, "den", "\"2\"", "between");
	pair_post(&pair, "den", "\"3\"", NULL);
	pair_begin(&pair);
	ck_assert(piece_pass(&pair, SIZE_MAX));
	pair_post(&pair, "den", "\"4\"", "unseen");
	pair_post(&pair, "den", "\"5\"", "a");
	pair_post(&pair, "den", "\"6\"", "b");
	ck_assert(piece_pass(&pair, SIZE_MAX));
	memory_history_set_limits(pair.to.history, &two);
	pair_finish(&pair);
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		ck_assert(history_find_key(pair.to.history, DEN,
		    str_from(keys[i]), pair.now_ms, &message));
	ck_assert_uint_eq(message.seq, 6);
	pair_fini(&pair);
}
END_TEST

/* --- another observer ----------------------------------------------------- */

struct counting_observer {
	struct entry_observer base;
	unsigned entries;
	uint64_t lost;
};

static void
observed_entry_count(struct entry_observer *base, const struct entry *entry,
    const struct command *requester)
{
	(void)entry;
	(void)requester;
	((struct counting_observer *)base)->entries++;
}

static void
observed_loss_count(struct entry_observer *base, uint64_t count)
{
	((struct counting_observer *)base)->lost += count;
}

START_TEST(the_observer_of_the_log_goes_on)
{
	static const struct entry_observer_ops ops = {
		.entry = observed_entry_count,
		.lost = observed_loss_count,
	};
	struct counting_observer observer = { .base.ops = &ops };
	struct pair pair;

	pair_init(&pair, &unlimited);
	pair.log->observer = &observer.base;
	pair_begin(&pair);
	room_create(&pair, "den", 0);
	ck_assert_uint_eq(observer.entries, 1);
	pair.log->observer->ops->lost(pair.log->observer, 2);
	ck_assert_uint_eq(observer.lost, 2);
	history_transfer_destroy(pair.transfer);
	pair.transfer = NULL;
	ck_assert_ptr_eq(pair.log->observer, &observer.base);
	pair_post(&pair, "den", "\"a\"", NULL);
	ck_assert_uint_eq(observer.entries, 2);
	pair_fini(&pair);
}
END_TEST

/* --- chance --------------------------------------------------------------- */

static const char *const ids[] = { "a", "b", "c", "d" };
static const char *const keys[] = { "k0", "k1", "k2", "k3", "k4", "k5", "k6",
	"k7", "k8", "k9" };

static void
chat_step(struct pair *pair, struct chance *chance)
{
	size_t which = chance_below(chance, COUNT_OF(ids));
	const char *id = ids[which];
	uint64_t seq = 1 + chance_below(chance, 40);
	struct room room;

	pair->now_ms += (int64_t)chance_below(chance, 20);
	if (room_store_get(pair->from.rooms, str_from(id), &room) != CHAT_OK) {
		/* Messages of every other room expire soon. */
		room_create(pair, id, which % 2 == 0 ? 0 : 1000);
		return;
	}
	switch (chance_below(chance, 24)) {
	case 0:
		room_remove(pair, id);
		break;
	case 1:
	case 2:
		(void)message_change(pair, id, ATTRIBUTE_REDACTION, seq, NULL);
		break;
	case 3:
	case 4:
		(void)message_change(pair, id, ATTRIBUTE_EDIT, seq,
		    "\"another text, which is longer\"");
		break;
	case 5:
		history_expire(pair->from.history, pair->now_ms);
		break;
	case 6:
		(void)room_set_topic(pair, id, seq % 2 == 0 ? "tea" : "coffee");
		break;
	case 7:
	case 8:
	case 9:
	case 10:
	case 11:
		(void)message_react(pair, id, seq,
		    which % 2 == 0 ? STR("+1") : STR("-1"), seq % 4 != 0);
		break;
	default:
		pair_post(pair, id, "\"some text\"",
		    seq < COUNT_OF(keys) ? keys[seq] : NULL);
	}
}

/* A retry finds the same message in both. */
static void
keys_assert_equal(struct pair *pair, const char *id)
{
	struct message one = { .seq = 0 }, other = { .seq = 0 };

	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		bool is_known = history_find_key(pair->from.history,
		    str_from(id), str_from(keys[i]), pair->now_ms, &one);

		ck_assert_int_eq(history_find_key(pair->to.history,
				     str_from(id), str_from(keys[i]),
				     pair->now_ms, &other),
		    is_known);
		ck_assert(!is_known || one.seq == other.seq);
	}
}

static void
chat_pass_by_chance(uint64_t seed)
{
	static const struct history_limits tight[] = {
		{ .messages = 25, .total_bytes = 9000 },
		{ .messages = 4, .key_age_ms = 700 },
	};
	const struct history_limits *limits = &tight[seed % 2];
	struct chance chance = { .state = seed };
	struct pair pair;

	pair_init(&pair, limits);
	for (size_t i = chance_below(&chance, 100); i > 0; i--)
		chat_step(&pair, &chance);
	pair_begin(&pair);
	for (size_t i = chance_below(&chance, 300); i > 0; i--) {
		chat_step(&pair, &chance);
		if (chance_below(&chance, 3) == 0)
			ck_assert(piece_pass(&pair,
			    1 + chance_below(&chance, 400)));
	}
	ck_assert(piece_pass(&pair, SIZE_MAX));
	memory_history_set_limits(pair.to.history, limits);
	pair_finish(&pair);
	for (size_t i = 0; i < COUNT_OF(ids); i++)
		keys_assert_equal(&pair, ids[i]);
	pair_fini(&pair);
}

START_TEST(at_every_moment_the_rest_makes_it_the_same)
{
	for (uint64_t i = 0; i < 50; i++)
		chat_pass_by_chance(50 * (uint64_t)_i + i);
}
END_TEST

/* --- what fails ----------------------------------------------------------- */

/* Without memory it fails, or nothing is missing. */
START_TEST(nothing_is_lost_without_memory)
{
	struct pair pair;
	bool is_good;

	if (!malloc_can_fail())
		return;
	pair_init(&pair, &unlimited);
	room_create(&pair, "den", 0);
	pair_post(&pair, "den", "\"a\"", "k1");
	pair_post(&pair, "den", "\"b\"", NULL);
	malloc_fail_at((unsigned)_i);
	pair.transfer = history_transfer_create(&pair.from, pair.log);
	is_good = pair.transfer != NULL && piece_pass(&pair, 1);
	if (is_good) {
		(void)room_create(&pair, "pub", 60000);
		(void)pair_post(&pair, "pub", "\"c\"", NULL);
		(void)message_change(&pair, "den", ATTRIBUTE_EDIT, 1, "\"A\"");
		(void)message_react(&pair, "den", 1, STR("+1"), true);
		is_good = piece_pass(&pair, SIZE_MAX);
	}
	malloc_fail_at(0);
	ck_assert(is_good || malloc_has_failed());
	if (is_good)
		pair_finish(&pair);
	else if (pair.transfer == NULL)
		ck_assert_ptr_null(pair.log->observer);
	pair_fini(&pair);
}
END_TEST

START_TEST(a_part_is_refused_and_no_changed_byte_does_harm)
{
	struct packer packer = { .len = 0 };
	struct pair pair;

	pair_init(&pair, &unlimited);
	room_create(&pair, "gone", 0);
	room_create(&pair, "den", 0);
	pair_post(&pair, "den", "\"a\"", "k");
	pair_begin(&pair);
	ck_assert(piece_pass(&pair, SIZE_MAX));
	room_remove(&pair, "gone");
	message_change(&pair, "den", ATTRIBUTE_EDIT, 1, "\"A\"");
	pair_post(&pair, "den", "\"b\"", NULL);
	ck_assert(history_transfer_pack(pair.transfer, SIZE_MAX, 1000,
	    &packer));
	for (size_t i = 0; i < packer.len; i++) {
		struct unpacker part = { .rest = { packer.bytes, i } };
		struct unpacker changed = { .rest = packer_str(&packer) };

		ck_assert(!history_transfer_unpack(&pair.to, &part));
		packer.bytes[i] ^= 1;
		(void)history_transfer_unpack(&pair.to, &changed);
		packer.bytes[i] ^= 1;
	}
	packer_fini(&packer);
	pair_fini(&pair);
}
END_TEST

SUITE(history_transfer)
{
	tcase_add_test(tests, pieces_of_any_size_are_the_whole);
	tcase_add_test(tests, what_changes_after_a_piece_comes_with_the_next);
	tcase_add_test(tests,
	    a_room_that_comes_again_has_nothing_of_the_former);
	tcase_add_test(tests, all_of_it_may_come_before_a_late_piece);
	tcase_add_test(tests, persistent_rooms_that_are_kept_are_left_out);
	tcase_add_test(tests, keys_of_messages_that_are_gone_are_known);
	tcase_add_test(tests, the_observer_of_the_log_goes_on);
	tcase_add_loop_test(tests, at_every_moment_the_rest_makes_it_the_same,
	    0, 8);
	tcase_add_loop_test(tests, nothing_is_lost_without_memory, 1, 60);
	tcase_add_test(tests, a_part_is_refused_and_no_changed_byte_does_harm);
}
