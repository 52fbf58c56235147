/* One connection of the limit program: bytes in, frames out. */
#ifndef LIMIT_PEER_H
#define LIMIT_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_HEAD_MAX 14

struct room;

enum peer_state {
	PEER_REQUEST, /* the upgrade has not come yet */
	PEER_ECHO,    /* gets its own messages */
	PEER_ROOM,    /* gets the messages of its room */
	PEER_DONE     /* closed, or broken: to be freed */
};

struct peer {
	int fd;
	int epoll;
	enum peer_state state;
	struct room *room;
	size_t place; /* among the room's peers */
	char *in;     /* the part of a frame that has come so far; NULL:
		       * nothing */
	size_t in_len;
	char *out; /* output that the socket did not take; NULL: nothing */
	size_t out_len;
	size_t out_sent;
};

struct peer *peer_create(int fd, int epoll);
void peer_destroy(struct peer *);

/* Reads once and serves what is whole. */
void peer_read(struct peer *);

/* Sends bytes behind those that wait. Failure makes the peer PEER_DONE. */
void peer_send(struct peer *, const char *data, size_t len);

/* The socket is writable again. */
void peer_flush(struct peer *);

#endif
