/*
 * Messages between two processes over a Unix socket, with descriptors: what the
 * old server hands over to the new one.
 */
#ifndef CMD_HANDOVER_CHANNEL_H
#define CMD_HANDOVER_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

/* In this order. */
enum handover_step {
	HANDOVER_CHECKED = 1, /* new: the configuration is good */
	HANDOVER_STATE,       /* old: sockets, sessions, the chat */
	HANDOVER_RECEIVED,    /* new: all of it is there */
	HANDOVER_STORES,      /* old: the stores are closed */
	HANDOVER_READY,       /* new: the stores are open, nothing is missing */
	HANDOVER_GO,          /* old: it serves no more */
	HANDOVER_TAKEN,       /* new: it serves */
	HANDOVER_AHEAD        /* old: messages, before its state; any number */
};

/* Zeroed: empty. */
struct handover_message {
	char *bytes;
	size_t len;
	int *sockets;
	size_t socket_count;
};

/* Frees a message; sockets that were not taken (-1) are closed. */
void handover_message_fini(struct handover_message *);

/* Both wait for so long at most. False: the socket cannot be used. */
bool handover_channel_init(int fd, int64_t timeout_ms);

/* False: it is not sent as a whole; errno says why. */
bool handover_send(int fd, enum handover_step, struct str bytes,
    const int *sockets, size_t socket_count);

/*
 * Sends as much of a message as the socket takes now. *sent begins with 0, and
 * is handover_bytes() when all of it is sent. False: the socket has failed.
 */
bool handover_send_some(int fd, enum handover_step, struct str bytes,
    size_t *sent);
size_t handover_bytes(struct str bytes);

/*
 * The next message, which is of this step; *out may be NULL for one without
 * bytes. False: there is none, as errno says (0: the other side has ended).
 */
bool handover_receive(int fd, enum handover_step, struct handover_message *out);

/* The same, for one of two steps: whether it was `other` is in *is_other. */
bool handover_receive_either(int fd, enum handover_step,
    enum handover_step other, struct handover_message *out, bool *is_other);

#endif
