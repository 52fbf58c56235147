#include "cmd/parley-bench/header_lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/parley-bench/fail.h"

static void
lines_add(struct header_lines *self, char *line)
{
	char **grown = realloc(self->lines, (self->count + 1) * sizeof(*grown));

	if (grown == NULL)
		cannot_run("no memory");
	self->lines = grown;
	self->lines[self->count++] = line;
}

void
header_lines_read(struct header_lines *self, const char *path)
{
	FILE *file = fopen(path, "r");
	size_t size = 0;
	char *rest;

	*self = (struct header_lines){ .text = NULL };
	if (file == NULL || getdelim(&self->text, &size, '\0', file) < 0)
		cannot_run("%s: %s", path,
		    file == NULL ? strerror(errno) : "nothing in it");
	fclose(file);
	rest = self->text;
	for (char *line; (line = strsep(&rest, "\n")) != NULL;)
		if (*line != '\0')
			lines_add(self, line);
	if (self->count == 0)
		cannot_run("%s: nothing in it", path);
}

void
header_lines_free(struct header_lines *self)
{
	free(self->lines);
	free(self->text);
}

const char *
header_lines_of(const struct header_lines *self, size_t client)
{
	return self->count == 0 ? "" : self->lines[client % self->count];
}
