/* What every store of uploaded files must do. */
#include <stdlib.h>

#include "domain/blob_store.h"
#include "persistence/blobs/directory_blobs.h"
#include "persistence/blobs/memory_blobs.h"
#include "tests/suite.h"
#include "tests/support/persistence/memory_disk.h"

#define ID "0b6a1f0e-5c1c-4b8e-9a55-2f6d1c1f7e1"
#define ONE STR(ID "1")
#define TWO STR(ID "2")

static struct memory_disk *memory;

static struct blob_store *
directory_store_create(void)
{
	struct directory_blobs_config config;

	memory = memory_disk_create();
	config = (struct directory_blobs_config){
		.disk = memory_disk_disk(memory),
	};
	return directory_blobs_create(&config);
}

static const struct {
	const char *name;
	struct blob_store *(*create)(void);
} blob_kinds[] = {
	{ "memory", memory_blobs_create },
	{ "directory", directory_store_create },
};

#define BLOB_KINDS COUNT_OF(blob_kinds)

static struct blob_store *store;

/* Every test begins with an empty store of the kind. */
static void
store_begin(int kind)
{
	store = blob_kinds[kind].create();
	ck_assert_ptr_nonnull(store);
}

static void
store_end(void)
{
	blob_store_destroy(store);
	memory_disk_destroy(memory);
	memory = NULL;
}

static struct blob
blob_of(struct str id, const char *payer, uint64_t size)
{
	struct blob blob = {
		.key = "secret",
		.owner = "ann",
		.name = "a.txt",
		.declared = "text/plain",
		.size = size,
		.created_ms = 5,
		.expires_ms = 50,
	};

	memcpy(blob.id, id.data, id.len);
	*str_put(blob.payer, str_from(payer)) = '\0';
	return blob;
}

static void
blob_begin(struct str id, uint64_t size)
{
	struct blob blob = blob_of(id, "ann", size);

	ck_assert_int_eq(blob_store_create(store, &blob), CHAT_OK);
}

struct outcome {
	struct blob_waiter waiter;
	int calls;
	enum chat_error error;
};

static void
outcome_note(struct blob_waiter *waiter, enum chat_error error)
{
	struct outcome *outcome = (struct outcome *)waiter;

	outcome->calls++;
	outcome->error = error;
}

static enum chat_error
blob_complete(struct str id)
{
	struct outcome outcome = { .waiter = { .done = outcome_note } };

	blob_store_complete(store, id, STR("text/plain"), &outcome.waiter);
	while (outcome.calls == 0)
		blob_store_poll(store);
	ck_assert_int_eq(outcome.calls, 1);
	return outcome.error;
}

static void
blob_append(struct str id, const char *text)
{
	ck_assert_int_eq(blob_store_append(store, id, str_from(text)), CHAT_OK);
}

static void
blob_expect(struct str id, const char *bytes, size_t len)
{
	char *out = malloc(len + 1);
	size_t at = 0;

	while (at < len) {
		ptrdiff_t got =
		    blob_store_read(store, id, at, out + at, len + 1 - at);

		ck_assert_int_gt(got, 0);
		at += (size_t)got;
	}
	ck_assert_int_eq(blob_store_read(store, id, at, out, 1), 0);
	ck_assert_mem_eq(out, bytes, len);
	free(out);
}

START_TEST(returns_what_was_appended)
{
	const struct blob *blob;

	store_begin(_i);
	blob_begin(ONE, 8);
	blob_append(ONE, "some");
	blob_append(ONE, "");
	blob_append(ONE, "text");
	blob = blob_store_find(store, ONE);
	ck_assert(!blob->is_complete && blob->received == 8);
	blob_expect(ONE, "sometext", 8);
	ck_assert_int_eq(blob_complete(ONE), CHAT_OK);
	blob = blob_store_find(store, ONE);
	ck_assert(blob->is_complete && blob->size == 8);
	ck_assert_str_eq(blob->type, "text/plain");
	ck_assert_str_eq(blob->name, "a.txt");
	ck_assert_str_eq(blob->owner, "ann");
	ck_assert_str_eq(blob->key, "secret");
	ck_assert_int_eq(blob->expires_ms, 50);
	blob_expect(ONE, "sometext", 8);
	store_end();
}
END_TEST

START_TEST(keeps_large_files_in_any_pieces)
{
	const size_t len = 100003;
	char *bytes = malloc(len);

	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(i * i >> 3);
	store_begin(_i);
	blob_begin(ONE, len);
	for (size_t at = 0, piece = 1; at < len; at += piece, piece += 997) {
		if (piece > len - at)
			piece = len - at;
		ck_assert_int_eq(blob_store_append(store, ONE,
				     str_slice(bytes + at, piece)),
		    CHAT_OK);
	}
	ck_assert_int_eq(blob_complete(ONE), CHAT_OK);
	blob_expect(ONE, bytes, len);
	store_end();
	free(bytes);
}
END_TEST

START_TEST(hashes_the_bytes)
{
	static const uint8_t abc[] = { 0xba, 0x78, 0x16, 0xbf };

	store_begin(_i);
	blob_begin(ONE, 3);
	blob_append(ONE, "a");
	blob_append(ONE, "bc");
	ck_assert_int_eq(blob_complete(ONE), CHAT_OK);
	ck_assert_mem_eq(blob_store_find(store, ONE)->hash, abc, sizeof(abc));
	store_end();
}
END_TEST

START_TEST(an_empty_file_is_a_file)
{
	store_begin(_i);
	blob_begin(ONE, 0);
	ck_assert_int_eq(blob_complete(ONE), CHAT_OK);
	blob_expect(ONE, "", 0);
	store_end();
}
END_TEST

