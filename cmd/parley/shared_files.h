/* The files that messages have shared, the newest first. Pure. */
#ifndef CMD_PARLEY_SHARED_FILES_H
#define CMD_PARLEY_SHARED_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/base/str.h"
#include "domain/blob.h"

/* The oldest of more is forgotten. */
#define SHARED_FILES_MOST 100

/* Enough for /v1/files/ID?key=KEY. */
#define SHARED_FILE_TARGET_SIZE (16 + ID_SIZE + 8 + BLOB_KEY_SIZE)

struct shared_file {
	char name[BLOB_NAME_SIZE]; /* safe as the name of a file */
	char id[ID_SIZE];
	/* Of a request to the server of this client, whatever the URL has. */
	char target[SHARED_FILE_TARGET_SIZE];
};

/* Zeroed at first. */
struct shared_files {
	struct shared_file items[SHARED_FILES_MOST];
	size_t count;
};

/* The file of a message, given as JSON, which is noted. NULL: it has none. */
const struct shared_file *shared_files_note(struct shared_files *,
    struct str message);

/* By its name, or id, or a URL. False: it is none of a file. */
bool shared_files_find(const struct shared_files *, struct str what,
    struct shared_file *out);

#endif
