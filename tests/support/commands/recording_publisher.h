/* Records what is published, and to which members it would be sent. */
#ifndef TESTS_SUPPORT_COMMANDS_RECORDING_PUBLISHER_H
#define TESTS_SUPPORT_COMMANDS_RECORDING_PUBLISHER_H

#include "domain/publisher.h"
#include "domain/room.h"
#include "tests/support/commands/fault.h"
#include "tests/support/commands/transcript.h"

#define RECORDING_LISTENERS_MOST 4096

/* A connection of a member in a room; "" is the lobby. */
struct listener {
	char member_id[ID_SIZE];
	uint32_t connection;
	char place[ROOM_ID_SIZE];
};

struct recording_publisher {
	struct publisher base;
	struct fault *fault;    /* hits attach and enter */
	const char *stalled;    /* gets no direct events; NULL: none */
	const char *congested;  /* does not read; NULL: none */
	const char *privileged; /* has these rights; NULL: none */
	unsigned privileges;
	bool none_waits;    /* no connection waits for its member */
	bool records_lobby; /* members that leave the lobby or are renamed
			     * there */
	struct transcript events;
	int64_t last_at_ms; /* the time of the last event */
	/* In order of entering. */
	struct listener listeners[RECORDING_LISTENERS_MOST];
	size_t count;
	/* The connections of members, in order of attaching. */
	struct listener attached[RECORDING_LISTENERS_MOST];
	size_t attached_count;
};

void recording_publisher_init(struct recording_publisher *, struct fault *);

/* Adds a line for each connection in a room. */
void recording_publisher_dump(const struct recording_publisher *,
    struct transcript *);

#endif
