/* Several processes that use one directory of uploaded files. */
#include <errno.h>

#include "persistence/blobs/blob_files.h"
#include "persistence/blobs/directory_blobs.h"
#include "persistence/blobs/shared_id.h"
#include "tests/suite.h"
#include "tests/support/persistence/memory_disk.h"

#define ID "0b6a1f0e-5c1c-4b8e-9a55-2f6d1c1f7e10"
#define OTHER "0b6a1f0e-5c1c-4b8e-9a55-2f6d1c1f7e11"

static struct memory_disk *memory;
static struct blob_store *one, *two;

static struct blob_store *
shared_open(void)
{
	struct directory_blobs_config config = {
		.disk = memory_disk_disk(memory),
		.is_shared = true,
	};
	struct blob_store *store = directory_blobs_create(&config);

	ck_assert_ptr_nonnull(store);
	return store;
}

static void
setup(void)
{
	memory = memory_disk_create();
	one = shared_open();
	two = shared_open();
}

static void
teardown(void)
{
	blob_store_destroy(one);
	blob_store_destroy(two);
	memory_disk_destroy(memory);
}

/* As a command finds it. */
static const struct blob *
shared_find(struct blob_store *store, const char *id)
{
	blob_store_refresh(store, str_from(id));
	return blob_store_find(store, str_from(id));
}

static void
shared_create(struct blob_store *store, const char *id, uint64_t size)
{
	struct blob blob = {
		.owner = "ann", .payer = "ann", .name = "a", .size = size
	};

	*str_put(blob.id, str_from(id)) = '\0';
	ck_assert_int_eq(blob_store_create(store, &blob), CHAT_OK);
}

static void
shared_append(struct blob_store *store, const char *id, const char *text)
{
	ck_assert_ptr_nonnull(shared_find(store, id));
	ck_assert_int_eq(blob_store_append(store, str_from(id), str_from(text)),
	    CHAT_OK);
}

struct shared_completion {
	struct blob_waiter waiter;
	bool is_done;
	enum chat_error error;
};

static void
shared_completion_note(struct blob_waiter *waiter, enum chat_error error)
{
	struct shared_completion *completion =
	    (struct shared_completion *)waiter;

	completion->is_done = true;
	completion->error = error;
}

static enum chat_error
shared_complete(struct blob_store *store, const char *id)
{
	struct shared_completion completion = {
		.waiter = { shared_completion_note, NULL }
	};

	blob_store_complete(store, str_from(id), STR("text/plain"),
	    &completion.waiter);
	while (!completion.is_done)
		blob_store_poll(store);
	return completion.error;
}

static void
shared_upload(struct blob_store *store, const char *id)
{
	shared_create(store, id, 4);
	shared_append(store, id, "text");
	ck_assert_int_eq(shared_complete(store, id), CHAT_OK);
}

START_TEST(an_upload_goes_on_at_another_node)
{
	char bytes[16];

	shared_create(one, ID, 9);
	shared_append(one, ID, "some ");
	ck_assert_uint_eq(shared_find(two, ID)->received, 5);
	shared_append(two, ID, "text");
	ck_assert_uint_eq(shared_find(one, ID)->received, 9);
	ck_assert_int_eq(shared_complete(one, ID), CHAT_OK);
	ck_assert(shared_find(two, ID)->is_complete);
	ck_assert_int_eq(blob_store_read(two, STR(ID), 0, bytes, 16), 9);
	ck_assert_mem_eq(bytes, "some text", 9);
	ck_assert_uint_eq(blob_store_usage(two, STR("ann")).count, 1);
}
END_TEST

START_TEST(what_one_node_has_completed_the_other_does_not_lose)
{
	shared_create(one, ID, 4);
	shared_append(one, ID, "text");
	ck_assert_ptr_nonnull(shared_find(two, ID));
	ck_assert_int_eq(shared_complete(one, ID), CHAT_OK);
	ck_assert_int_eq(shared_complete(two, ID), CHAT_UNAVAILABLE);
	ck_assert(shared_find(two, ID)->is_complete);
	ck_assert(shared_find(one, ID)->is_complete);
}
END_TEST

