/* The files in the directory after crashes and failures. */
#include "persistence/blobs/directory_blobs.h"

#include <errno.h>
#include <stdlib.h>

#include "persistence/blobs/blob_files.h"
#include "persistence/blobs/blob_record.h"
#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/persistence/memory_disk.h"

#define ID "0b6a1f0e-5c1c-4b8e-9a55-2f6d1c1f7e10"
#define OTHER "0b6a1f0e-5c1c-4b8e-9a55-2f6d1c1f7e11"

static struct memory_disk *memory;
static struct blob_store *store;

static struct blob_store *
directory_open_store(uint64_t reserve)
{
	struct directory_blobs_config config = {
		.disk = memory_disk_disk(memory),
		.reserve_bytes = reserve,
	};

	return directory_blobs_create(&config);
}

static void
setup(void)
{
	memory = memory_disk_create();
	store = directory_open_store(0);
	ck_assert_ptr_nonnull(store);
}

static void
teardown(void)
{
	blob_store_destroy(store);
	memory_disk_destroy(memory);
}

/* Crashes the machine or the process, and opens the store again. */
static void
directory_crash(enum crash_shape shape, uint64_t seed)
{
	struct memory_disk *after = memory_disk_crash(memory, shape, seed);

	blob_store_destroy(store);
	memory_disk_destroy(memory);
	memory = after;
	store = directory_open_store(0);
	ck_assert_ptr_nonnull(store);
}

/* Closes the store, with nothing pending. */
static void
directory_restart(void)
{
	blob_store_destroy(store);
	store = directory_open_store(0);
	ck_assert_ptr_nonnull(store);
}

/* Another process goes on with it. */
static void
directory_hand_over(void)
{
	struct directory_blobs_config config = {
		.disk = memory_disk_disk(memory),
	};
	struct packer packer = { 0 };

	ck_assert(directory_blobs_pack(store, &packer));
	blob_store_destroy(store);
	config.packed = packer.len == 0 ? STR("") : packer_str(&packer);
	store = directory_blobs_create(&config);
	ck_assert_ptr_nonnull(store);
	packer_fini(&packer);
}

static enum chat_error
directory_create(const char *id, uint64_t size)
{
	struct blob blob = {
		.owner = "ann",
		.payer = "ann",
		.name = "a.txt",
		.size = size,
		.created_ms = 7,
	};

	*str_put(blob.id, str_from(id)) = '\0';
	return blob_store_create(store, &blob);
}

struct completion {
	struct blob_waiter waiter;
	int calls;
	enum chat_error error;
};

static void
completion_note(struct blob_waiter *waiter, enum chat_error error)
{
	struct completion *completion = (struct completion *)waiter;

	completion->calls++;
	completion->error = error;
}

static enum chat_error
directory_complete(const char *id)
{
	struct completion completion = { .waiter = { completion_note, NULL } };

	blob_store_complete(store, str_from(id), STR("text/plain"),
	    &completion.waiter);
	while (completion.calls == 0)
		blob_store_poll(store);
	return completion.error;
}

static enum chat_error
directory_upload(const char *id, const char *text)
{
	enum chat_error error = directory_create(id, strlen(text));

	if (error == CHAT_OK)
		error = blob_store_append(store, str_from(id), str_from(text));
	return error == CHAT_OK ? directory_complete(id) : error;
}

/* A file is complete, or does not exist. */
static bool
directory_has(const char *id, const char *text)
{
	const struct blob *blob = blob_store_find(store, str_from(id));
	char bytes[64];
	ptrdiff_t got;

	if (blob == NULL || !blob->is_complete)
		return false;
	ck_assert_uint_eq(blob->size, strlen(text));
	got = blob_store_read(store, str_from(id), 0, bytes, sizeof(bytes));
	ck_assert_int_eq(got, (ptrdiff_t)strlen(text));
	ck_assert_mem_eq(bytes, text, (size_t)got);
	return true;
}

START_TEST(what_was_completed_survives_every_crash)
{
	ck_assert_int_eq(directory_upload(ID, "some text"), CHAT_OK);
	directory_crash((enum crash_shape)_i, 1);
	ck_assert(directory_has(ID, "some text"));
	ck_assert_str_eq(blob_store_find(store, STR(ID))->type, "text/plain");
	ck_assert_int_eq(blob_store_find(store, STR(ID))->created_ms, 7);
}
END_TEST

