/* A memory disk, and short functions for its own tests. */
#ifndef TESTS_SUPPORT_PERSISTENCE_DISK_RIG_H
#define TESTS_SUPPORT_PERSISTENCE_DISK_RIG_H

#include "tests/support/persistence/memory_disk.h"

/* The same disk, by its type and by its interface. */
extern struct memory_disk *memory;
extern struct disk *disk;

void disk_rig_begin(void);
void disk_rig_end(void);

/* Each must succeed. */
int disk_rig_create(const char *name);
void disk_rig_put(int file, const char *text, uint64_t at);
/* Synced, its name too. */
int disk_rig_create_with(const char *name, const char *text);

/* What the file must hold now, or after a crash; NULL: there is none. */
void disk_rig_expect(const struct memory_disk *, const char *name,
    const char *text);
void disk_rig_expect_after(enum crash_shape, const char *name,
    const char *text);

#endif
