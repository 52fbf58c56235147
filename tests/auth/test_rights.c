#include "auth/rights.h"

#include "tests/suite.h"
#include "wire/common/wire_text.h"

static const struct {
	const char *claim; /* NULL: absent */
	unsigned rights;
} claims[] = {
	{ NULL, RIGHTS_ALL },
	{ "{}", RIGHTS_ALL },
	{ "{\"other\":[\"read\"]}", RIGHTS_ALL },
	{ "{\"can\":[]}", 0 },
	{ "{\"can\":[\"read\",\"post\"]}", RIGHT_READ | RIGHT_POST },
	{ "{\"can\":[\"re\\u0061d\",\"fly\",7]}", RIGHT_READ },
	{ "{\"can\":\"read\"}", 0 },
	{ "{\"can\":null}", 0 },
};

START_TEST(reads_claims)
{
	struct str claim =
	    claims[_i].claim == NULL ? STR_ABSENT : str_from(claims[_i].claim);

	ck_assert_uint_eq(rights_of_claim(claim), claims[_i].rights);
}
END_TEST

START_TEST(reads_what_it_writes)
{
	struct wire_text text;

	wire_text_init(&text);
	for (unsigned rights = 0; rights <= RIGHTS_ALL; rights++) {
		wire_text_reset(&text);
		rights_write(rights, &text);
		ck_assert(!text.failed);
		ck_assert_uint_eq(rights_read(str_slice(text.data, text.len)),
		    rights);
	}
	wire_text_fini(&text);
}
END_TEST

SUITE(rights)
{
	tcase_add_loop_test(tests, reads_claims, 0, COUNT_OF(claims));
	tcase_add_test(tests, reads_what_it_writes);
}