/* A crash at any call leaves the complete file, or none. */
START_TEST(a_crash_in_the_middle_leaves_no_half_file)
{
	for (unsigned calls = 0; calls < 60; calls++) {
		teardown();
		setup();
		memory_disk_stop_after(memory, calls);
		(void)directory_upload(ID, "some text");
		directory_crash((enum crash_shape)_i, calls);
		(void)directory_has(ID, "some text");
		/* A file that exists can be removed, which frees its space. */
		blob_store_remove(store, STR(ID));
		directory_restart();
		ck_assert_uint_eq(blob_store_usage(store, STR_ABSENT).count, 0);
	}
}
END_TEST

START_TEST(an_upload_goes_on_after_a_kill)
{
	ck_assert_int_eq(directory_create(ID, 9), CHAT_OK);
	ck_assert_int_eq(blob_store_append(store, STR(ID), STR("some ")),
	    CHAT_OK);
	directory_crash(CRASH_KILL, 0);
	ck_assert_uint_eq(blob_store_find(store, STR(ID))->received, 5);
	ck_assert_str_eq(blob_store_find(store, STR(ID))->owner, "ann");
	ck_assert_int_eq(blob_store_append(store, STR(ID), STR("text")),
	    CHAT_OK);
	ck_assert_int_eq(directory_complete(ID), CHAT_OK);
	ck_assert(directory_has(ID, "some text"));
}
END_TEST

START_TEST(an_upload_of_another_boot_is_removed)
{
	ck_assert_int_eq(directory_create(ID, 9), CHAT_OK);
	directory_crash(CRASH_ALL, 0);
	ck_assert_ptr_null(blob_store_find(store, STR(ID)));
	ck_assert_ptr_null(memory_disk_file(memory, ID ".part",
	    &(size_t){ 0 }));
	ck_assert_ptr_null(memory_disk_file(memory, ID ".info",
	    &(size_t){ 0 }));
}
END_TEST

START_TEST(a_grant_survives_a_kill)
{
	ck_assert_int_eq(directory_upload(ID, "x"), CHAT_OK);
	ck_assert_int_eq(blob_store_grant(store, STR(ID), BLOB_ROOM,
			     STR("tea")),
	    CHAT_OK);
	directory_crash(CRASH_KILL, 0);
	ck_assert(blob_has_grant(blob_store_find(store, STR(ID)), BLOB_ROOM,
	    STR("tea")));
	ck_assert(directory_has(ID, "x"));
}
END_TEST

/* Every call fails once, with every error: the store goes on. */
START_TEST(a_failure_costs_one_file)
{
	static const int errors[] = { EIO, ENOSPC, EMFILE, EROFS };

	for (unsigned nth = 1; nth < 40; nth++) {
		struct disk_fault fault = {
			.call = DISK_CALL_ANY,
			.nth = nth,
			.error = errors[_i],
		};
		enum chat_error error;

		teardown();
		setup();
		memory_disk_fail(memory, fault);
		error = directory_upload(ID, "some text");
		memory_disk_heal(memory);
		ck_assert(directory_has(ID, "some text") == (error == CHAT_OK));
		blob_store_remove(store, STR(ID));
		ck_assert_int_eq(directory_upload(OTHER, "other"), CHAT_OK);
		directory_restart();
		ck_assert_ptr_null(blob_store_find(store, STR(ID)));
		ck_assert(directory_has(OTHER, "other"));
	}
}
END_TEST

START_TEST(a_lack_of_memory_costs_one_file)
{
	if (!malloc_can_fail())
		return;
	for (unsigned nth = 1; nth < 12; nth++) {
		enum chat_error error;

		teardown();
		setup();
		malloc_fail_at(nth);
		error = directory_upload(ID, "some text");
		malloc_fail_at(0);
		ck_assert(error == CHAT_OK || error == CHAT_UNAVAILABLE);
		ck_assert(directory_has(ID, "some text") == (error == CHAT_OK));
		blob_store_remove(store, STR(ID));
	}
}
END_TEST

START_TEST(a_full_disk_refuses_uploads_and_keeps_files)
{
	ck_assert_int_eq(directory_upload(ID, "some text"), CHAT_OK);
	ck_assert_int_eq(directory_create(OTHER, 30), CHAT_OK);
	memory_disk_set_capacity(memory, 0);
	ck_assert_int_eq(blob_store_append(store, STR(OTHER), STR("more")),
	    CHAT_FILES_FULL);
	ck_assert_uint_eq(blob_store_find(store, STR(OTHER))->received, 0);
	ck_assert(directory_has(ID, "some text"));
	memory_disk_set_capacity(memory, UINT64_MAX);
	ck_assert_int_eq(blob_store_append(store, STR(OTHER), STR("more")),
	    CHAT_OK);
}
END_TEST

