/*
 * Uploaded files in a directory. Bytes are read and written by the caller's
 * thread, in pieces; another one hashes, syncs and removes. Public.
 */
#ifndef PERSISTENCE_DIRECTORY_BLOBS_H
#define PERSISTENCE_DIRECTORY_BLOBS_H

#include "domain/base/pack.h"
#include "domain/blob_store.h"
#include "persistence/disk/disk.h"

/*
 * Descriptors at most: the directory, LOCK, an eventfd, and a file in each of
 * the two threads.
 */
#define DIRECTORY_BLOBS_FILES_MOST 5

struct directory_blobs_config {
	struct disk *disk; /* borrowed */
	/* Free space that is left to others: an upload that would take of it is
	 * refused. */
	uint64_t reserve_bytes;
	/* Bytes that the system may hold for the disk before the store is
	 * behind; 0: any. */
	uint64_t unflushed_most;
	/*
	 * Other processes use the directory at the same time, perhaps on other
	 * machines: nothing of what is found is removed.
	 */
	bool is_shared;
	/*
	 * What another process that used the directory until now has packed:
	 * it is not searched. Absent: it is.
	 */
	struct str packed;
};

/*
 * Finds what there is: complete files, and uploads that were not finished
 * before the machine started again. The rest is removed, what is damaged goes
 * to quarantine/. NULL: it was logged why not.
 */
struct blob_store *
directory_blobs_create(const struct directory_blobs_config *);

/*
 * For another process, which uses the directory when this one has ended. False:
 * it has to search, because something is under way.
 */
bool directory_blobs_pack(struct blob_store *, struct packer *);

#endif