START_TEST(a_size_can_be_unknown_until_the_end)
{
	store_begin(_i);
	blob_begin(ONE, BLOB_SIZE_UNKNOWN);
	ck_assert_uint_eq(blob_store_usage(store, STR("ann")).bytes,
	    BLOB_CHARGE_LEAST);
	for (int i = 0; i < 5000; i++)
		blob_append(ONE, "0123456789");
	ck_assert_uint_eq(blob_store_usage(store, STR("ann")).bytes, 50000);
	ck_assert_int_eq(blob_complete(ONE), CHAT_OK);
	ck_assert_uint_eq(blob_store_find(store, ONE)->size, 50000);
	ck_assert_uint_eq(blob_store_usage(store, STR("ann")).bytes, 50000);
	store_end();
}
END_TEST

START_TEST(an_id_is_taken_once)
{
	struct blob blob = blob_of(ONE, "bob", 1);

	store_begin(_i);
	blob_begin(ONE, 3);
	ck_assert_int_eq(blob_store_create(store, &blob), CHAT_FILE_EXISTS);
	ck_assert_uint_eq(blob_store_usage(store, STR("bob")).count, 0);
	blob_store_remove(store, ONE);
	/* When the first one is removed completely. */
	while (blob_store_create(store, &blob) == CHAT_FILE_EXISTS)
		blob_store_poll(store);
	ck_assert_uint_eq(blob_store_usage(store, STR("bob")).count, 1);
	store_end();
}
END_TEST

START_TEST(finds_only_valid_ids)
{
	static const char *const ids[] = { "", "..", "../../etc/passwd",
		"0b6a1f0e5c1c4b8e9a552f6d1c1f7e11",
		"0B6A1F0E-5C1C-4B8E-9A55-2F6D1C1F7E11",
		"0b6a1f0e-5c1c-4b8e-9a55-2f6d1c1f7e1/" };

	store_begin(_i);
	blob_begin(ONE, 3);
	ck_assert_ptr_nonnull(blob_store_find(store, ONE));
	ck_assert_ptr_null(blob_store_find(store, TWO));
	for (size_t i = 0; i < COUNT_OF(ids); i++)
		ck_assert_ptr_null(blob_store_find(store, str_from(ids[i])));
	store_end();
}
END_TEST

START_TEST(counts_what_payers_use)
{
	struct blob two = blob_of(TWO, "bob", 20000);
	struct blob_usage usage;

	store_begin(_i);
	blob_begin(ONE, 100000);
	ck_assert_int_eq(blob_store_create(store, &two), CHAT_OK);
	ck_assert_uint_eq(blob_store_usage(store, STR("ann")).bytes, 100000);
	ck_assert_uint_eq(blob_store_usage(store, STR("bob")).bytes, 20000);
	usage = blob_store_usage(store, STR_ABSENT);
	ck_assert_uint_eq(usage.count, 2);
	ck_assert_uint_eq(usage.bytes, 120000);
	blob_store_remove(store, ONE);
	ck_assert_uint_eq(blob_store_usage(store, STR("ann")).bytes, 0);
	ck_assert_uint_eq(blob_store_usage(store, STR_ABSENT).bytes, 20000);
	store_end();
}
END_TEST

START_TEST(remembers_grants)
{
	char room[] = "room0";

	store_begin(_i);
	blob_begin(ONE, 0);
	ck_assert_int_eq(blob_complete(ONE), CHAT_OK);
	for (int i = 0; i < BLOB_GRANTS_MOST; i++) {
		room[4] = (char)('0' + i);
		for (int twice = 0; twice < 2; twice++)
			ck_assert_int_eq(blob_store_grant(store, ONE, BLOB_ROOM,
					     str_from(room)),
			    CHAT_OK);
	}
	ck_assert(blob_has_grant(blob_store_find(store, ONE), BLOB_ROOM,
	    STR("room7")));
	ck_assert(!blob_has_grant(blob_store_find(store, ONE), BLOB_MEMBER,
	    STR("room7")));
	ck_assert_int_eq(blob_store_grant(store, ONE, BLOB_ALL, STR("")),
	    CHAT_UNAVAILABLE);
	store_end();
}
END_TEST

static bool
ids_collect(const struct blob *blob, void *arg)
{
	char *at = arg;

	strcat(at, blob->id + 35);
	return strlen(at) < 2;
}

START_TEST(visits_the_oldest_first)
{
	char ids[8] = "";

	store_begin(_i);
	blob_begin(TWO, 0);
	blob_begin(ONE, 0);
	blob_begin(STR(ID "3"), 0);
	blob_store_each(store, ids_collect, ids);
	ck_assert_str_eq(ids, "21");
	store_end();
}
END_TEST

START_TEST(ignores_the_removal_of_unknown_ones)
{
	store_begin(_i);
	blob_store_remove(store, ONE);
	blob_store_remove(store, STR("x"));
	blob_store_destroy(NULL);
	store_end();
}
END_TEST

SUITE(blob_contract)
{
	const TTest *const all[] = { returns_what_was_appended,
		keeps_large_files_in_any_pieces, hashes_the_bytes,
		an_empty_file_is_a_file, a_size_can_be_unknown_until_the_end,
		an_id_is_taken_once, finds_only_valid_ids,
		counts_what_payers_use, remembers_grants,
		visits_the_oldest_first, ignores_the_removal_of_unknown_ones };

	for (size_t i = 0; i < COUNT_OF(all); i++)
		tcase_add_loop_test(tests, all[i], 0, BLOB_KINDS);
}
