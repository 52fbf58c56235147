#include "domain/base/pack.h"

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

static void
all_pack(struct packer *packer)
{
	pack_number(packer, 0);
	pack_number(packer, UINT64_MAX);
	pack_text(packer, STR_ABSENT);
	pack_text(packer, STR(""));
	pack_text(packer, STR("a\0b"));
}

START_TEST(reads_what_it_writes)
{
	struct packer packer = { .len = 0 };
	struct unpacker from;
	struct str text;
	char string[4];

	all_pack(&packer);
	pack_text(&packer, STR("abc"));
	from = (struct unpacker){ .rest = packer_str(&packer) };
	ck_assert_uint_eq(unpack_number(&from), 0);
	ck_assert(unpack_number(&from) == UINT64_MAX);
	ck_assert_ptr_null(unpack_text(&from).data);
	text = unpack_text(&from);
	ck_assert(text.data != NULL && text.len == 0);
	ck_assert(str_equal(unpack_text(&from), STR("a\0b")));
	unpack_string(&from, string, sizeof(string));
	ck_assert_str_eq(string, "abc");
	ck_assert(!from.failed && from.rest.len == 0);
	packer_fini(&packer);
}
END_TEST

START_TEST(fails_on_every_part_of_it)
{
	struct packer packer = { .len = 0 };
	size_t len;

	all_pack(&packer);
	len = packer.len;
	while (len-- > 0) {
		struct unpacker from = { .rest = str_slice(packer.bytes, len) };

		unpack_number(&from);
		unpack_number(&from);
		for (int i = 0; i < 3; i++)
			unpack_text(&from);
		ck_assert(from.failed);
		ck_assert_uint_eq(unpack_number(&from), 0);
		ck_assert_ptr_null(unpack_text(&from).data);
	}
	packer_fini(&packer);
}
END_TEST

START_TEST(a_string_that_does_not_fit_is_refused)
{
	struct packer packer = { .len = 0 };
	struct unpacker from;
	char string[3];

	pack_text(&packer, STR("abc"));
	from = (struct unpacker){ .rest = packer_str(&packer) };
	unpack_string(&from, string, sizeof(string));
	ck_assert(from.failed);
	ck_assert_str_eq(string, "");
	packer_fini(&packer);
}
END_TEST

START_TEST(without_memory_it_fails)
{
	struct packer packer = { .len = 0 };

	if (!malloc_can_fail())
		return;
	malloc_fail_at(1);
	pack_number(&packer, 1);
	malloc_fail_at(0);
	ck_assert(packer.failed);
	pack_number(&packer, 1);
	ck_assert_uint_eq(packer.len, 0);
	packer_fini(&packer);
}
END_TEST

SUITE(pack)
{
	tcase_add_test(tests, reads_what_it_writes);
	tcase_add_test(tests, fails_on_every_part_of_it);
	tcase_add_test(tests, a_string_that_does_not_fit_is_refused);
	tcase_add_test(tests, without_memory_it_fails);
}