START_TEST(leaves_space_to_others)
{
	blob_store_destroy(store);
	memory_disk_set_capacity(memory, 100000);
	store = directory_open_store(50000);
	ck_assert_int_eq(directory_create(ID, 60000), CHAT_FILES_FULL);
	ck_assert_int_eq(directory_create(ID, 40000), CHAT_OK);
}
END_TEST

START_TEST(a_damaged_file_goes_to_quarantine)
{
	size_t len;

	ck_assert_int_eq(directory_upload(ID, "some text"), CHAT_OK);
	if (_i == 0)
		memory_disk_put(memory, ID ".data", "some", 4);
	else
		memory_disk_put(memory, ID ".info", "nonsense", 8);
	directory_crash(CRASH_KILL, 0);
	ck_assert_ptr_null(blob_store_find(store, STR(ID)));
	ck_assert_ptr_nonnull(memory_disk_file(memory, "quarantine/" ID ".data",
	    &len));
	ck_assert_ptr_null(memory_disk_file(memory, ID ".data", &len));
}
END_TEST

/* The bytes are compared with the hash after a start. */
START_TEST(a_changed_file_goes_to_quarantine_after_a_start)
{
	static char text[2 * BLOB_CHECK_BYTES + 1];
	size_t len = _i == 0 ? 9 : sizeof(text) - 1;

	memset(text, 'a', len);
	ck_assert_int_eq(directory_upload(ID, "good"), CHAT_OK);
	ck_assert_int_eq(directory_upload(OTHER, text), CHAT_OK);
	text[len - 1] = 'b';
	memory_disk_put(memory, OTHER ".data", text, len);
	text[len - 1] = 'a';
	directory_crash(CRASH_KILL, 0);
	while (blob_store_find(store, STR(OTHER)) != NULL)
		blob_store_poll(store);
	ck_assert(directory_has(ID, "good"));
	ck_assert_ptr_nonnull(memory_disk_file(memory,
	    "quarantine/" OTHER ".data", &len));
	ck_assert_ptr_null(memory_disk_file(memory, OTHER ".info", &len));
	ck_assert_int_eq(directory_upload(OTHER, text), CHAT_OK);
	memset(text, 0, sizeof(text));
}
END_TEST

#define UNFLUSHED (1024 * 1024)

static struct blob_store *
directory_open_bounded(void)
{
	struct directory_blobs_config config = {
		.disk = memory_disk_disk(memory),
		.unflushed_most = UNFLUSHED,
	};

	blob_store_destroy(store);
	return directory_blobs_create(&config);
}

#define PIECE (16 * 1024)

/* Appends that many pieces at most, until the store is behind, or an error. */
static enum chat_error
directory_append(const char *id, uint64_t most)
{
	static char piece[PIECE];
	enum chat_error error = CHAT_OK;

	memset(piece, 'a', sizeof(piece));
	for (uint64_t i = 0;
	     i < most && error == CHAT_OK && !blob_store_is_behind(store); i++)
		error = blob_store_append(store, str_from(id),
		    str_slice(piece, sizeof(piece)));
	return error;
}

/* Nothing is polled meanwhile, so all that was flushed still counts. */
START_TEST(is_behind_until_the_disk_has_taken_what_came)
{
	store = directory_open_bounded();
	ck_assert(!blob_store_is_behind(store));
	ck_assert_int_eq(directory_create(ID, 8 * UNFLUSHED), CHAT_OK);
	ck_assert_int_eq(directory_create(OTHER, 8 * UNFLUSHED), CHAT_OK);
	ck_assert_int_eq(directory_append(ID, UINT64_MAX), CHAT_OK);
	ck_assert_uint_eq(blob_store_find(store, STR(ID))->received,
	    UNFLUSHED + PIECE);
	while (blob_store_is_behind(store))
		blob_store_poll(store);
	/* Removed files do not count any more. */
	ck_assert_int_eq(directory_append(OTHER, UINT64_MAX), CHAT_OK);
	blob_store_remove(store, STR(ID));
	blob_store_remove(store, STR(OTHER));
	while (blob_store_is_behind(store))
		blob_store_poll(store);
	ck_assert_uint_eq(blob_store_usage(store, STR_ABSENT).count, 0);
}
END_TEST

