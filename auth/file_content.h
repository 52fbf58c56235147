/* Small files, whole. Public. */
#ifndef AUTH_FILE_CONTENT_H
#define AUTH_FILE_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "domain/base/str.h"

/*
 * Reads a file of at most `most` bytes. The caller frees the result. *status,
 * unless NULL, is that of what was read. NULL: errno has the reason, EFBIG for
 * a file that is larger.
 */
char *file_content_read(const char *path, size_t most, size_t *len,
    struct stat *status);

/* Whether a file is the same, unchanged, by its status. */
bool file_content_is_same(const struct stat *, const struct stat *);

/*
 * Replaces a file: a temporary one beside it, of mode 0600, is written, synced
 * and renamed; then the directory is synced. After a failure or a crash the old
 * content is there. False: errno has the reason.
 */
bool file_content_replace(const char *path, struct str content);

/*
 * The same, but only if there is no such file: else false, with EEXIST.
 */
bool file_content_create(const char *path, struct str content);

#endif
