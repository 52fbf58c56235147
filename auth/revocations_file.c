#include "auth/revocations_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/file_content.h"
#include "auth/revocations.h"

#define REVOKED_FILE_MAX ((size_t)16 * 1024 * 1024)

struct revocations *
revocations_file_read(const char *path, struct stat *status, char *why,
    size_t size)
{
	struct revocations *revocations;
	char problem[128];
	char *content;
	size_t len;

	content = file_content_read(path, REVOKED_FILE_MAX, &len, status);
	if (content == NULL) {
		snprintf(why, size, "auth.revoked %s: %s", path,
		    strerror(errno));
		return NULL;
	}
	revocations =
	    revocations_read(str_slice(content, len), problem, sizeof(problem));
	if (revocations == NULL)
		snprintf(why, size, "auth.revoked %s: %s", path, problem);
	free(content);
	return revocations;
}

bool
revocations_file_append(const char *path, struct str line)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	ssize_t written;
	bool is_done;

	if (fd < 0)
		return false;
	/* In one write, so that readers see whole lines. */
	written = write(fd, line.data, line.len);
	if (written >= 0 && (size_t)written < line.len)
		errno = ENOSPC;
	is_done = written == (ssize_t)line.len && fdatasync(fd) == 0;
	close(fd);
	return is_done;
}