/* Data that is appended meanwhile is flushed, too. */
START_TEST(is_not_behind_for_ever)
{
	static char piece[3 * UNFLUSHED];

	if (_i > 0 && !malloc_can_fail())
		return;
	store = directory_open_bounded();
	ck_assert_int_eq(directory_create(ID, 8 * UNFLUSHED), CHAT_OK);
	ck_assert_int_eq(blob_store_append(store, STR(ID),
			     str_slice(piece, UNFLUSHED / 4)),
	    CHAT_OK);
	malloc_fail_at((unsigned)_i);
	ck_assert_int_eq(blob_store_append(store, STR(ID),
			     str_slice(piece, UNFLUSHED / 4)),
	    CHAT_OK);
	malloc_fail_at(0);
	ck_assert_int_eq(blob_store_append(store, STR(ID),
			     str_slice(piece, sizeof(piece))),
	    CHAT_OK);
	while (blob_store_is_behind(store))
		blob_store_poll(store);
}
END_TEST

/* The system reports that once, so a completion would not notice. */
START_TEST(bytes_that_the_disk_did_not_take_cost_the_upload)
{
	store = directory_open_bounded();
	ck_assert_int_eq(directory_create(ID, 8 * UNFLUSHED), CHAT_OK);
	ck_assert_int_eq(directory_upload(OTHER, "good"), CHAT_OK);
	memory_disk_fail(memory,
	    (struct disk_fault){ DISK_CALL_FDATASYNC, 1, EIO, false });
	(void)directory_append(ID, UINT64_MAX);
	while (blob_store_find(store, STR(ID)) != NULL)
		blob_store_poll(store);
	ck_assert(!blob_store_is_behind(store));
	ck_assert(directory_has(OTHER, "good"));
	ck_assert_int_eq(directory_upload(ID, "again"), CHAT_OK);
	ck_assert(directory_has(ID, "again"));
}
END_TEST

START_TEST(a_completion_behind_a_failed_flush_fails)
{
	/* The last piece makes them be flushed. */
	store = directory_open_bounded();
	ck_assert_int_eq(directory_create(ID, UNFLUSHED / 2), CHAT_OK);
	memory_disk_fail(memory,
	    (struct disk_fault){ DISK_CALL_FDATASYNC, 1, EIO, false });
	ck_assert_int_eq(directory_append(ID, UNFLUSHED / 2 / PIECE), CHAT_OK);
	ck_assert_int_eq(directory_complete(ID), CHAT_STORE_FAILED);
	ck_assert_ptr_null(blob_store_find(store, STR(ID)));
	ck_assert(!blob_store_is_behind(store));
}
END_TEST

/* The directory is not listed: a file that was added is not found. */
START_TEST(another_process_goes_on_without_a_search)
{
	static const char third[] = "0b6a1f0e-5c1c-4b8e-9a55-2f6d1c1f7e12";
	const struct blob *found;

	directory_hand_over();
	ck_assert_int_eq(directory_upload(ID, "good"), CHAT_OK);
	ck_assert_int_eq(blob_store_grant(store, STR(ID), BLOB_ROOM,
			     STR("tea")),
	    CHAT_OK);
	ck_assert_int_eq(directory_create(OTHER, 8), CHAT_OK);
	ck_assert_int_eq(blob_store_append(store, STR(OTHER), STR("half")),
	    CHAT_OK);
	memory_disk_fail(memory,
	    (struct disk_fault){ DISK_CALL_LIST, 1, EIO, true });
	directory_hand_over();
	memory_disk_heal(memory);
	ck_assert(directory_has(ID, "good"));
	found = blob_store_find(store, STR(ID));
	ck_assert(blob_has_grant(found, BLOB_ROOM, STR("tea")));
	ck_assert_str_eq(found->name, "a.txt");
	ck_assert_uint_eq(blob_store_usage(store, STR("ann")).count, 2);
	found = blob_store_find(store, STR(OTHER));
	ck_assert_uint_eq(found->received, 4);
	ck_assert_int_eq(blob_store_append(store, STR(OTHER), STR("full")),
	    CHAT_OK);
	ck_assert_int_eq(directory_complete(OTHER), CHAT_OK);
	ck_assert(directory_has(OTHER, "halffull"));
	ck_assert_int_eq(directory_upload(third, "new"), CHAT_OK);
}
END_TEST

