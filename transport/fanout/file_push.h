/* Messages whose file is sent to all that get them. */
#ifndef TRANSPORT_FILE_PUSH_H
#define TRANSPORT_FILE_PUSH_H

#include <stdint.h>

#include "domain/base/list.h"
#include "domain/base/str.h"
#include "domain/room.h"

struct command_handler;

struct file_push {
	struct list link; /* of the hub */
	char id[ID_SIZE];
	char room[ROOM_ID_SIZE]; /* "": the lobby */
	uint32_t waiting;        /* sessions that do not have all of it yet */
	uint32_t sent;           /* those that have */
};

/* NULL: no memory. It stays on the list until file_pushes_end(). */
struct file_push *file_push_create(struct list *pushes, struct str id,
    struct str room);

/* The chat learns of those that are done, with COMMAND_FILE_PUSHED. */
void file_pushes_end(struct list *pushes, struct command_handler *);

/* Without informing the chat. */
void file_pushes_free(struct list *pushes);

#endif
