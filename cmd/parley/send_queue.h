/* What was said here and is not known to have arrived: first in, first out. */
#ifndef CMD_PARLEY_SEND_QUEUE_H
#define CMD_PARLEY_SEND_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

#define MESSAGE_KEY_SIZE 40

struct queued_message {
	struct queued_message *next;
	uint64_t ref;
	char key[MESSAGE_KEY_SIZE]; /* "": there cannot be one */
	bool in_flight;
	struct str room; /* absent: the lobby */
	struct str text;
	char data[]; /* of both */
};

/* Only the first one is ever in flight, so that their order stays. */
struct client_queue {
	struct queued_message *first;
	struct queued_message **last;
	size_t count;
	uint64_t refs; /* given so far */
	char run[17];  /* makes keys differ from those of other runs */
};

void client_queue_init(struct client_queue *, uint64_t chance);
void client_queue_fini(struct client_queue *);

/* A number for something that is to be answered. */
uint64_t client_queue_ref(struct client_queue *);

/* False: no memory. */
bool client_queue_add(struct client_queue *, struct str room, struct str text,
    bool with_key);

/* Done with the first one. */
void client_queue_drop(struct client_queue *);

#endif
