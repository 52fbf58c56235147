/*
 * The PROXY protocol, versions 1 and 2: a header in front of a connection with
 * which a load balancer names the client. Pure.
 */
#ifndef TRANSPORT_PROXY_PROTOCOL_H
#define TRANSPORT_PROXY_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/net/address.h"

/* The longest line of version 1. */
#define PROXY_LINE_MAX 107
/* The longest header of version 2 that is accepted, extensions included. */
#define PROXY_HEADER_MAX 4096

enum proxy_result {
	PROXY_MORE, /* the header is not whole */
	PROXY_DONE,
	PROXY_BAD /* *why is the reason */
};

/* Zeroed: nothing has come. */
struct proxy_decoder {
	char data[PROXY_LINE_MAX]; /* the part that is looked at */
	size_t len;                /* of all bytes so far */
	/* Once PROXY_DONE: the client's host. Without an address if the
	 * balancer does not name one: it speaks for itself, or its client came
	 * by no IP protocol. */
	struct host_address client;
};

/*
 * Takes the bytes that follow. *used is how many of them belong to the header:
 * all, unless it is done. The result is the same in whichever pieces they come.
 */
enum proxy_result proxy_decoder_feed(struct proxy_decoder *, const char *data,
    size_t len, size_t *used, const char **why);

#endif
