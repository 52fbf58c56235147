/* The users file on the disk. Public. */
#ifndef AUTH_USERS_FILE_H
#define AUTH_USERS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "auth/users.h"

/*
 * NULL: `why` explains the problem, with the path. *status, unless NULL, is
 * that of the file that was read.
 */
struct users *users_file_read(const char *path, struct stat *status, char *why,
    size_t size);

/* Replaces the file; its content is the old or the new one at any moment. */
bool users_file_write(const char *path, const struct users *, char *why,
    size_t size);

/*
 * Waits until no other program changes the file. Returns a descriptor to be
 * closed after the change, or -1: `why` explains the problem.
 */
int users_file_lock(const char *path, char *why, size_t size);

#endif
