/* Bytes held of an unfinished message. Private to ws_message.c. */
#ifndef TRANSPORT_WS_BUFFER_H
#define TRANSPORT_WS_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ws_buffer {
	size_t len;
	size_t capacity;
	char data[];
};

/*
 * Appends to *buffer, which NULL begins; no bytes leave NULL as it is. Holds
 * at most twice the bytes that arrived, and never more than `coming` bytes
 * beyond them (UINT64_MAX: nobody knows how many will come). *held, unless
 * NULL, follows the memory taken. False without memory: nothing has changed.
 */
bool ws_buffer_append(struct ws_buffer **buffer, const void *data, size_t len,
    uint64_t coming, size_t *held);

/* Frees *buffer and makes it NULL, which it may be already. */
void ws_buffer_free(struct ws_buffer **buffer, size_t *held);

/* The memory taken; 0 for NULL. */
size_t ws_buffer_size(const struct ws_buffer *);

#endif
