#include "tests/support/wire/vectors.h"

#include <stdio.h>
#include <stdlib.h>

static void
vectors_fail(const char *file, size_t line, const char *why)
{
	fprintf(stderr, "%s:%zu: %s\n", file, line, why);
	exit(EXIT_FAILURE);
}

static char *
line_join(char *text, const char *line)
{
	char *longer;

	if (asprintf(&longer, "%s%s\n", text == NULL ? "" : text, line) < 0)
		abort();
	free(text);
	return longer;
}

static char *
text_duplicate(const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		abort();
	return copy;
}

static struct vector *
vectors_append(struct vectors *vectors, const char *path, size_t line)
{
	size_t size = (vectors->count + 1) * sizeof(struct vector);

	vectors->items = realloc(vectors->items, size);
	if (vectors->items == NULL)
		abort();
	vectors->items[vectors->count] = (struct vector){
		.file = text_duplicate(path),
		.line = line,
		.stage = WIRE_INSIDE,
		.viewpoint = VIEW_OTHERS,
	};
	return &vectors->items[vectors->count++];
}

static bool
take_circumstance(struct vector *vector, const char *word)
{
	if (strcmp(word, "new") == 0)
		vector->stage = WIRE_NEW;
	else if (strcmp(word, "outside") == 0)
		vector->stage = WIRE_OUTSIDE;
	else if (strcmp(word, "author") == 0)
		vector->viewpoint = VIEW_AUTHOR;
	else
		return false;
	return true;
}

/* Whether the line begins with a mark of an example. */
static bool
take_line(struct vector *vector, const char *line)
{
	const char *rest = line[0] != '\0' && line[1] == ' ' ? line + 2 : "";

	switch (line[0]) {
	case '>':
		vector->sent = text_duplicate(rest);
		return true;
	case '<':
		vector->message = text_duplicate(rest);
		return true;
	case '~':
		vector->second = text_duplicate(rest);
		return true;
	case 'x':
		vector->close = text_duplicate(rest);
		return true;
	case '@':
		return take_circumstance(vector, rest);
	case '=':
	case '!':
		vector->means = line_join(vector->means, line);
		return true;
	case '+':
		vector->event = line_join(vector->event, rest);
		return true;
	default:
		return line[0] == '\0';
	}
}

struct vectors
vectors_load(const char *path)
{
	struct vectors vectors = { 0 };
	struct vector *vector = NULL;
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t size = 0, number = 0;
	ssize_t len;

	if (file == NULL)
		vectors_fail(path, 0, "cannot be opened");
	while ((len = getline(&line, &size, file)) > 0) {
		number++;
		line[len - 1] = '\0';
		if (line[0] == '#') {
			vector = vectors_append(&vectors, path, number);
			vector->title = text_duplicate(line + 2);
		} else if (vector == NULL || !take_line(vector, line)) {
			vectors_fail(path, number, "not a line of an example");
		}
	}
	free(line);
	fclose(file);
	return vectors;
}

struct wire_context
vector_context(const struct vector *vector)
{
	return (struct wire_context){
		.json_depth = VECTOR_JSON_DEPTH,
		.frame_bytes = VECTOR_FRAME_BYTES,
		.stage = vector->stage,
	};
}
