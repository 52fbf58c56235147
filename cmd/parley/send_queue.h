/* Posted messages without an acknowledgement, in order. */
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
	char key[MESSAGE_KEY_SIZE]; /* "": the room has no keys */
	bool in_flight;
	bool is_json;    /* the text is the message as JSON */
	struct str room; /* absent: the lobby */
	struct str text;
	char data[]; /* of room and text */
};

/* Only the first message is in flight, which preserves the order. */
struct client_queue {
	struct queued_message *first;
	struct queued_message **last;
	size_t count;
	uint64_t refs; /* assigned so far */
	char run[17];  /* random prefix of the keys of this run */
};

void client_queue_init(struct client_queue *, uint64_t chance);
void client_queue_fini(struct client_queue *);

/* The ref of a new request. */
uint64_t client_queue_ref(struct client_queue *);

/* NULL: no memory. */
struct queued_message *client_queue_add(struct client_queue *, struct str room,
    struct str text, bool with_key);

/* Removes the first message. */
void client_queue_drop(struct client_queue *);

#endif
