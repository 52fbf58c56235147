/* A command: a request of a member or of the transport to the chat. */
#ifndef DOMAIN_COMMAND_H
#define DOMAIN_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "domain/error.h"
#include "domain/id_source.h"
#include "domain/principal.h"

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
	/* a file was sent to all that a message pushes it to: file.id; */  \
	/* limit: how many; room: of the message */                         \
	X(COMMAND_FILE_PUSHED, file_pushed)                                 \
	/* made by file_complete: the lobby gets to know file.id */         \
	X(COMMAND_FILE_ANNOUNCE, file_announce)                             \
	/* made by tick: `room` is empty for duration_ms, and is removed */ \
	X(COMMAND_ROOM_EXPIRE, room_expire)                                 \
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
	X(COMMAND_ROOM_INFO, room_info)                                     \
	X(COMMAND_MEMBERS, members)                                         \
	X(COMMAND_HISTORY, history)                                         \
	X(COMMAND_REDACT, redact)                                           \
	X(COMMAND_EDIT, edit)                                               \
	X(COMMAND_REACT, react)                                             \
	X(COMMAND_READ, read)                                               \
	X(COMMAND_TYPING, typing)                                           \
	X(COMMAND_AUTH, auth) /* the transport carries it out */            \
	X(COMMAND_INVITE, invite)                                           \
	X(COMMAND_KICK, kick)                                               \
	X(COMMAND_MUTE, mute)                                               \
	X(COMMAND_UNMUTE, unmute)                                           \
	X(COMMAND_BAN, ban)                                                 \
	X(COMMAND_UNBAN, unban)                                             \
	X(COMMAND_ROLE, role)                                               \
	X(COMMAND_TOPIC, topic)                                             \
	X(COMMAND_SLOW, slow)                                               \
	X(COMMAND_ROOM_DELETE, room_delete)                                 \
	X(COMMAND_FILE_CREATE, file_create)                                 \
	X(COMMAND_FILE_APPEND, file_append)                                 \
	X(COMMAND_FILE_COMPLETE, file_complete)                             \
	X(COMMAND_FILE_INFO, file_info)                                     \
	X(COMMAND_FILE_READ, file_read)                                     \
	X(COMMAND_FILE_DELETE, file_delete)                                 \
	X(COMMAND_FILE_ACCEPT, file_accept)                                 \
	X(COMMAND_FILE_REJECT, file_reject)                                 \
	X(COMMAND_PING, ping)                                               \
	X(COMMAND_NOOP, noop) /* valid, and has no effect */

enum command_kind {
#define X(constant, word) constant,
	COMMANDS(X)
#undef X
	COMMAND_KINDS
};

/* Differences in meaning between dialects, set by the decoders. */
enum command_flag {
	/* join: create the room if it does not exist */
	/* file_append: create the file if this is its beginning */
	COMMAND_MAY_CREATE = 1 << 0,
	/* create, COMMAND_MAY_CREATE: the room outlives its members */
	COMMAND_PERSISTENT = 1 << 1,
	COMMAND_HAS_SINCE = 1 << 2, /* join: since_epoch, since_seq are set */
	/* history: the page after or before from_seq */
	COMMAND_HAS_AFTER = 1 << 3,
	COMMAND_HAS_BEFORE = 1 << 4,
	COMMAND_NO_LOBBY = 1 << 5, /* connect: the member is not in the lobby */
	/* join, create: the member leaves its other rooms afterwards */
	COMMAND_LEAVES_OTHERS = 1 << 6,
	/*
	 * leave, broadcast, join, list: `room` is absent and stands for the
	 * room that the author is in.
	 */
	COMMAND_CURRENT_ROOM = 1 << 7,
	COMMAND_ACK = 1 << 8, /* broadcast: acknowledge even without ref */
	/* broadcast: limits.message_bytes does not apply */
	COMMAND_ANY_SIZE = 1 << 9,
	/* create: sanitize `name`; if nothing is left, the id is the name */
	COMMAND_ANY_NAME = 1 << 10,
	/* connect: the name is the id, except a user's */
	COMMAND_NAMED_BY_ID = 1 << 11,
	/*
	 * connect: no name until the member joins a room; that name is valid
	 * in the room only. Requires COMMAND_NO_LOBBY.
	 */
	COMMAND_GUEST = 1 << 12,
	/*
	 * rooms: only those with guests. join: the room counts as one of
	 * guests, of which there are at most max_rooms.
	 */
	COMMAND_OF_GUESTS = 1 << 13,
	COMMAND_FATAL = 1 << 14, /* sets failure.fatal */
	/* broadcast: counts for the dialect's burst_limit */
	COMMAND_BURST_LIMITED = 1 << 15,
	COMMAND_UNLISTED = 1 << 16, /* join: the answer needs no names */
	/* replay: after the last message, the room's members */
	COMMAND_WITH_PRESENCE = 1 << 17,
	/* connect: the connections of one user are one member */
	COMMAND_SHARED = 1 << 18,
	/*
	 * The author is the server: no member, in no room and no list.
	 * `author` only names where the answers go, `as_id` and `as_name` what
	 * others see. It need not be in a room.
	 */
	COMMAND_OF_SERVER = 1 << 19,
	/* connect: without a name it is "User_" and the head of the id */
	COMMAND_NAMED_USER = 1 << 20,
	/* dm: a part of a dialog with this member; see event.in_dialog */
	COMMAND_IN_DIALOG = 1 << 21,
	/* create, COMMAND_MAY_CREATE: as in struct room */
	COMMAND_PRIVATE = 1 << 22,
	COMMAND_MODERATED = 1 << 23,
	COMMAND_REMOVE = 1 << 24,      /* react: take the reaction back */
	COMMAND_NO_DM = 1 << 24,       /* connect: no private messages come */
	COMMAND_WITH_IDS = 1 << 25,    /* list: member ids, too */
	COMMAND_WITH_COUNTS = 1 << 25, /* rooms: how many messages each has */
	COMMAND_MINE = 1 << 26, /* rooms: the author's, and what it read */
	/* join of a guest: the name is that of its principal, not plain */
	COMMAND_USERS_NAME = 1 << 27,
	/* dm: the recipient is a name, in these letters */
	COMMAND_EXACT_NAME = 1 << 28,
	/* it was asked about, and may run: see approval.h */
	COMMAND_APPROVED = 1 << 29,
	/* file_complete: the lobby gets to know it */
	COMMAND_ANNOUNCED = 1 << 30
};

