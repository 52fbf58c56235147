#include "auth/users_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "auth/file_content.h"
#include "wire/common/wire_text.h"

/* A line has less than a kilobyte. */
#define USERS_FILE_MAX ((size_t)64 << 20)

struct users *
users_file_read(const char *path, struct stat *status, char *why, size_t size)
{
	size_t len;
	char problem[256];
	char *content = file_content_read(path, USERS_FILE_MAX, &len, status);
	struct users *users;

	if (content == NULL) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		return NULL;
	}
	users = users_read(str_slice(content, len), problem, sizeof(problem));
	if (users == NULL)
		snprintf(why, size, "%s: %s", path, problem);
	free(content);
	return users;
}

bool
users_file_write(const char *path, const struct users *users, char *why,
    size_t size)
{
	struct wire_text text;
	bool ok;

	wire_text_init(&text);
	users_write(users, &text);
	errno = ENOMEM;
	ok = !text.failed &&
	     file_content_replace(path, str_slice(text.data, text.len));
	if (!ok)
		snprintf(why, size, "%s: %s", path, strerror(errno));
	wire_text_fini(&text);
	return ok;
}

int
users_file_lock(const char *path, char *why, size_t size)
{
	char lock[PATH_MAX];
	int fd;

	snprintf(lock, sizeof(lock), "%s.lock", path);
	fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	while (fd >= 0 && flock(fd, LOCK_EX) != 0) {
		if (errno == EINTR)
			continue;
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		snprintf(why, size, "%s: %s", lock, strerror(errno));
	return fd;
}
