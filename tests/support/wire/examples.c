#include "tests/support/wire/examples.h"

#include <stdio.h>

struct examples
examples_load(const char *file)
{
	struct examples examples = { 0 };

	for (size_t i = 0; dialects()[i] != NULL; i++) {
		char path[64];

		snprintf(path, sizeof(path), "tests/wire/vectors/%s/%s",
		    dialects()[i]->name, file);
		examples.vectors[i] = vectors_load(path);
		examples.dialects++;
	}
	return examples;
}

void
examples_check(const struct examples *examples, int n, example_check *check)
{
	const struct vectors *vectors = &examples->vectors[n];

	for (size_t i = 0; i < vectors->count; i++)
		check(dialects()[n], &vectors->items[i]);
}
