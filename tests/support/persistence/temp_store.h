/* A directory for a store, for as long as a test runs. */
#ifndef TESTS_SUPPORT_PERSISTENCE_TEMP_STORE_H
#define TESTS_SUPPORT_PERSISTENCE_TEMP_STORE_H

#include "persistence/disk/disk.h"

/* Empty, new, on the system's own disk. */
struct disk *temp_store_open(void);

/* Removes the directory with its files, and destroys the disk. */
void temp_store_remove(struct disk *);

/* Where the last one opened is. */
const char *temp_store_path(void);

/* Makes a file with this text. */
void temp_store_put(struct disk *, const char *name, const char *text);

#endif
