/* What somebody wants: the door into the chat. */
#ifndef DOMAIN_COMMAND_H
#define DOMAIN_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "domain/error.h"
#include "domain/id_source.h"

/*
 * X(constant, word): every command. commands/<word>.c defines what it does, as
 * command_<word>; the dialects map their own words to the constants.
 */
#define COMMANDS(X)                                                         \
	/* made by the transport */                                         \
	X(COMMAND_CONNECT, connect)                                         \
	X(COMMAND_DISCONNECT, disconnect)                                   \
	X(COMMAND_TICK, tick)                                               \
	X(COMMAND_REPLAY, replay) /* messages a slow reader was not sent */ \
	/* decoded from messages */                                         \
	X(COMMAND_BROADCAST, broadcast)                                     \
	X(COMMAND_LIST, list)                                               \
	X(COMMAND_ME, me)                                                   \
	X(COMMAND_DM, dm)                                                   \
	X(COMMAND_RENAME, rename)                                           \
	X(COMMAND_ROOM_CREATE, room_create)                                 \
	X(COMMAND_ROOM_JOIN, room_join)                                     \
	X(COMMAND_ROOM_LEAVE, room_leave)                                   \
	X(COMMAND_ROOM_LIST, room_list)                                     \
	X(COMMAND_HISTORY, history)                                         \
	X(COMMAND_TYPING, typing)                                           \
	X(COMMAND_PING, ping)                                               \
	X(COMMAND_NOOP, noop) /* valid, and has no effect */

enum command_kind {
#define X(constant, word) constant,
	COMMANDS(X)
#undef X
	COMMAND_KINDS
};

/* Differences in meaning between dialects, set when decoding. */
enum command_flag {
	COMMAND_MAY_CREATE = 1 << 0, /* join makes the room if there is none */
	COMMAND_PERSISTENT = 1 << 1, /* create, COMMAND_MAY_CREATE: the room
					outlives its members */
	COMMAND_HAS_SINCE = 1 << 2, /* join: since_epoch, since_seq are given */
	COMMAND_HAS_AFTER = 1 << 3, /* history: the page after from_seq … */
	COMMAND_HAS_BEFORE = 1 << 4, /* … or the one before it */
	COMMAND_NO_LOBBY = 1 << 5,   /* connect: outside the lobby */
	/*
	 * Join, create: whoever does it is in one room at a time, and leaves
	 * the others after it.
	 */
	COMMAND_LEAVES_OTHERS = 1 << 6,
	/*
	 * Leave, broadcast, join, list: `room` is absent, and the one room that
	 * the author is in is meant.
	 */
	COMMAND_CURRENT_ROOM = 1 << 7,
	COMMAND_ACK = 1 << 8, /* broadcast: acknowledged even without ref */
	COMMAND_ANY_SIZE = 1 << 9,     /* broadcast: bound by its dialect */
	COMMAND_ANY_NAME = 1 << 10,    /* create: `name` is made presentable,
					  or the room is called by its id */
	COMMAND_NAMED_BY_ID = 1 << 11, /* connect: the name is the id */
	/*
	 * Connect: without a name until it joins a room, and then with one that
	 * holds in that room only. Goes with COMMAND_NO_LOBBY.
	 */
	COMMAND_GUEST = 1 << 12,
	/*
	 * Rooms: only those with guests in them. Join: the room counts as one
	 * of guests, of which there are max_rooms at most.
	 */
	COMMAND_OF_GUESTS = 1 << 13,
	COMMAND_FATAL = 1 << 14, /* a failure is fatal: failure.fatal */
	COMMAND_BURST_LIMITED =
	    1 << 15, /* broadcast: the dialect's pace counts it */
	COMMAND_UNLISTED = 1 << 16, /* join: the answer needs no names */
	/* replay: behind the last message, who is in the room now */
	COMMAND_WITH_PRESENCE = 1 << 17
};

/*
 * One request. Every text is borrowed and good until the handler returns;
 * an absent one has a NULL pointer.
 */
struct command {
	enum command_kind kind;
	unsigned flags;
	void *peer; /* connect: whom publisher_attach() is told about */
	enum id_style id_style; /* connect: how the new member's id looks */
	struct str author; /* id of whoever asks; absent in connect, tick */
	struct str ref;    /* opaque; handed back in direct answers */
	struct str word;   /* the command as it was spelled, for failures */
	struct str room;   /* its id; absent: the lobby */
	/* connect, rename, create: wished for; in a guest's join it is plain */
	struct str name;
	struct str recipient; /* dm: name or id */
	struct str body;  /* broadcast, dm: the message as JSON text, as sent */
	struct str key;   /* broadcast: makes a retry safe */
	struct str after; /* list: the page behind this name; rooms: this id */
	struct str since_epoch;
	uint64_t since_seq;
	/* history: with COMMAND_HAS_AFTER or _BEFORE; replay: the first … */
	uint64_t from_seq;
	uint64_t to_seq;      /* … and the last that was published */
	uint32_t limit;       /* history, join: messages at most; list, rooms:
				 entries at most, 0: not given; replay: bytes */
	int64_t ttl_ms;       /* create, COMMAND_MAY_CREATE; 0: not given */
	uint32_t max_members; /* the same */
	uint32_t max_rooms;   /* COMMAND_OF_GUESTS: rooms with guests at most */
};

struct command_handler;

struct command_handler_ops {
	/*
	 * Carries the command out. What there is to say is published before
	 * it returns, failures included; the result only tells the caller
	 * whether it was done. After CONNECT fails there is no member.
	 */
	enum chat_error (*handle)(struct command_handler *,
	    const struct command *);
	/*
	 * Whether the member is in a room (the lobby is none) once all of its
	 * commands so far are done. The publisher may learn of it later.
	 */
	bool (*is_in_room)(struct command_handler *, struct str member_id);
};

struct command_handler {
	const struct command_handler_ops *ops;
};

static inline enum chat_error
command_handle(struct command_handler *handler, const struct command *command)
{
	return handler->ops->handle(handler, command);
}

static inline bool
command_is_in_room(struct command_handler *handler, struct str member_id)
{
	return handler->ops->is_in_room(handler, member_id);
}

/* The word of the table: "room_join". */
const char *command_kind_word(enum command_kind);

#endif
