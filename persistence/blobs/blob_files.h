/*
 * The files of the directory of uploaded files. Of each upload there are two,
 * named by its id alone:
 *
 *	ID.info   its record; ID.new until it is whole
 *	ID.part   its bytes, as far as they have arrived; ID.data: all of them
 *
 * What is called here may run in any thread, but for one id in one at a time.
 * Functions return 0 or an errno.
 */
#ifndef PERSISTENCE_BLOB_FILES_H
#define PERSISTENCE_BLOB_FILES_H

#include "domain/blob.h"
#include "persistence/blobs/blob_hash.h"
#include "persistence/disk/disk.h"

#define BLOB_PART ".part"
#define BLOB_DATA ".data"
#define BLOB_INFO ".info"
#define BLOB_NEW ".new"

#define BLOB_FILE_NAME_SIZE (ID_SIZE + 8)
void blob_file_name(char out[BLOB_FILE_NAME_SIZE], const char *id,
    const char *suffix);

/* Writes a record to a new file, which is not synced. */
int blob_files_create(struct disk *, const struct blob *);

/* Writes behind the first `at` bytes. */
int blob_files_append(struct disk *, const char *id, struct str, uint64_t at);

/* To the disk. An error: they are lost, and no later sync would tell. */
int blob_files_flush(struct disk *, const char *id);

int blob_files_read(struct disk *, const char *id, const char *suffix, void *,
    size_t, uint64_t at, size_t *got);

/*
 * Makes a file out of its parts, which have so many bytes: the hash is of what
 * is read back. Everything is synced afterwards. EAGAIN: another process is
 * doing or has done it. After any other failure what is on the disk cannot be
 * trusted.
 */
int blob_files_complete(struct disk *, struct blob *);

/* Replaces the record; synced later by blob_files_sync_record(). */
int blob_files_put_record(struct disk *, const struct blob *);

/*
 * Opens the bytes of a complete file, and locks them: until the caller closes
 * them no other process changes the record. EAGAIN: another one has the lock.
 */
int blob_files_lock(struct disk *, const char *id, int *file);
int blob_files_sync_record(struct disk *, const char *id);

/*
 * Compares the next bytes of a complete file with its hash: those from `at` on,
 * BLOB_CHECK_BYTES at most. EAGAIN: they are not the last; `at` is advanced.
 * EBADMSG: it is damaged.
 */
#define BLOB_CHECK_BYTES (UINT64_C(4) << 20)
int blob_files_check(struct disk *, const struct blob *, struct blob_hash *,
    uint64_t *at);

/* Moves a damaged file and its record to quarantine/. */
void blob_files_set_aside(struct disk *, const char *id);

/* Removes what there is of a file. */
void blob_files_remove(struct disk *, const char *id);

#endif
