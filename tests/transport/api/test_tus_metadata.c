#include "transport/api/tus_metadata.h"

#include "tests/suite.h"

static const struct {
	const char *header;
	const char *key;
	enum tus_value end;
	const char *value;
} values[] = {
	{ "filename YS50eHQ=", "filename", TUS_FOUND, "a.txt" },
	{ "filename YS50eHQ=,filetype dGV4dC9wbGFpbg==", "filetype", TUS_FOUND,
	    "text/plain" },
	{ "a YQ==, filename YWI= ", "filename", TUS_FOUND, "ab" },
	{ "filename", "filename", TUS_FOUND, "" },
	{ "filename ", "filename", TUS_FOUND, "" },
	{ "filenames YQ==", "filename", TUS_ABSENT, "" },
	{ "", "filename", TUS_ABSENT, "" },
	{ ",,,", "filename", TUS_ABSENT, "" },
	{ "filename YS50eHQ", "filename", TUS_INVALID, "" },
	{ "filename !!!!", "filename", TUS_INVALID, "" },
	{ "filename ====", "filename", TUS_INVALID, "" },
	{ "filename AA==", "filename", TUS_INVALID, "" },
	{ "filename YWFhYWFhYWFhYWFhYWFhYWFhYWFh", "filename", TUS_INVALID,
	    "" },
};

START_TEST(finds_a_value)
{
	char out[16];

	ck_assert_int_eq(tus_metadata_find(str_from(values[_i].header),
			     values[_i].key, out, sizeof(out)),
	    values[_i].end);
	ck_assert_str_eq(out, values[_i].value);
}
END_TEST

SUITE(tus_metadata)
{
	tcase_add_loop_test(tests, finds_a_value, 0, COUNT_OF(values));
}
