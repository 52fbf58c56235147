/*
 * A file that is being saved. Until it is whole it has a name of its own beside
 * the place that it is for, .parley-ETAG.part, where it can be continued, by
 * another process too.
 */
#ifndef CMD_PARLEY_PARTIAL_FILE_H
#define CMD_PARLEY_PARTIAL_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Hexadecimal digits: the first half of the SHA-256. */
#define PARTIAL_ETAG_LEN 32

struct partial_file;

/*
 * The path must not exist; if it is a directory, or "", the file gets the name
 * there, with a number if that exists. A partial file of this ETag is
 * continued. NULL: errno has the reason; EEXIST: the path exists, EWOULDBLOCK:
 * another process saves the same.
 */
struct partial_file *partial_file_open(const char *path, const char *name,
    const char etag[PARTIAL_ETAG_LEN + 1], uint64_t size);

/* The bytes that it has. */
uint64_t partial_file_done(const struct partial_file *);

/* False: errno has the reason. */
bool partial_file_write(struct partial_file *, const void *, size_t);

/*
 * It is whole: gives it its name, which is written to `path`. False: errno has
 * the reason; EBADMSG: it does not fit to its ETag, and is removed.
 */
bool partial_file_finish(struct partial_file *, char path[PATH_MAX]);

/* What is there of it stays, and can be continued. Accepts NULL. */
void partial_file_close(struct partial_file *);

/* It can not. */
void partial_file_remove(struct partial_file *);

#endif
