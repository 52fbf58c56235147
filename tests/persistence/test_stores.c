#include "persistence/stores.h"

#include <stdio.h>

#include "domain/history_transfer.h"
#include "persistence/file/file_store.h"
#include "tests/suite.h"
#include "tests/support/persistence/temp_store.h"

static const struct history_limits limits = { .messages = 1 };
static const struct stores_config memory_config = { .kind = "memory",
	.limits = &limits };

START_TEST(opens_stores_that_are_empty)
{
	struct stores stores;

	ck_assert(stores_kind_exists("memory"));
	ck_assert_int_eq(stores_open(&stores, &memory_config), STORES_OPEN);
	ck_assert_uint_eq(member_store_count(stores.members), 0);
	ck_assert_uint_eq(room_store_count(stores.rooms), 0);
	ck_assert_uint_eq(history_bytes(stores.history), 0);
	stores_close(&stores);
	ck_assert_ptr_null(stores.members);
}
END_TEST

static void
stored_den_fill(struct stores *stores)
{
	struct room room = { .id = "den", .name = "Den", .epoch = "e" };
	struct entry entry = {
		.kind = ENTRY_ROOM_CREATED, .room_id = STR("den"), .room = &room
	};
	struct entry message = { .kind = ENTRY_MESSAGE,
		.room_id = STR("den"),
		.message = { .at_ms = 1,
		    .author = STR("Ann"),
		    .author_id = STR("u1"),
		    .body = STR("1") } };

	ck_assert_int_eq(commit_log_append(stores->log, &entry, NULL), CHAT_OK);
	ck_assert_int_eq(commit_log_append(stores->log, &message, NULL),
	    CHAT_OK);
}

/* The last number of a room whose limit is one message. */
static void
stored_den_assert(struct stores *stores, uint64_t last)
{
	struct history_span span;

	ck_assert_int_eq(history_span(stores->history, STR("den"), 1, &span),
	    CHAT_OK);
	ck_assert_uint_eq(span.first, last);
	ck_assert_uint_eq(span.last, last);
}

static void
messages_pack(struct stores *stores, struct packer *packer)
{
	struct chat_snapshot chat = { .rooms = stores->rooms,
		.history = stores->history,
		.attributes = stores->attributes,
		.messages = stores->numbered };
	struct history_transfer *transfer =
	    history_transfer_create(&chat, stores->log);

	ck_assert(history_transfer_pack(transfer, SIZE_MAX, 1, packer));
	history_transfer_destroy(transfer);
}

START_TEST(go_on_with_messages_of_another_process)
{
	struct packer piece = { .len = 0 };
	struct stores_ahead ahead = { .disk = NULL };
	struct stores_config config = memory_config;
	struct stores stores;
	struct message more = { .at_ms = 1,
		.author = STR("Ann"),
		.author_id = STR("u1"),
		.body = STR("2") };

	ck_assert_int_eq(stores_open(&stores, &memory_config), STORES_OPEN);
	stored_den_fill(&stores);
	messages_pack(&stores, &piece);
	stores_close(&stores);
	ck_assert(stores_receive(&ahead, packer_str(&piece)));
	ahead.messages = packer_str(&piece);
	config.ahead = &ahead;
	ck_assert_int_eq(stores_open(&stores, &config), STORES_OPEN);
	ck_assert_ptr_null(ahead.history);
	stored_den_assert(&stores, 1);
	ck_assert_int_eq(history_append(stores.history, STR("den"), &more),
	    CHAT_OK);
	stored_den_assert(&stores, 2);
	stores_close(&stores);
	packer_fini(&piece);
}
END_TEST

START_TEST(refuse_what_are_no_messages)
{
	struct stores_ahead ahead = { .disk = NULL };
	struct stores_config config = memory_config;
	struct stores stores;

	ck_assert(!stores_receive(&ahead, STR("abc")));
	ahead.messages = STR("abc");
	config.ahead = &ahead;
	ck_assert_int_eq(stores_open(&stores, &config), STORES_FAILED);
	ck_assert_ptr_null(stores.history);
	stores_ahead_fini(&ahead);
	ck_assert_ptr_null(ahead.history);
}
END_TEST

static void
epoch_next(struct id_source *ids, enum id_style style, char out[ID_SIZE])
{
	(void)ids;
	(void)style;
	snprintf(out, ID_SIZE, "%s", "epoch");
}

static const struct id_source_ops ids_ops = { epoch_next };
static struct id_source ids = { &ids_ops };

static struct store_options options = {
	.segment_bytes = 1 << 20, .queue_bytes = 1 << 20, .probe_ms = 5000
};

static const struct stores_config file_config = {
	.kind = "file", .limits = &limits, .options = &options, .ids = &ids
};

/* On the system's disk, with threads. */
START_TEST(opens_what_was_kept_in_files)
{
	struct room room = {
		.id = "r", .name = "R", .epoch = "e", .persistent = true
	};
	struct entry entry = {
		.kind = ENTRY_ROOM_CREATED, .room_id = STR("r"), .room = &room
	};
	struct disk *disk = temp_store_open();
	struct stores stores, others;

	snprintf(options.dir, sizeof(options.dir), "%s", temp_store_path());
	ck_assert(stores_kind_exists("file"));
	ck_assert_int_eq(stores_open(&stores, &file_config), STORES_OPEN);
	ck_assert_int_eq(commit_log_append(stores.log, &entry, NULL), CHAT_OK);
	ck_assert_int_eq(stores_open(&others, &file_config), STORES_IN_USE);
	ck_assert_ptr_null(others.members);
	ck_assert_ptr_null(others.disk);
	stores_close(&stores);
	ck_assert_int_eq(stores_open(&stores, &file_config), STORES_OPEN);
	ck_assert_uint_eq(room_store_count(stores.rooms), 1);
	ck_assert_uint_eq(member_store_count(stores.members), 0);
	stores_close(&stores);
	temp_store_remove(disk);
}
END_TEST

START_TEST(opens_no_files_where_there_can_be_none)
{
	struct stores stores;

	snprintf(options.dir, sizeof(options.dir), "/dev/null/store");
	ck_assert_int_eq(stores_open(&stores, &file_config), STORES_FAILED);
	ck_assert_ptr_null(stores.rooms);
}
END_TEST

START_TEST(knows_no_kind_by_part_of_its_name)
{
	ck_assert(!stores_kind_exists(""));
	ck_assert(!stores_kind_exists("mem"));
	ck_assert(!stores_kind_exists("memory2"));
	ck_assert(!stores_kind_exists("Memory"));
}
END_TEST

START_TEST(closes_what_was_never_opened)
{
	struct stores stores = { 0 };

	stores_close(&stores);
	ck_assert_ptr_null(stores.history);
}
END_TEST

SUITE(stores)
{
	tcase_add_test(tests, opens_stores_that_are_empty);
	tcase_add_test(tests, go_on_with_messages_of_another_process);
	tcase_add_test(tests, refuse_what_are_no_messages);
	tcase_add_test(tests, opens_what_was_kept_in_files);
	tcase_add_test(tests, opens_no_files_where_there_can_be_none);
	tcase_add_test(tests, knows_no_kind_by_part_of_its_name);
	tcase_add_test(tests, closes_what_was_never_opened);
}
