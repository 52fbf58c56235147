/* Names and types of files. */
#ifndef DOMAIN_FILE_NAME_H
#define DOMAIN_FILE_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/base/str.h"

/*
 * Makes a base name of any text, which no system takes for a path: what follows
 * the last / or \, without hidden characters, and with _ for characters that
 * have a meaning in paths or patterns. If it is too long the part before the
 * extension is cut. "file" if nothing is left. The size is at least 64.
 */
void file_name_sanitize(struct str wish, char *out, size_t size);

/*
 * Makes a media type of a header: "Text/HTML; charset=x" is "text/html". False:
 * it is none, or too long; out is "" then.
 */
bool file_type_normalize(struct str header, char *out, size_t size);

/* How many of a file's first bytes file_type_choose() looks at. */
#define FILE_SNIFF_BYTES 512

/*
 * The type that a file is served with. A declared type that browsers display
 * counts only if the file's bytes agree. "" for `declared`: none.
 */
const char *file_type_choose(const char *declared, struct str bytes);

/* A picture that browsers display without running anything in it. */
bool file_type_is_safe_picture(struct str type);

/*
 * Whether a list names the type: types and patterns as "image/" and *,
 * separated by commas. An empty list names all.
 */
bool file_type_is_listed(struct str list, struct str type);

/* Whether a text can be such a list. */
bool file_types_are_valid(struct str list);

#endif
