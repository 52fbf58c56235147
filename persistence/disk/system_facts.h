/* Clocks, random bytes and boot id of the system: see disk.h. */
#ifndef PERSISTENCE_SYSTEM_FACTS_H
#define PERSISTENCE_SYSTEM_FACTS_H

#include "persistence/disk/disk.h"

int64_t system_wall_ms(struct disk *);
int64_t system_monotonic_us(struct disk *);
void system_random(struct disk *, void *, size_t);
void system_boot_id(struct disk *, uint8_t id[BOOT_ID_SIZE]);

#endif