START_TEST(grants_of_both_are_kept)
{
	int lock;

	shared_upload(one, ID);
	ck_assert_ptr_nonnull(shared_find(two, ID));
	ck_assert_int_eq(blob_store_grant(one, STR(ID), BLOB_ROOM, STR("a")),
	    CHAT_OK);
	ck_assert_int_eq(blob_store_grant(two, STR(ID), BLOB_ROOM, STR("b")),
	    CHAT_OK);
	ck_assert_uint_eq(shared_find(one, ID)->grant_count, 2);
	ck_assert_int_eq(blob_files_lock(memory_disk_disk(memory), ID, &lock),
	    0);
	ck_assert_int_eq(blob_store_grant(two, STR(ID), BLOB_ROOM, STR("c")),
	    CHAT_UNAVAILABLE);
	disk_close(memory_disk_disk(memory), lock);
	ck_assert_uint_eq(shared_find(two, ID)->grant_count, 2);
}
END_TEST

/* The other node learns by its listing what it was not asked for. */
START_TEST(a_listing_finds_what_is_new_and_what_is_gone)
{
	shared_upload(one, ID);
	ck_assert_ptr_nonnull(shared_find(two, ID));
	shared_upload(one, OTHER);
	blob_store_remove(one, STR(ID));
	while (blob_store_find(two, STR(OTHER)) == NULL ||
	       blob_store_find(two, STR(ID)) != NULL) {
		blob_store_refresh(two, STR_ABSENT);
		blob_store_poll(two);
		blob_store_poll(one);
	}
	ck_assert_uint_eq(blob_store_usage(two, STR_ABSENT).count, 1);
	ck_assert_ptr_null(shared_find(one, ID));
}
END_TEST

/* They may be another node's, which is about to finish them. */
START_TEST(nothing_is_removed_by_a_start)
{
	size_t len;

	shared_create(one, ID, 9);
	shared_append(one, ID, "some ");
	memory_disk_put(memory, OTHER ".new", "half", 4);
	memory_disk_put(memory, OTHER ".data", "damaged", 7);
	memory_disk_put(memory, OTHER ".info", "half", 4);
	blob_store_destroy(two);
	two = shared_open();
	ck_assert_uint_eq(blob_store_find(two, STR(ID))->received, 5);
	ck_assert_ptr_null(shared_find(two, OTHER));
	ck_assert_ptr_nonnull(memory_disk_file(memory, OTHER ".new", &len));
	ck_assert_ptr_nonnull(memory_disk_file(memory, OTHER ".data", &len));
}
END_TEST

START_TEST(a_directory_has_one_id)
{
	struct disk *disk = memory_disk_disk(memory);
	char first[SHARED_ID_SIZE], second[SHARED_ID_SIZE];
	int file;

	ck_assert_int_eq(shared_id_get(disk, first), 0);
	ck_assert_int_eq(shared_id_get(disk, second), 0);
	ck_assert_str_eq(first, second);
	ck_assert_uint_eq(strlen(first), SHARED_ID_SIZE - 1);
	ck_assert_int_eq(disk_open(disk, "SHARED", DISK_WRITE, &file), 0);
	ck_assert_int_eq(disk_lock(disk, file), 0);
	ck_assert_int_eq(shared_id_get(disk, second), EAGAIN);
	disk_close(disk, file);
	memory_disk_put(memory, "SHARED", "0123", 4);
	ck_assert_int_eq(shared_id_get(disk, second), EINVAL);
}
END_TEST

SUITE(shared_blobs)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, an_upload_goes_on_at_another_node);
	tcase_add_test(tests,
	    what_one_node_has_completed_the_other_does_not_lose);
	tcase_add_test(tests, grants_of_both_are_kept);
	tcase_add_test(tests, a_listing_finds_what_is_new_and_what_is_gone);
	tcase_add_test(tests, nothing_is_removed_by_a_start);
	tcase_add_test(tests, a_directory_has_one_id);
}