/* It checks the hashes that the process before it has not checked. */
START_TEST(another_process_goes_on_with_the_checks)
{
	size_t len;

	ck_assert_int_eq(directory_upload(ID, "good"), CHAT_OK);
	ck_assert_int_eq(directory_upload(OTHER, "good"), CHAT_OK);
	memory_disk_put(memory, OTHER ".data", "evil", 4);
	/* Checked by this process, which wrote it. */
	directory_hand_over();
	ck_assert_ptr_nonnull(blob_store_find(store, STR(OTHER)));
	directory_restart();
	directory_hand_over();
	while (blob_store_find(store, STR(OTHER)) != NULL)
		blob_store_poll(store);
	ck_assert_ptr_nonnull(memory_disk_file(memory,
	    "quarantine/" OTHER ".data", &len));
	ck_assert(directory_has(ID, "good"));
}
END_TEST

START_TEST(a_completion_that_is_under_way_is_not_handed_over)
{
	struct completion completion = { .waiter = { completion_note, NULL } };
	struct packer packer = { 0 };

	ck_assert_int_eq(directory_create(ID, 0), CHAT_OK);
	blob_store_complete(store, STR(ID), STR("text/plain"),
	    &completion.waiter);
	ck_assert(!directory_blobs_pack(store, &packer));
	packer_fini(&packer);
	while (completion.calls == 0)
		blob_store_poll(store);
}
END_TEST

START_TEST(what_was_not_packed_is_refused)
{
	struct directory_blobs_config config = {
		.disk = memory_disk_disk(memory),
	};
	struct packer packer = { 0 };

	ck_assert_int_eq(directory_upload(ID, "good"), CHAT_OK);
	ck_assert(directory_blobs_pack(store, &packer));
	blob_store_destroy(store);
	for (size_t len = 1; len < packer.len; len++) {
		config.packed = str_slice(packer.bytes, len);
		ck_assert_ptr_null(directory_blobs_create(&config));
	}
	packer_fini(&packer);
	store = directory_open_store(0);
	ck_assert(directory_has(ID, "good"));
}
END_TEST

START_TEST(without_memory_nothing_is_taken_over)
{
	struct directory_blobs_config config = {
		.disk = memory_disk_disk(memory),
	};
	struct packer packer = { 0 };

	if (!malloc_can_fail())
		return;
	ck_assert_int_eq(directory_upload(ID, "good"), CHAT_OK);
	ck_assert(directory_blobs_pack(store, &packer));
	blob_store_destroy(store);
	config.packed = packer_str(&packer);
	malloc_fail_at((unsigned)_i);
	store = directory_blobs_create(&config);
	malloc_fail_at(0);
	packer_fini(&packer);
	if (store == NULL)
		store = directory_open_store(0);
	ck_assert(directory_has(ID, "good"));
}
END_TEST

/* It may be created anew while the check of the former one goes on. */
START_TEST(a_file_may_be_removed_while_it_is_checked)
{
	static char text[2 * BLOB_CHECK_BYTES + 1];

	memset(text, 'a', sizeof(text) - 1);
	ck_assert_int_eq(directory_upload(ID, text), CHAT_OK);
	directory_restart();
	blob_store_remove(store, STR(ID));
	while (directory_create(ID, 3) == CHAT_FILE_EXISTS)
		blob_store_poll(store);
	ck_assert_int_eq(blob_store_append(store, STR(ID), STR("new")),
	    CHAT_OK);
	ck_assert_int_eq(directory_complete(ID), CHAT_OK);
	ck_assert(directory_has(ID, "new"));
	directory_restart();
	ck_assert(directory_has(ID, "new"));
}
END_TEST

START_TEST(other_files_of_the_directory_stay)
{
	size_t len;

	memory_disk_put(memory, "README", "mine", 4);
	memory_disk_put(memory, ID ".txt", "mine", 4);
	memory_disk_put(memory, ID ".new", "ours", 4);
	directory_crash(CRASH_KILL, 0);
	ck_assert_ptr_nonnull(memory_disk_file(memory, "README", &len));
	ck_assert_ptr_nonnull(memory_disk_file(memory, ID ".txt", &len));
	ck_assert_ptr_null(memory_disk_file(memory, ID ".new", &len));
}
END_TEST

START_TEST(one_server_uses_a_directory)
{
	ck_assert_ptr_null(directory_open_store(0));
}
END_TEST

/* --- records -------------------------------------------------------------- */

