/* Shared by client.c, client_send.c and client_receive.c. */
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
	struct event *dial; /* the next connection attempt */
	struct event *wait; /* the next attempt to send a refused message */
	struct backoff backoff;
	struct text_buffer texts;
	struct wire_text out;
	struct read_position position;
	struct client_queue queue;
	char name[CLIENT_NAME_SIZE]; /* requested, later assigned */
	char own[CLIENT_NAME_SIZE];  /* our member id, or our name */
	uint64_t join_ref;           /* of the latest join */
	uint64_t page_ref;           /* of the history page under way */
	uint64_t return_after_ms;    /* requested by the server */
	bool keeps; /* created rooms are persistent: requested, and the server
		       has a store */
	bool online;
	bool was_online;
	bool waiting;
	bool
	    put_off; /* joining the room is being retried, and that was shown */
	bool ending;
	bool is_over; /* on_end() has been called */
};

/* Encodes and sends a request; false: not sent. */
bool client_send(struct client *, const struct client_request *);

/* Joins the current or configured room. */
void client_join(struct client *);

/* Sends the next queued message. */
void client_flush(struct client *);

/* The first queued message is acknowledged or failed. */
void client_confirm(struct client *, bool taken);

/* Suspends sending for this long. */
void client_pause(struct client *, uint64_t ms);

/* In the lobby or the room: queued messages can be sent. */
void client_set_ready(struct client *);

/* Ends the client because of an error. */
void client_give_up(struct client *, enum client_status, const char *why);

/* Handles a received frame. */
void client_receive(struct client *, struct str frame);

#endif
