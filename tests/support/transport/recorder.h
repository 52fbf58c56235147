/* An endpoint that records its calls, and sends what the test wants. */
#ifndef TESTS_SUPPORT_TRANSPORT_RECORDER_H
#define TESTS_SUPPORT_TRANSPORT_RECORDER_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/support/transport/rig.h"
#include "transport/ws/endpoint.h"

struct recorder {
	struct endpoint base;
	struct rig rig;
	struct chunk_pool *pool;
	/* how it is to behave */
	bool refuses; /* has no memory for a connection */
	bool gathers; /* sends responses at the end of the turn */
	bool echoes;
	bool serves_any_path;   /* else /ws alone */
	bool may_authenticate;  /* after the handshake */
	unsigned end_code;      /* ends each client that sends a message, with
				 * this code */
	size_t sends;           /* that each message makes necessary */
	char order[64];         /* the first letters of all messages */
	struct client *watched; /* note whether it got bytes before it left */
	/* results */
	unsigned opened;
	unsigned messages;
	unsigned left;
	unsigned drained;
	unsigned expiring;   /* number of calls */
	int64_t expiring_ms; /* the time of the last call */
	char text[256];      /* the beginning of the last message */
	size_t len;          /* of all of it */
	struct bye bye;      /* the last `bye`; code 0: none */
	char bye_reason[64];
	bool received_before_leaving; /* the watched client did */
	/* the response that waits for the end of the turn */
	struct conn *gathered;
	char response[512];
	size_t response_len;
};

/* Its rig, too, with generous limits. */
void recorder_init(struct recorder *);
void recorder_fini(struct recorder *);

/* A client that went through its handshake. */
void recorder_meet(struct recorder *, struct client *, int sndbuf);

/* Sends a text of so many bytes, all the same letter, in one frame. */
void recorder_post(struct recorder *, struct conn *, char letter, size_t len);

#endif