static size_t
record_example(char out[BLOB_RECORD_MOST])
{
	static const uint8_t boot_id[BOOT_ID_SIZE] = { 1 };
	struct blob blob = {
		.id = ID,
		.key = "k",
		.secret = "s",
		.owner = "o",
		.payer = "p",
		.name = "n",
		.declared = "a/b",
		.type = "c/d",
		.size = 5,
		.created_ms = 6,
		.expires_ms = 7,
		.is_complete = true,
		.hash = { 8 },
	};

	blob_add_grant(&blob, BLOB_ROOM, STR("tea"));
	blob_add_grant(&blob, BLOB_ALL, STR(""));
	return blob_record_write(out, &blob, boot_id);
}

START_TEST(a_record_is_read_as_it_was_written)
{
	char record[BLOB_RECORD_MOST];
	size_t len = record_example(record);
	uint8_t boot_id[BOOT_ID_SIZE];
	struct blob blob;

	ck_assert(blob_record_read(str_slice(record, len), &blob, boot_id));
	ck_assert_str_eq(blob.id, ID);
	ck_assert_str_eq(blob.key, "k");
	ck_assert_str_eq(blob.secret, "s");
	ck_assert_str_eq(blob.owner, "o");
	ck_assert_str_eq(blob.payer, "p");
	ck_assert_str_eq(blob.name, "n");
	ck_assert_str_eq(blob.declared, "a/b");
	ck_assert_str_eq(blob.type, "c/d");
	ck_assert_uint_eq(blob.size, 5);
	ck_assert_int_eq(blob.created_ms, 6);
	ck_assert_int_eq(blob.expires_ms, 7);
	ck_assert(blob.is_complete && blob.hash[0] == 8 && boot_id[0] == 1);
	ck_assert_uint_eq(blob.grant_count, 2);
	ck_assert(blob_has_grant(&blob, BLOB_ROOM, STR("tea")));
	ck_assert(blob_has_grant(&blob, BLOB_ALL, STR("")));
}
END_TEST

START_TEST(a_changed_record_is_refused)
{
	char record[BLOB_RECORD_MOST];
	size_t len = record_example(record);
	uint8_t boot_id[BOOT_ID_SIZE];
	struct blob blob;

	for (size_t at = 0; at < len; at++) {
		record[at] ^= 0x10;
		ck_assert(!blob_record_read(str_slice(record, len), &blob,
		    boot_id));
		record[at] ^= 0x10;
		ck_assert(!blob_record_read(str_slice(record, at), &blob,
		    boot_id));
	}
}
END_TEST

SUITE(directory_blobs)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, what_was_completed_survives_every_crash, 0,
	    CRASH_SHAPES);
	tcase_add_loop_test(tests, a_crash_in_the_middle_leaves_no_half_file, 0,
	    CRASH_SHAPES);
	tcase_add_test(tests, an_upload_goes_on_after_a_kill);
	tcase_add_test(tests, an_upload_of_another_boot_is_removed);
	tcase_add_test(tests, a_grant_survives_a_kill);
	tcase_add_loop_test(tests, a_failure_costs_one_file, 0, 4);
	tcase_add_test(tests, a_lack_of_memory_costs_one_file);
	tcase_add_test(tests, a_full_disk_refuses_uploads_and_keeps_files);
	tcase_add_test(tests, leaves_space_to_others);
	tcase_add_loop_test(tests, a_damaged_file_goes_to_quarantine, 0, 2);
	tcase_add_loop_test(tests,
	    a_changed_file_goes_to_quarantine_after_a_start, 0, 2);
	tcase_add_test(tests, is_behind_until_the_disk_has_taken_what_came);
	tcase_add_loop_test(tests, is_not_behind_for_ever, 0, 2);
	tcase_add_test(tests, bytes_that_the_disk_did_not_take_cost_the_upload);
	tcase_add_test(tests, a_completion_behind_a_failed_flush_fails);
	tcase_add_test(tests, another_process_goes_on_without_a_search);
	tcase_add_test(tests, another_process_goes_on_with_the_checks);
	tcase_add_test(tests,
	    a_completion_that_is_under_way_is_not_handed_over);
	tcase_add_test(tests, what_was_not_packed_is_refused);
	tcase_add_loop_test(tests, without_memory_nothing_is_taken_over, 1, 8);
	tcase_add_test(tests, a_file_may_be_removed_while_it_is_checked);
	tcase_add_test(tests, other_files_of_the_directory_stay);
	tcase_add_test(tests, one_server_uses_a_directory);
	tcase_add_test(tests, a_record_is_read_as_it_was_written);
	tcase_add_test(tests, a_changed_record_is_refused);
}
