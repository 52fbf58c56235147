#include "wire/common/message_id.h"

#include "tests/suite.h"

static const struct {
	const char *room;
	uint64_t seq;
	int64_t at_ms;
	uint64_t seed;
} messages[] = {
	{ "sports", 17, 1795241301123, 1 },
	{ "sports", 18, 1795241301123, 1 },
	{ "sports", 17, 1795241301124, 1 },
	{ "sport", 17, 1795241301123, 1 },
	{ "sports", 17, 1795241301123, 2 },
	{ "0123456789012345678901234567890123456789012345678901234567890123", 1,
	    0, 1 },
};

static void
message_id_of_index(size_t i, char out[ID_SIZE])
{
	message_id_seed(messages[i].seed);
	message_id_write(str_from(messages[i].room), messages[i].seq,
	    messages[i].at_ms, out);
}

START_TEST(looks_like_a_random_uuid)
{
	char id[ID_SIZE];

	message_id_of_index((size_t)_i, id);
	ck_assert_uint_eq(strlen(id), ID_SIZE - 1);
	ck_assert_uint_eq(strspn(id, "0123456789abcdef-"), ID_SIZE - 1);
	ck_assert_int_eq(id[8], '-');
	ck_assert_int_eq(id[13], '-');
	ck_assert_int_eq(id[14], '4');
	ck_assert_int_eq(id[18], '-');
	ck_assert_ptr_nonnull(strchr("89ab", id[19]));
	ck_assert_int_eq(id[23], '-');
}
END_TEST

START_TEST(is_the_same_for_the_same_message_only)
{
	char ids[COUNT_OF(messages)][ID_SIZE], again[ID_SIZE];

	for (size_t i = 0; i < COUNT_OF(messages); i++) {
		message_id_of_index(i, ids[i]);
		message_id_of_index(i, again);
		ck_assert_str_eq(ids[i], again);
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(ids[i], ids[j]);
	}
}
END_TEST

SUITE(message_id)
{
	tcase_add_loop_test(tests, looks_like_a_random_uuid, 0,
	    COUNT_OF(messages));
	tcase_add_test(tests, is_the_same_for_the_same_message_only);
}
