/* Uploaded files: where they are, and how messages name them. */
#ifndef CMD_FILE_SERVICE_H
#define CMD_FILE_SERVICE_H

#include "cmd/parleyd/options/options.h"
#include "persistence/blobs/shared_id.h"

struct disk;
struct file_parts;
struct packer;

/* Filled with zeros: files are off. */
struct file_service {
	struct blob_store *blobs;
	struct file_parts *parts;
	struct disk *disk; /* NULL: they are in memory */
	/* Of the directory that nodes share; "": none. */
	char shared_id[SHARED_ID_SIZE];
};

/*
 * What another process has packed, if it used the same directory, saves the
 * search for files; or absent. False: it is logged why not.
 */
bool file_service_open(struct file_service *, const struct options *,
    struct str packed);

/* The directory and its files, as one text; absent: they have to be found. */
void file_service_pack(const struct file_service *, const struct options *,
    struct packer *);
void file_service_fini(struct file_service *);

/* The limits as they fit this service; the options are borrowed. */
struct file_limits file_service_use(struct file_service *,
    const struct options *);

/* Memory of files; 0 if they are on the disk. */
size_t file_service_bytes(const struct file_service *);

#endif
