/* The file auth.revoked. */
#ifndef AUTH_REVOCATIONS_FILE_H
#define AUTH_REVOCATIONS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "domain/base/str.h"

struct revocations;

/* NULL: `why` explains the problem, with the path. */
struct revocations *revocations_file_read(const char *path, struct stat *status,
    char *why, size_t size);

/* The line is on disk when this returns. False: errno has the reason. */
bool revocations_file_append(const char *path, struct str line);

#endif
