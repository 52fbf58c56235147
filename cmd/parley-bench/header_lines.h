/* Headers of upgrades, from a file: a line for each client, in turn. */
#ifndef PARLEY_BENCH_HEADER_LINES_H
#define PARLEY_BENCH_HEADER_LINES_H

#include <stddef.h>

struct header_lines {
	char *text;
	char **lines; /* into the text */
	size_t count; /* 0: there are none */
};

/* Exits if the file cannot be read or has no line. */
void header_lines_read(struct header_lines *, const char *path);
void header_lines_free(struct header_lines *);

/* That of a client by its number; "": there are none. */
const char *header_lines_of(const struct header_lines *, size_t client);

#endif
