/* docs/protocol.md shows nothing that is not tested. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/suite.h"
#include "tests/support/wire/vectors.h"
#include "wire/dialect.h"

#define EXAMPLES_LEAST 50

static struct vectors sent, said;

static bool
is_an_example(const struct vectors *vectors, const char *line)
{
	for (size_t i = 0; i < vectors->count; i++) {
		const struct vector *vector = &vectors->items[i];

		if (strcmp(line[0] == '>' ? vector->sent : vector->said,
			line + 2) == 0)
			return true;
	}
	return false;
}

static size_t
check_page(FILE *page)
{
	size_t size = 0, examples = 0;
	char *text = NULL;
	ssize_t len;

	while ((len = getline(&text, &size, page)) > 0) {
		const char *line = text + strspn(text, " ");

		text[len - 1] = '\0';
		if (strncmp(line, "> {", 3) != 0 &&
		    strncmp(line, "< {", 3) != 0)
			continue;
		ck_assert_msg(is_an_example(line[0] == '>' ? &sent : &said,
				  line),
		    "not an example of tests/wire/vectors: %s", line);
		examples++;
	}
	free(text);
	return examples;
}

START_TEST(shows_only_what_is_tested)
{
	FILE *page = fopen("docs/protocol.md", "r");

	ck_assert_ptr_nonnull(page);
	ck_assert_uint_ge(check_page(page), EXAMPLES_LEAST);
	fclose(page);
}
END_TEST

/* The word behind "event": in what is said. */
START_TEST(shows_every_event)
{
	char page[65536];
	FILE *file = fopen("docs/protocol.md", "r");

	ck_assert_ptr_nonnull(file);
	page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
	fclose(file);
	for (size_t i = 0; i < said.count; i++) {
		char event[64];
		const char *text = said.items[i].said;

		if (sscanf(text, "{%63[^,}]", event) == 1)
			ck_assert_msg(strstr(page, event) != NULL,
			    "%s is not on the page", event);
	}
}
END_TEST

SUITE(protocol_page)
{
	sent = vectors_load("tests/wire/vectors/command/decode.txt");
	said = vectors_load("tests/wire/vectors/command/encode.txt");
	tcase_add_test(tests, shows_only_what_is_tested);
	tcase_add_test(tests, shows_every_event);
}
