#include "cmd/parley/partial_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARTIAL_NAME_LEN (sizeof(".parley-.part") - 1 + PARTIAL_ETAG_LEN)
#define NUMBERS_MOST 1000 /* of a name that exists */
#define OPENS_MOST 10

struct partial_file {
	int file;
	uint64_t done;
	EVP_MD_CTX *hash; /* of that */
	char etag[PARTIAL_ETAG_LEN + 1];
	char name[NAME_MAX + 1];  /* in the directory; "": the path is it */
	char directory[PATH_MAX]; /* ends with a slash, or is empty */
	char path[PATH_MAX];
	char partial_path[PATH_MAX];
};

/* --- names ---------------------------------------------------------------- */

/* "boat.png", "boat (2).png", … False: it is too long. */
static bool
numbered_path_write(const struct partial_file *partial, int number,
    char out[PATH_MAX])
{
	const char *name = partial->name, *dot = strrchr(name, '.');
	size_t stem =
	    dot == NULL || dot == name ? strlen(name) : (size_t)(dot - name);
	int len;

	if (number == 1)
		len = snprintf(out, PATH_MAX, "%s%s", partial->directory, name);
	else
		len = snprintf(out, PATH_MAX, "%s%.*s (%d)%s",
		    partial->directory, (int)stem, name, number, name + stem);
	return len < PATH_MAX;
}

/* Where the file is to be. False: errno has the reason. */
static bool
partial_file_place(struct partial_file *partial, const char *path,
    const char *name)
{
	size_t len = strlen(path);
	const char *slash = strrchr(path, '/');
	struct stat info;

	errno = ENAMETOOLONG;
	if (len + 1 + PARTIAL_NAME_LEN >= PATH_MAX ||
	    strlen(name) >= sizeof(partial->name))
		return false;
	if (len == 0 || (stat(path, &info) == 0 && S_ISDIR(info.st_mode))) {
		strcpy(partial->name, name);
		snprintf(partial->directory, PATH_MAX, "%s%s", path,
		    len == 0 || path[len - 1] == '/' ? "" : "/");
		return true;
	}
	strcpy(partial->path, path);
	if (slash != NULL)
		memcpy(partial->directory, path, (size_t)(slash + 1 - path));
	errno = EEXIST;
	return lstat(path, &info) != 0;
}

/* Never over a file that exists. */
static bool
file_rename(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return true;
	/* A file system that cannot do that. */
	if (errno != EINVAL || link(from, to) != 0)
		return false;
	unlink(from);
	return true;
}

/* --- opening -------------------------------------------------------------- */

/* Before the lock, another process may have renamed or removed the file. */
static bool
file_is_at(int file, const char *path)
{
	struct stat ours, there;

	return fstat(file, &ours) == 0 && stat(path, &there) == 0 &&
	       ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

static int
file_open_locked(const char *path)
{
	for (int i = 0; i < OPENS_MOST; i++) {
		int file =
		    open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);

		if (file < 0)
			return -1;
		if (flock(file, LOCK_EX | LOCK_NB) == 0 &&
		    file_is_at(file, path))
			return file;
		close(file);
	}
	errno = EWOULDBLOCK;
	return -1;
}

/* Reads what is there into the hash. */
static bool
partial_file_read(struct partial_file *partial)
{
	char piece[65536];
	ssize_t got;

	while ((got = read(partial->file, piece, sizeof(piece))) > 0) {
		if (EVP_DigestUpdate(partial->hash, piece, (size_t)got) != 1)
			return false;
		partial->done += (uint64_t)got;
	}
	return got == 0;
}

static bool
partial_file_begin(struct partial_file *partial, uint64_t size)
{
	struct stat info;

	partial->hash = EVP_MD_CTX_new();
	if (partial->hash == NULL ||
	    EVP_DigestInit_ex(partial->hash, EVP_sha256(), NULL) != 1) {
		errno = ENOMEM;
		return false;
	}
	partial->file = file_open_locked(partial->partial_path);
	if (partial->file < 0 || fstat(partial->file, &info) != 0)
		return false;
	if ((uint64_t)info.st_size > size && ftruncate(partial->file, 0) != 0)
		return false;
	return partial_file_read(partial);
}

struct partial_file *
partial_file_open(const char *path, const char *name,
    const char etag[PARTIAL_ETAG_LEN + 1], uint64_t size)
{
	struct partial_file *partial = calloc(1, sizeof(*partial));
	int error;

	assert(strlen(etag) == PARTIAL_ETAG_LEN);
	if (partial == NULL)
		return NULL;
	partial->file = -1;
	strcpy(partial->etag, etag);
	if (partial_file_place(partial, path, name)) {
		snprintf(partial->partial_path, PATH_MAX, "%.*s.parley-%s.part",
		    (int)(PATH_MAX - 1 - PARTIAL_NAME_LEN), partial->directory,
		    etag);
		if (partial_file_begin(partial, size))
			return partial;
	}
	error = errno;
	partial_file_close(partial);
	errno = error;
	return NULL;
}

/* --- its bytes ------------------------------------------------------------ */

uint64_t
partial_file_done(const struct partial_file *partial)
{
	return partial->done;
}

bool
partial_file_write(struct partial_file *partial, const void *bytes, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t written =
		    write(partial->file, (const char *)bytes + at, len - at);

		if (written < 0)
			return false;
		at += (size_t)written;
	}
	partial->done += len;
	errno = ENOMEM;
	return EVP_DigestUpdate(partial->hash, bytes, len) == 1;
}

static bool
partial_file_is_intact(const struct partial_file *partial)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	char hex[PARTIAL_ETAG_LEN + 1];

	if (EVP_DigestFinal_ex(partial->hash, hash, NULL) != 1)
		return false;
	for (size_t i = 0; i < PARTIAL_ETAG_LEN / 2; i++)
		sprintf(hex + 2 * i, "%02x", hash[i]);
	return strcmp(hex, partial->etag) == 0;
}

bool
partial_file_finish(struct partial_file *partial, char path[PATH_MAX])
{
	if (!partial_file_is_intact(partial)) {
		unlink(partial->partial_path);
		errno = EBADMSG;
		return false;
	}
	if (partial->name[0] == '\0') {
		strcpy(path, partial->path);
		return file_rename(partial->partial_path, path);
	}
	for (int number = 1; number <= NUMBERS_MOST; number++) {
		if (!numbered_path_write(partial, number, path)) {
			errno = ENAMETOOLONG;
			return false;
		}
		if (file_rename(partial->partial_path, path))
			return true;
		if (errno != EEXIST)
			return false;
	}
	return false;
}

/* --- the end -------------------------------------------------------------- */

void
partial_file_close(struct partial_file *partial)
{
	if (partial == NULL)
		return;
	if (partial->file >= 0) {
		if (partial->done == 0 &&
		    file_is_at(partial->file, partial->partial_path))
			unlink(partial->partial_path);
		close(partial->file);
	}
	EVP_MD_CTX_free(partial->hash);
	free(partial);
}

void
partial_file_remove(struct partial_file *partial)
{
	unlink(partial->partial_path);
	partial_file_close(partial);
}
