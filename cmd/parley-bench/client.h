/* One WebSocket client over a non-blocking socket, no more than is needed. */
#ifndef PARLEY_BENCH_CLIENT_H
#define PARLEY_BENCH_CLIENT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLOSE_NONE 0 /* the connection ended without a close frame */

struct crowd;

enum client_state {
	CLIENT_NEW,
	CLIENT_UPGRADING,
	CLIENT_OPEN,
	CLIENT_CLOSED
};

struct client {
	struct crowd *crowd;
	int fd;
	enum client_state state;
	bool settled;        /* has all that it waited for: crowd_settle() */
	bool binary;         /* the kind of its messages */
	bool blocked;        /* the socket took not everything */
	uint16_t close_code; /* of the server's close frame */
	unsigned number;     /* in the crowd */
	unsigned room;
	char *rest; /* what of a frame has come so far; NULL: nothing */
	size_t rest_len;
	char *out; /* what is to be sent */
	size_t out_len;
	size_t out_capacity;
};

/* How to reach the server. */
struct dial {
	struct sockaddr_in to;
	const char *path;
	const char *headers; /* more of them, each ended; NULL: none */
	bool binary;         /* the kind of messages it sends and understands */
	bool far; /* small segments and buffers, as beyond a network */
};

/* Connects and asks for the upgrade. */
void client_dial(struct client *, const struct dial *);

/* Appends a message to what client_flush() sends. */
void client_send(struct client *, const char *text, size_t len);

/* Appends a close frame, code 1000. */
void client_send_close(struct client *);

/* Sends what was appended; the rest when the socket is ready. */
void client_flush(struct client *);

/* Reads once and hands on what is whole. */
void client_read(struct client *);

/* Looks at the socket, or does not. */
void client_set_reading(struct client *, bool);

#endif
