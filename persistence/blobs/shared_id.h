/*
 * The file SHARED in a directory that several processes use: those who find the
 * same id in it use the same directory. Public.
 */
#ifndef PERSISTENCE_SHARED_ID_H
#define PERSISTENCE_SHARED_ID_H

#include "persistence/disk/disk.h"

/* Hexadecimal digits, NUL. */
#define SHARED_ID_SIZE (16 + 1)

/* Reads the id, or makes one. 0 or an errno. */
int shared_id_get(struct disk *, char out[SHARED_ID_SIZE]);

#endif
