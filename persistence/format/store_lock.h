/* One server per store: the file LOCK is held from first to last. Public. */
#ifndef PERSISTENCE_STORE_LOCK_H
#define PERSISTENCE_STORE_LOCK_H

#include "persistence/disk/disk.h"

/* EAGAIN: somebody else holds it, and nothing was touched. Or an errno. */
int store_lock_take(struct disk *, int *lock);

/* The file stays: who removes it lets two in. */
void store_lock_release(struct disk *, int lock);

#endif
