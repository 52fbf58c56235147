/* Data that was written and not synced, in order. */
#ifndef TESTS_PRELOAD_HELD_H
#define TESTS_PRELOAD_HELD_H

#include <stddef.h>
#include <sys/types.h>

void held_add(ino_t, const void *, size_t len, off_t at);

/* Drops the held data behind this size. */
void held_cut(ino_t, off_t size);
void held_drop(ino_t);

/* Replaces the bytes that were read with the held data. */
void held_show(ino_t, void *, size_t len, off_t at);

/* Writes the held data into the file; 0, or -1 and errno. */
int held_release(ino_t, int file,
    ssize_t (*write)(int, const void *, size_t, off_t));

#endif
