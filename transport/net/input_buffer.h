/* Bytes held of what has begun to come: a message, a frame, a request head. */
#ifndef TRANSPORT_INPUT_BUFFER_H
#define TRANSPORT_INPUT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct partial {
	size_t len;
	size_t capacity;
	char data[];
};

/*
 * Appends to *partial, which NULL begins; no bytes leave NULL as it is. Holds
 * at most twice the bytes that arrived, and never more than `coming` bytes
 * beyond them (UINT64_MAX: nobody knows how many will come). *held, unless
 * NULL, follows the memory taken. False without memory: nothing has changed.
 */
bool partial_append(struct partial **partial, const void *data, size_t len,
    uint64_t coming, size_t *held);

/* Frees *partial and makes it NULL, which it may be already. */
void partial_free(struct partial **partial, size_t *held);

/* The memory taken; 0 for NULL. */
size_t partial_size(const struct partial *);

#endif
