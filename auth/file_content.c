#include "auth/file_content.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE 4096

/* --- reading -------------------------------------------------------------- */

/* The memory grows with what is read. */
static char *
content_read_fd(int fd, size_t most, size_t *len)
{
	char *content = NULL, *larger;
	size_t size = 0;
	ssize_t got;

	*len = 0;
	do {
		if (size - *len < PIECE) {
			size = size == 0 ? PIECE : 2 * size;
			larger = realloc(content, size);
			if (larger == NULL) {
				free(content);
				return NULL;
			}
			content = larger;
		}
		do
			got = read(fd, content + *len, size - *len);
		while (got < 0 && errno == EINTR);
		if (got > 0)
			*len += (size_t)got;
	} while (got > 0 && *len <= most);
	if (got == 0)
		return content;
	if (got > 0)
		errno = EFBIG;
	free(content);
	return NULL;
}

char *
file_content_read(const char *path, size_t most, size_t *len,
    struct stat *status)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *content = NULL;
	struct stat own;
	int error;

	if (fd < 0)
		return NULL;
	if (status == NULL)
		status = &own;
	if (fstat(fd, status) == 0)
		content = content_read_fd(fd, most, len);
	error = errno;
	close(fd);
	errno = error;
	return content;
}

/* --- writing -------------------------------------------------------------- */

static bool
content_write_fd(int fd, struct str content)
{
	size_t done = 0;

	while (done < content.len) {
		ssize_t written =
		    write(fd, content.data + done, content.len - done);

		if (written < 0 && errno != EINTR)
			return false;
		if (written > 0)
			done += (size_t)written;
	}
	return fsync(fd) == 0;
}

static bool
content_sync_directory(const char *path)
{
	char copy[PATH_MAX];
	bool ok;
	int fd;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ok = fsync(fd) == 0;
	close(fd);
	return ok;
}

/* Writes the content into a new file beside the path. */
static bool
temporary_write(const char *path, struct str content, char temporary[PATH_MAX])
{
	int error, fd;
	bool ok;

	if ((size_t)snprintf(temporary, PATH_MAX, "%s.XXXXXX", path) >=
	    PATH_MAX) {
		errno = ENAMETOOLONG;
		return false;
	}
	fd = mkostemp(temporary, O_CLOEXEC); /* of mode 0600 */
	if (fd < 0)
		return false;
	ok = content_write_fd(fd, content);
	error = errno;
	close(fd);
	if (!ok)
		unlink(temporary);
	errno = error;
	return ok;
}

static bool
temporary_publish(const char *temporary, const char *path, bool is_new)
{
	int error;
	bool ok;

	ok = is_new ? link(temporary, path) == 0 : rename(temporary, path) == 0;
	error = errno;
	if (is_new || !ok)
		unlink(temporary);
	errno = error;
	return ok && content_sync_directory(path);
}

bool
file_content_replace(const char *path, struct str content)
{
	char temporary[PATH_MAX];

	return temporary_write(path, content, temporary) &&
	       temporary_publish(temporary, path, false);
}

bool
file_content_create(const char *path, struct str content)
{
	char temporary[PATH_MAX];

	return temporary_write(path, content, temporary) &&
	       temporary_publish(temporary, path, true);
}

bool
file_content_is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}
