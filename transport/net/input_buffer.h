/* Bytes held of what has begun to come: a message, a frame, a request head. */
#ifndef TRANSPORT_INPUT_BUFFER_H
#define TRANSPORT_INPUT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct input_buffer {
	size_t len;
	size_t capacity;
	size_t used; /* of its owner: how much of it is consumed; 0 at first */
	char data[];
};

/*
 * Appends to *partial, which NULL begins; no bytes leave NULL as it is. Holds
 * at most twice the bytes that arrived, and never more than `coming` bytes
 * beyond them (UINT64_MAX: unknown). *held, unless
 * NULL, follows the memory taken. False without memory: nothing has changed.
 */
bool input_buffer_append(struct input_buffer **partial, const void *data,
    size_t len, uint64_t coming, size_t *held);

/* Frees *partial and makes it NULL, which it may be already. */
void input_buffer_free(struct input_buffer **partial, size_t *held);

/* The memory taken; 0 for NULL. */
size_t input_buffer_size(const struct input_buffer *);

#endif
