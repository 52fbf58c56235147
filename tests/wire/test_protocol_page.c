/* The examples on the pages of the dialects are tested ones. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/suite.h"
#include "tests/support/wire/examples.h"

static struct examples sent, message;

static const struct {
	const char *dialect, *path;
	size_t examples;
} pages[] = {
	{ "command", "docs/protocol.md", 50 },
	{ "action", "docs/protocol-action.md", 30 },
	{ "topic", "docs/protocol-topic.md", 30 },
	{ "dotnet", "docs/protocol-dotnet.md", 30 },
};

static size_t
index_of(const char *dialect)
{
	return dialect_index(dialect_find(str_from(dialect)));
}

/* The part of an example with a mark. */
static const char *
vector_marked(const struct vector *vector, char mark)
{
	switch (mark) {
	case '>':
		return vector->sent;
	case '<':
		return vector->message;
	default:
		return vector->close;
	}
}

static bool
is_an_example(size_t dialect, const char *line)
{
	const struct vectors *vectors =
	    line[0] == '>' ? &sent.vectors[dialect] : &message.vectors[dialect];

	for (size_t i = 0; i < vectors->count; i++) {
		const char *text = vector_marked(&vectors->items[i], line[0]);

		if (text != NULL && strcmp(text, line + 2) == 0)
			return true;
	}
	return false;
}

/* A block of code: the line is indented. */
static bool
looks_like_an_example(const char *line, size_t indented)
{
	return indented >= 4 && strchr("><x", line[0]) != NULL &&
	       line[0] != '\0' && line[1] == ' ';
}

static size_t
check_page(size_t dialect, FILE *page)
{
	size_t size = 0, examples = 0;
	char *text = NULL;
	ssize_t len;

	while ((len = getline(&text, &size, page)) > 0) {
		const char *line = text + strspn(text, " ");

		text[len - 1] = '\0';
		if (!looks_like_an_example(line, (size_t)(line - text)))
			continue;
		ck_assert_msg(is_an_example(dialect, line),
		    "not an example of tests/wire/vectors: %s", line);
		examples++;
	}
	free(text);
	return examples;
}

START_TEST(contains_only_tested_examples)
{
	FILE *page = fopen(pages[_i].path, "r");

	ck_assert_ptr_nonnull(page);
	ck_assert_uint_ge(check_page(index_of(pages[_i].dialect), page),
	    pages[_i].examples);
	fclose(page);
}
END_TEST

/* By the first field: "event":"joined". */
START_TEST(documents_every_event)
{
	const struct vectors *vectors =
	    &message.vectors[index_of(pages[_i].dialect)];
	char page[65536];
	FILE *file = fopen(pages[_i].path, "r");

	ck_assert_ptr_nonnull(file);
	page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
	fclose(file);
	for (size_t i = 0; i < vectors->count; i++) {
		char first[64];

		if (sscanf(vectors->items[i].message, "{%63[^,}]", first) == 1)
			ck_assert_msg(strstr(page, first) != NULL,
			    "%s is not on the page", first);
	}
}
END_TEST

START_TEST(there_is_a_page_for_every_dialect)
{
	ck_assert_uint_eq(message.dialects, COUNT_OF(pages));
	ck_assert_ptr_nonnull(dialect_find(str_from(pages[_i].dialect)));
}
END_TEST

SUITE(protocol_page)
{
	sent = examples_load("decode.txt");
	message = examples_load("encode.txt");
	tcase_add_loop_test(tests, there_is_a_page_for_every_dialect, 0,
	    COUNT_OF(pages));
	tcase_add_loop_test(tests, contains_only_tested_examples, 0,
	    COUNT_OF(pages));
	tcase_add_loop_test(tests, documents_every_event, 0, COUNT_OF(pages));
}
