/*
 * Records the messages that clients were shown and the acknowledgements, and
 * checks the server:
 * - In a room, numbers are 1, 2, 3 …, for every member in the same order.
 * - A message in a persistent room that was acknowledged or shown is found
 * after a power cut, byte for byte, under its number.
 * - A refused message is not found, and no message is found twice.
 *
 * Messages carry their number here as #17#, so that they are found in frames
 * of every dialect.
 */
#ifndef TESTS_FUZZ_SESSION_ORACLE_H
#define TESTS_FUZZ_SESSION_ORACLE_H

#include "domain/history.h"
#include "domain/room_store.h"

#define ORACLE_ROOMS 4
#define ORACLE_MESSAGES 400

extern const char *const oracle_rooms[ORACLE_ROOMS];

/* The state of a room at one connection. */
struct oracle_place {
	bool inside;
	uint64_t seq; /* of the last message */
};

struct oracle_client {
	bool native;
	struct oracle_place places[ORACLE_ROOMS];
};

struct oracle_message {
	const char *room; /* where a native client sent it; or NULL */
	size_t len;       /* of its JSON text */
	bool required;
	bool refused;
	bool retried;
	bool found;
	uint64_t seq; /* 0: not known */
};

struct oracle {
	struct room_store *rooms; /* of the server that runs */
	struct oracle_message messages[ORACLE_MESSAGES];
	size_t count;
};

/* A new message, its JSON text with about so many bytes; NULL: enough of them.
 * Good until the next one. */
const char *oracle_compose(struct oracle *, size_t len);

/* The text of one that was composed already. */
const char *oracle_compose_again(struct oracle *, size_t number);

/* A client received this text, which ends with NUL. */
void oracle_receive(struct oracle *, struct oracle_client *, const char *text,
    size_t len);

/* After a start: checks the content of the stores. */
void oracle_check(struct oracle *, struct room_store *, struct history *,
    int64_t now_ms);

#endif
