/* What the parts of a client share. Private to them. */
#ifndef CMD_PARLEY_CLIENT_INSIDE_H
#define CMD_PARLEY_CLIENT_INSIDE_H

#include "cmd/parley/backoff.h"
#include "cmd/parley/client.h"
#include "cmd/parley/read_position.h"
#include "cmd/parley/send_queue.h"
#include "wire/json/json_writer.h"

struct event;
struct connection;

#define CLIENT_NAME_SIZE 256

struct client {
	struct client_config config;
	struct connection *connection;
	struct event *dial; /* when to connect again */
	struct event *wait; /* when to say again what was refused */
	struct backoff backoff;
	struct text_buffer reading;
	struct wire_text out;
	struct read_position position;
	struct client_queue queue;
	char name[CLIENT_NAME_SIZE]; /* the wish, or what became of it */
	char own[CLIENT_NAME_SIZE];  /* one's id, or name */
	uint64_t join_ref;           /* of the join that was sent last */
	uint64_t page_ref;        /* of the page of history that is missing */
	uint64_t return_after_ms; /* as the server asked for */
	bool keeps; /* rooms it makes are to stay, and the server can do it */
	bool online;
	bool was_online;
	bool waiting;
	bool put_off; /* the room cannot be had now, and that was told */
	bool ending;
	bool is_over; /* and over() has been told */
};

/* Writes and sends a deed; false: it is not sent. */
bool client_send(struct client *, const struct client_request *);

/* Into the room that it is, or is to be, in. */
void client_join(struct client *);

/* Sends what waits to be said. */
void client_flush(struct client *);

/* The first of what was said here is done with. */
void client_confirm(struct client *, bool taken);

/* Nothing can go out before so many milliseconds have gone by. */
void client_pause(struct client *, uint64_t ms);

/* In the lobby or the room: what was to be said can be. */
void client_set_ready(struct client *);

/* It cannot go on. */
void client_give_up(struct client *, enum client_status, const char *why);

/* A frame came. */
void client_receive(struct client *, struct str frame);

#endif
