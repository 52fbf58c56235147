/* docs/errors.md has each error with its status and text. */
#include <stdio.h>
#include <string.h>

#include "domain/error.h"
#include "tests/suite.h"
#include "wire/api/api_answer.h"

START_TEST(the_page_has_every_error)
{
	static char page[64 * 1024];
	FILE *file = fopen("docs/errors.md", "r");
	char row[256];

	ck_assert_msg(file != NULL, "run from the root of the tree");
	ck_assert_uint_gt(fread(page, 1, sizeof(page) - 1, file), 0);
	fclose(file);
	for (int i = CHAT_OK + 1; i < CHAT_ERROR_KINDS; i++) {
		enum chat_error error = (enum chat_error)i;

		snprintf(row, sizeof(row), "\n| `%s` | %d | %s | ",
		    chat_error_word(error), api_status(error),
		    chat_error_text(error));
		ck_assert_msg(strstr(page, row) != NULL,
		    "docs/errors.md lacks %s", row + 1);
	}
}
END_TEST

SUITE(error_page)
{
	tcase_add_test(tests, the_page_has_every_error);
}
