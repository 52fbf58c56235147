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

/* A room that is joined, or to be joined again after a reconnect. */
struct joined_room {
	struct joined_room *next;
	struct read_position position;
	uint64_t join_ref; /* of the latest join */
	uint64_t page_ref; /* of the history page under way */
	bool is_joined;
};

struct client {
	struct client_config config;
	struct connection *connection;
	struct event *dial; /* the next connection attempt */
	struct event *wait; /* the next attempt to send a refused message */
	struct backoff backoff;
	struct text_buffer texts;
	struct wire_text out;
	struct joined_room *rooms; /* in order of joining */
	struct joined_room *room; /* the current one of them; NULL: the lobby */
	struct client_queue queue;
	char name[CLIENT_NAME_SIZE]; /* requested, later assigned */
	char own[CLIENT_NAME_SIZE];  /* our member id, or our name */
	uint64_t return_after_ms;    /* requested by the server */
	bool keeps; /* created rooms are persistent: requested, and the server
		       has a store */
	bool online;
	bool was_online;
	bool waiting;
	bool put_off; /* joining is being retried, and that was shown */
	bool ending;
	bool is_over; /* on_end() has been called */
};

/* Encodes and sends a request; false: not sent. */
bool client_send(struct client *, const struct client_request *);

/* Joins all rooms that are not joined, after the last message read there. */
void client_join_all(struct client *);

/* NULL: it is not among the rooms. */
struct joined_room *client_find_room(const struct client *, struct str room);

/*
 * Adds a room, if it is not there, and makes it the current one. Dialects that
 * do not resume have one only. NULL: no memory, or not a valid id or epoch.
 */
struct joined_room *client_enter_room(struct client *, struct str room,
    struct str epoch);

/* The room after it, or the first one, becomes the current one if it was. */
void client_forget_room(struct client *, struct joined_room *);

/* Sends the next queued message. */
void client_flush(struct client *);

/* The first queued message is acknowledged or failed. */
void client_confirm(struct client *, bool taken);

/* Suspends sending for this long. */
void client_pause(struct client *, uint64_t ms);

/* In the lobby or all rooms: queued messages can be sent. */
void client_set_ready(struct client *);

/* Ends the client because of an error. */
void client_give_up(struct client *, enum client_status, const char *why);

/* Handles a received frame. */
void client_receive(struct client *, struct str frame);

#endif
