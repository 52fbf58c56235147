#include "persistence/journal/batch.h"

#include "tests/suite.h"

static struct batch *batch;

static void
setup(void)
{
	batch = batch_create(0);
	ck_assert_ptr_nonnull(batch);
}

static void
teardown(void)
{
	batch_destroy(batch);
}

static void
batch_add_text(enum record_type type, const char *text)
{
	size_t len = strlen(text);

	ck_assert(batch_fits(batch, len));
	memcpy(batch_payload(batch), text, len);
	batch_add(batch, type, len, 10 + batch->count);
}

START_TEST(becomes_records)
{
	static const char *const texts[] = { "", "a", "sevenish",
		"nine chars" };
	const char *at = batch->bytes;
	struct record record;
	size_t size;

	for (int i = 0; i < 4; i++)
		batch_add_text(RECORD_ROOM, texts[i]);
	batch_finish(batch, 99, 7);
	ck_assert_uint_eq(batch_last_lsn(batch), 13);
	for (uint32_t i = 0; i < 4; i++) {
		ck_assert_int_eq(record_read(at, batch->len, 99, &record,
				     &size),
		    RECORD_GOOD);
		ck_assert_uint_eq(record.lsn, 10 + i);
		ck_assert_uint_eq(record.ahead, 3 + i);
		ck_assert_uint_eq(record.type, RECORD_ROOM);
		ck_assert_uint_eq(record.version, RECORD_VERSION);
		ck_assert(str_equal(record.payload, str_from(texts[i])));
		at += size;
	}
	ck_assert_ptr_eq(at, batch->bytes + batch->len);
}
END_TEST

START_TEST(is_full_with_so_many_records)
{
	for (uint32_t i = 0; i < BATCH_RECORDS; i++)
		batch_add_text(RECORD_MESSAGE, "");
	ck_assert(!batch_fits(batch, 0));
	batch_clear(batch);
	ck_assert(batch_fits(batch, 0));
}
END_TEST

START_TEST(is_full_with_so_many_bytes)
{
	size_t most = BATCH_BYTES - RECORD_HEAD_SIZE;

	ck_assert(batch_fits(batch, most));
	ck_assert(!batch_fits(batch, most + 1));
	batch_add(batch, RECORD_MESSAGE, most / 2, 1);
	ck_assert(batch_fits(batch, most - most / 2 - RECORD_HEAD_SIZE - 8));
	ck_assert(!batch_fits(batch, most - most / 2));
}
END_TEST

START_TEST(has_room_for_a_seal_behind_anything)
{
	batch_add(batch, RECORD_MESSAGE, BATCH_BYTES - RECORD_HEAD_SIZE, 1);
	ck_assert(!batch_fits(batch, 0));
	batch_add(batch, RECORD_SEAL, 0, 2);
	ck_assert(batch->seals);
	ck_assert_uint_eq(batch->len, batch->size);
}
END_TEST

START_TEST(takes_nothing_behind_a_seal)
{
	batch_add_text(RECORD_SEAL, "");
	ck_assert(!batch_fits(batch, 0));
}
END_TEST

START_TEST(holds_a_large_record_alone)
{
	struct batch *large = batch_create(RECORD_PAYLOAD_MOST);

	ck_assert_ptr_nonnull(large);
	ck_assert(batch_fits(large, RECORD_PAYLOAD_MOST));
	ck_assert(!batch_is_common(large));
	ck_assert(!batch_fits(batch, RECORD_PAYLOAD_MOST));
	ck_assert(batch_is_common(batch));
	batch_destroy(large);
}
END_TEST

SUITE(batch)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, becomes_records);
	tcase_add_test(tests, is_full_with_so_many_records);
	tcase_add_test(tests, is_full_with_so_many_bytes);
	tcase_add_test(tests, has_room_for_a_seal_behind_anything);
	tcase_add_test(tests, takes_nothing_behind_a_seal);
	tcase_add_test(tests, holds_a_large_record_alone);
}
