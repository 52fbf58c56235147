/* What members can do: the chat and its dispatcher. Public. */
#ifndef COMMANDS_COMMANDS_H
#define COMMANDS_COMMANDS_H

#include <stddef.h>
#include <stdint.h>

#include "domain/chat_stats.h"
#include "domain/clock.h"
#include "domain/command.h"
#include "domain/commit_log.h"
#include "domain/event.h"
#include "domain/history.h"
#include "domain/id_source.h"
#include "domain/member_store.h"
#include "domain/publisher.h"
#include "domain/room_store.h"

struct chat_limits {
	size_t message_bytes; /* JSON text of one message */
	size_t rooms;         /* in all */
	size_t rooms_per_member;
	size_t persistent_rooms;          /* in all; 0: no limit */
	size_t persistent_rooms_per_hour; /* of one address; 0: no limit */
	int64_t room_empty_ms; /* then an empty room ends; 0: never */
	size_t room_members;
	size_t page_messages; /* one page of history at most … */
	size_t page_bytes;    /* … and its bytes */
	size_t list_bytes; /* a list of names is cut before it exceeds this */
	/* How large a lobby may be for newcomers to be announced in it … */
	size_t announce_up_to;
	/* … and a room for comings and goings to be told by name. */
	size_t presence_up_to;
};

/*
 * Everything the commands work on; put together by the program. The stores,
 * publisher, clock and ids are borrowed and outlive it. limits and profile
 * may be exchanged between two commands.
 */
struct chat {
	struct member_store *members;
	struct room_store *rooms;
	struct history *history;
	struct commit_log *log; /* changes rooms and history */
	struct publisher *publisher;
	struct clock *clock;
	struct id_source *ids;
	struct chat_limits limits;
	struct profile profile;
};

/* What is going on now; its cost is that of a look at every room. */
void chat_stats_collect(struct chat *, struct chat_stats *out);

struct dispatcher;

/*
 * NULL without memory. The chat is borrowed and outlives the dispatcher, which
 * handles the entries of its log.
 */
struct dispatcher *dispatcher_create(struct chat *);
void dispatcher_destroy(struct dispatcher *);

/* The door in; borrowed from the dispatcher. */
struct command_handler *dispatcher_handler(struct dispatcher *);

/* What commands that wait for the log take in memory. */
size_t dispatcher_queued_bytes(const struct dispatcher *);

/* Whether they take so much that members should not be read from. */
bool dispatcher_is_under_pressure(const struct dispatcher *);

#endif
