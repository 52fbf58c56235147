/* A minimal WebSocket client over a non-blocking socket. */
#ifndef PARLEY_BENCH_CLIENT_H
#define PARLEY_BENCH_CLIENT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/parley-bench/meter.h"

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
	bool settled;  /* has received what it waited for: crowd_settle() */
	bool binary;   /* type of its messages */
	bool discards; /* see client_set_discards() */
	bool blocked;  /* waiting for the socket to become writable */
	uint16_t close_code; /* of the server's close frame */
	unsigned number;     /* in the crowd */
	unsigned room;
	char *rest; /* an incomplete frame; NULL: none */
	size_t rest_len;
	char *out; /* output not sent yet */
	size_t out_len;
	size_t out_capacity;
};

/* Of the server, or of its nodes, over which clients are spread. */
struct addresses {
	struct sockaddr_in at[NODES_MOST];
	size_t count;
};

/* How a client connects. */
struct dial {
	const struct addresses *to;
	const char *path;
	const char *headers; /* additional ones, each with CRLF; NULL: none */
	const struct header_lines *lines; /* one for each client; NULL: none */
	bool binary;                      /* type of its messages */
	bool far; /* small segments and buffers, as across a network */
};

/* The size of a frame with so many bytes of payload. */
static inline size_t
client_frame_size(size_t len, bool masked)
{
	size_t head = len < 126 ? 2 : 4;

	if (len > UINT16_MAX)
		head = 10;
	return head + (masked ? 4 : 0) + len;
}

/* Connects and requests the upgrade. */
void client_dial(struct client *, const struct dial *);

/* Appends a message to what client_flush() sends. */
void client_send(struct client *, const char *text, size_t len);

/* Appends a close frame, code 1000. */
void client_send_close(struct client *);

/* Sends the output; the rest when the socket is writable. */
void client_flush(struct client *);

/* Reads once and delivers complete messages. */
void client_read(struct client *);

/*
 * From now on what it receives is discarded, at next to no CPU time: in large
 * pieces that are not copied.
 */
void client_set_discards(struct client *);

/*
 * From now on reading acknowledges what was received. After an exchange of
 * messages the kernel would wait for more, and send the acknowledgement while
 * the server sends that: its processor would pay for it.
 */
void client_acknowledge_at_once(struct client *);

/* Starts or stops reading. */
void client_set_reading(struct client *, bool);

#endif
