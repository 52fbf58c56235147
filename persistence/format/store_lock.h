/* One server per store: it holds a lock on the file LOCK. Public. */
#ifndef PERSISTENCE_STORE_LOCK_H
#define PERSISTENCE_STORE_LOCK_H

#include "persistence/disk/disk.h"

/* EAGAIN: another process holds it. Or another errno. */
int store_lock_take(struct disk *, int *lock);

/* The file stays: without it two servers could hold the lock. */
void store_lock_release(struct disk *, int lock);

#endif