/* The connection of a command that another node has proposed. */
#define CONNECTION_ELSEWHERE UINT32_MAX

/* What a command has about a file. */
struct command_file {
	struct str id;
	struct str key;  /* of its URL; absent: the author's rights count */
	struct str name; /* create */
	struct str type; /* create: a media type; absent: unknown */
	uint64_t size;   /* create; or BLOB_SIZE_UNKNOWN */
	uint64_t at;     /* append, read: the offset in the file */
};

/*
 * One request. Every text is borrowed until the handler returns; an absent one
 * has a NULL pointer.
 */
struct command {
	enum command_kind kind;
	unsigned flags;
	/* A number of the address that it comes from; 0: of this machine. */
	uint64_t origin;
	/*
	 * The connection that it comes from: direct answers go to it. Never
	 * given again soon; 0: any of the author's.
	 */
	uint32_t connection;
	unsigned rights;                   /* of that connection: enum right */
	void *peer;                        /* connect: for publisher_attach() */
	const struct principal *principal; /* connect; NULL: anonymous */
	enum id_style id_style;            /* connect, create: of a random id */
	/*
	 * Maximum. history, join: of messages; list, rooms, members: of
	 * entries, 0: not given; replay, file_read: of bytes;
	 * file_pushed: how many have got it
	 */
	uint32_t limit;
	struct str author; /* a member id; absent in connect, tick */
	struct str
	    scope;       /* the rooms of its principal: room_patterns_match() */
	struct str ref;  /* opaque; copied to direct answers */
	struct str word; /* the dialect's word, for failures */
	struct str room; /* an id; absent: the lobby */
	/* connect, rename, create: requested; join of a guest: plain */
	struct str name;
	struct str recipient; /* dm, moderation: name or id */
	/* broadcast, dm, edit: the message as JSON text, as sent;
	 * file_append: bytes of the file */
	struct str body;
	struct str key;    /* broadcast: identifies retries */
	struct str fields; /* broadcast in the lobby: see struct event */
	/* list: page after this name; rooms, members: this id */
	struct str after;
	struct str reaction; /* react */
	struct str reason;   /* redact, kick, mute, ban: for people */
	struct str topic; /* topic; create, COMMAND_MAY_CREATE: of the room */
	struct str role;  /* role: its word */
	struct str since_epoch;
	struct str as_id;   /* COMMAND_OF_SERVER */
	struct str as_name; /* COMMAND_OF_SERVER; absent: as_id */
	uint64_t since_seq;
	/*
	 * history: with COMMAND_HAS_AFTER or _BEFORE; replay: the first;
	 * redact, edit, react, read: the message
	 */
	uint64_t from_seq;
	uint64_t to_seq;      /* replay: the last that was published */
	int64_t ttl_ms;       /* create, COMMAND_MAY_CREATE; 0: not given */
	uint32_t max_members; /* the same */
	uint32_t max_rooms;   /* COMMAND_OF_GUESTS: rooms with guests */
	struct str token;     /* auth; not in copies: it is never queued */
	int64_t duration_ms;  /* mute, ban; 0: for good */
	/* slow; create, COMMAND_MAY_CREATE: between messages; 0: none */
	int64_t slow_ms;
	struct command_file file; /* file_*; redact: that of the message */
};

struct command_handler;

struct command_handler_ops {
	/*
	 * Carries the command out, or queues it behind entries of its author
	 * that wait for the log. Answers and failures are published; the
	 * result is for the caller only. After CONNECT fails there is no
	 * member.
	 */
	enum chat_error (*handle)(struct command_handler *,
	    const struct command *);
	/*
	 * Whether the member is in a room (not the lobby) after all of its
	 * commands so far. The publisher may be informed later.
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

static inline bool
command_may_create_room(const struct command *command)
{
	return command->kind == COMMAND_ROOM_CREATE ||
	       (command->kind == COMMAND_ROOM_JOIN &&
		   (command->flags & COMMAND_MAY_CREATE));
}

/* The word of the table: "room_join". */
const char *command_kind_word(enum command_kind);

#endif
