/* Events: the output of the chat, and their audiences. */
#ifndef DOMAIN_EVENT_H
#define DOMAIN_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "domain/blob.h"
#include "domain/command.h"
#include "domain/error.h"
#include "domain/history.h"

/* What an event is, as bits. */
enum event_trait {
	EVENT_IS_DIRECT = 1 << 0,    /* answers a command, to its connection */
	EVENT_IS_DROPPABLE = 1 << 1, /* a slow reader can do without it */
	/* What a slow reader was not sent of these is replaced by one
	 * EVENT_PRESENCE. */
	EVENT_IS_PRESENCE = 1 << 2,
	/* A slow reader must not miss it: a message of its room changed, or
	 * the epoch. */
	EVENT_IS_CHANGE = 1 << 3,
	/* It happens to its member, which views it as an author. */
	EVENT_IS_ABOUT_MEMBER = 1 << 4
};

/*
 * X(constant, word for tests and logs, traits): every event. The comments list
 * the members of struct event that are set besides `kind`; [optional].
 */
#define EVENTS(X)                                                             \
	/* Direct answers; each also has `ref` and `failure.command`. */      \
	/* The first event of a connection: member, member_id, profile. */    \
	X(EVENT_WELCOME, "welcome", EVENT_IS_DIRECT)                          \
	/* member, member_id, profile */                                      \
	X(EVENT_ME, "me", EVENT_IS_DIRECT)                                    \
	/* An acknowledgement: [room, seq, at_ms], recipients, duplicate; */  \
	/* epoch for the server. */                                           \
	X(EVENT_DELIVERED, "delivered", EVENT_IS_DIRECT)                      \
	/* [room], names */                                                   \
	X(EVENT_LIST, "list", EVENT_IS_DIRECT)                                \
	/* [member], member_id: the recipient's; by: the author's name; */    \
	/* body, in_dialog, at_ms; of a private talk: room, seq, [away], */   \
	/* [duplicate: no body] */                                            \
	X(EVENT_DM_SENT, "dm_sent", EVENT_IS_DIRECT)                          \
	/* was, member, member_id */                                          \
	X(EVENT_NAMED, "named", EVENT_IS_DIRECT)                              \
	/* room, room_name, persistent */                                     \
	X(EVENT_ROOM_CREATED, "created", EVENT_IS_DIRECT)                     \
	/* room, room_name, epoch, seq, count, names, page, changes, */       \
	/* recovery, member, member_id, at_ms, [topic, role, is_private, */   \
	/* is_moderated, slow_ms] */                                          \
	X(EVENT_ROOM_JOINED, "joined", EVENT_IS_DIRECT)                       \
	/* room, member, member_id, at_ms */                                  \
	X(EVENT_ROOM_LEFT, "left", EVENT_IS_DIRECT)                           \
	/* rooms, at_ms */                                                    \
	X(EVENT_ROOMS, "rooms", EVENT_IS_DIRECT)                              \
	/* room, epoch, seq: the last; rooms: this one */                     \
	X(EVENT_ROOM_INFO, "room_info", EVENT_IS_DIRECT)                      \
	/* [room], members */                                                 \
	X(EVENT_MEMBERS, "members", EVENT_IS_DIRECT)                          \
	/* room, epoch, page */                                               \
	X(EVENT_HISTORY, "history", EVENT_IS_DIRECT)                          \
	/* A command that has no other answer was carried out: [room] */      \
	X(EVENT_DONE, "done", EVENT_IS_DIRECT)                                \
	/* file */                                                            \
	X(EVENT_FILE, "file", EVENT_IS_DIRECT)                                \
	/* The answer to file_accept: file, which the receiver is to get. */  \
	X(EVENT_FILE_TAKEN, "file_taken", EVENT_IS_DIRECT)                    \
	/* file, file_at, body: bytes of the file, none at its end; */        \
	/* member: the reader, by: the owner's name, or empty */              \
	X(EVENT_FILE_DATA, "file_data", EVENT_IS_DIRECT)                      \
	/* at_ms */                                                           \
	X(EVENT_PONG, "pong", EVENT_IS_DIRECT)                                \
	/* [room, recipient], failure, at_ms; CHAT_FILE_NOT_FOUND: member */  \
	X(EVENT_FAILED, "failed", EVENT_IS_DIRECT)                            \
	/* The connection will be closed: bye. */                             \
	X(EVENT_BYE, "bye", EVENT_IS_DIRECT)                                  \
	/* The client's token expires: at_ms. */                              \
	X(EVENT_TOKEN_EXPIRING, "token_expiring", EVENT_IS_DIRECT)            \
	/* Events for others. */                                              \
	/* A new member in the lobby: member, member_id. */                   \
	X(EVENT_ANNOUNCED, "announced", 0)                                    \
	/* A member has left the lobby, of a size up to the limit: */         \
	/* member, member_id, at_ms. */                                       \
	X(EVENT_LOBBY_LEFT, "lobby_left", 0)                                  \
	/* was, member, member_id, at_ms: of a member in the lobby. */        \
	X(EVENT_LOBBY_RENAMED, "lobby_renamed", 0)                            \
	/* A message: member, member_id, body, at_ms; in a room: room, */     \
	/* seq; in the lobby: [fields]; of a slow reader [is_redacted, */     \
	/* edited_ms]. */                                                     \
	X(EVENT_MESSAGE, "message", 0)                                        \
	/* member, member_id: the author's; recipient: the name; body, */     \
	/* in_dialog, at_ms; [room, seq] */                                   \
	X(EVENT_DM, "dm", 0)                                                  \
	/* [room], was, member, member_id */                                  \
	X(EVENT_RENAMED, "renamed", EVENT_IS_PRESENCE)                        \
	/* room, member, member_id */                                         \
	X(EVENT_ENTERED, "entered", EVENT_IS_PRESENCE)                        \
	/* room, member, member_id */                                         \
	X(EVENT_GONE, "gone", EVENT_IS_PRESENCE)                              \
	/* Replaces the two above in a large room: room, count. */            \
	X(EVENT_COUNT, "count", EVENT_IS_PRESENCE)                            \
	/* room, member, member_id */                                         \
	X(EVENT_TYPING, "typing", EVENT_IS_DROPPABLE)                         \
	/* The text of a message was removed: room, seq, at_ms, [reason]; */  \
	/* member, member_id: the remover. */                                 \
	X(EVENT_REDACTED, "redacted", EVENT_IS_CHANGE)                        \
	/* room, seq, at_ms, body, member, member_id */                       \
	X(EVENT_EDITED, "edited", EVENT_IS_CHANGE)                            \
	/* room, seq, at_ms, reaction, is_removed, member, member_id; */      \
	/* count: how many members react so */                                \
	X(EVENT_REACTED, "reacted", EVENT_IS_PRESENCE)                        \
	/* The other connections of a user: it has read up to: room, seq. */  \
	X(EVENT_READ, "read", 0)                                              \
	/* The next messages are of this epoch: room, epoch, seq: the last */ \
	/* one that is the same in the epoch before. */                       \
	X(EVENT_EPOCH, "epoch", EVENT_IS_CHANGE)                              \
	/* An invitation: room, room_name, member, member_id: the inviter's.  \
	 */                                                                   \
	X(EVENT_INVITED, "invited", 0)                                        \
	/* room, member, member_id, by, [by_id, reason], at_ms */             \
	X(EVENT_KICKED, "kicked", EVENT_IS_PRESENCE | EVENT_IS_ABOUT_MEMBER)  \
	/* room, member, member_id, role, [until_ms], by, [by_id, reason], */ \
	/* at_ms */                                                           \
	X(EVENT_ROLE, "role", EVENT_IS_PRESENCE | EVENT_IS_ABOUT_MEMBER)      \
	/* room, topic, by, by_id, at_ms */                                   \
	X(EVENT_TOPIC, "topic", EVENT_IS_PRESENCE)                            \
	/* room, slow_ms, by, by_id, at_ms */                                 \
	X(EVENT_SLOW, "slow", EVENT_IS_PRESENCE)                              \
	/* room, by, by_id; member, member_id: the receiver's */              \
	X(EVENT_ROOM_DELETED, "deleted", EVENT_IS_ABOUT_MEMBER)               \
	/* A member has uploaded a file: file, member, member_id, at_ms. */   \
	X(EVENT_FILE_UPLOADED, "file_uploaded", 0)                            \
	/* What a member did with a file that was offered: file, member, */   \
	/* member_id, by: the owner's name; is_private: for the owner. */     \
	X(EVENT_FILE_ACCEPTED, "file_accepted", 0)                            \
	X(EVENT_FILE_REJECTED, "file_rejected", 0)                            \
	/* A file was sent to all that a message pushes it to: */             \
	/* [room], file, count: how many, at_ms */                            \
	X(EVENT_FILE_PUSHED, "file_pushed", 0)                                \
	/* Results of COMMAND_REPLAY, for a slow reader. */                   \
	/* A page that no dialect encodes: the hub sends each message as */   \
	/* EVENT_MESSAGE. room, page, seq: of the next page; */               \
	/* recovery.missing_*; epoch for the server. */                       \
	X(EVENT_REPLAYED, "replayed", 0)                                      \
	/* Replaces all EVENT_IS_PRESENCE that were not sent: room, count, */ \
	/* names. */                                                          \
	X(EVENT_PRESENCE, "presence", 0)

enum event_kind {
#define X(constant, word, traits) constant,
	EVENTS(X)
#undef X
	EVENT_KINDS
};

/* The word of the table: "joined". */
const char *event_kind_word(enum event_kind);

/* Traits of a kind: bits of enum event_trait. */
extern const unsigned char event_traits[EVENT_KINDS];

static inline bool
event_has_trait(enum event_kind kind, enum event_trait trait)
{
	return (event_traits[kind] & trait) != 0;
}

/* The server, as described to a new member. */
struct profile {
	struct str server;     /* "parley/0.2.0" */
	struct str durability; /* "always", "interval", "never", "none" */
	int64_t ping_ms;
	size_t message_bytes;
	size_t rooms_per_member;
};

/* Why a request failed. */
struct failure {
	enum chat_error error;
	struct str command;     /* the word as sent; absent if unknown */
	struct str text;        /* for people; absent: chat_error_text() */
	struct str field;       /* CHAT_BAD_FIELD: its path, "since.epoch" */
	struct str right;       /* CHAT_FORBIDDEN: which is missing; absent */
	struct str exceeded;    /* CHAT_RATE_LIMITED: the option; absent */
	size_t offset;          /* CHAT_BAD_JSON: of the invalid byte */
	int64_t limit;          /* the limit that was exceeded; 0: omitted */
	int64_t retry_after_ms; /* 0: omitted */
	bool fatal; /* the dialect may close the connection afterwards */
};

struct bye {
	unsigned code;          /* the close code that follows */
	struct str reason;      /* "slow_consumer" */
	int64_t retry_after_ms; /* 0: omitted */
	struct str room;        /* of a reader that is too slow; or absent */
	uint64_t seq;           /* the first message of it that is missing */
};

/* A list of display names. */
struct names {
	const struct str *items;
	const struct str *ids; /* of the members; NULL: not requested */
	size_t count;
	bool left_out; /* too many: only the count is known */
	bool more;     /* the list was cut */
};

/* A part of a room's history, oldest first. */
struct page {
	const struct message *items;
	size_t count;
	bool more; /* the page was cut */
};

/* The result of `since` in a join. */
struct recovery {
	bool asked; /* `since` was given; otherwise the rest is not sent */
	bool recovered;
	bool epoch_changed;
	uint64_t missing_first; /* the gap, inclusive; 0: none */
	uint64_t missing_last;
};

struct room_entry {
	struct str id;
	struct str name;
	size_t members;
	bool persistent;
	bool is_private; /* one of the reader's rooms, then */
	int64_t created_ms;
	int64_t active_ms; /* the last join, leave or message */
	uint64_t messages; /* posted in total */
	bool is_uncounted; /* it is not known how many */
	bool is_mine;      /* the rest is set */
	uint64_t seq;      /* the newest message */
	uint64_t read;     /* the last that the member has read; 0: none */
	uint64_t unread;   /* messages behind it */
};

struct room_entries {
	const struct room_entry *items;
	size_t count;
	bool more; /* the list was cut */
};

struct member_entry {
	struct str id;
	struct str name; /* "": a guest that is in no room */
	int64_t since_ms;
	bool is_user; /* admitted with a user id */
};

struct member_entries {
	const struct member_entry *items;
	size_t count;
	bool more; /* the list was cut */
};

/* One thing that happened. Every text is borrowed for the call. */
struct event {
	enum event_kind kind;
	struct str ref; /* as in the command; absent: none */
	struct str room;
	struct str room_name;
	struct str epoch;
	uint64_t seq;
	int64_t at_ms;
	struct str member; /* display name */
	struct str member_id;
	uint32_t connection;  /* the member's that caused it; 0: any */
	struct str was;       /* the name before */
	struct str recipient; /* a name */
	struct str body;      /* JSON text; of EVENT_FILE_DATA bytes */
	/*
	 * Other fields of a message in the lobby, as the author's dialect
	 * encodes them; the others do not send them. Absent: none.
	 */
	struct str fields;
	size_t recipients; /* members; of a message, the author included */
	size_t count;      /* members of the room */
	bool duplicate;
	bool away;      /* no connection of the recipient got it */
	bool in_dialog; /* of the author's client with the recipient */
	bool persistent;
	bool is_redacted; /* the message has no text any more */
	bool is_removed;  /* the reaction was taken back */
	int64_t edited_ms;
	struct str reaction;
	struct str reason; /* for people */
	bool is_private;
	bool is_moderated;
	struct str topic;
	struct str role;  /* its word; absent: that of any member */
	struct str by;    /* the name of who did it */
	struct str by_id; /* absent: the server */
	int64_t until_ms; /* the end of a penalty; 0: it has none */
	int64_t slow_ms;
	struct names names;
	struct page page;
	/* Messages before `page` that changed; the oldest first. */
	struct page changes;
	struct recovery recovery;
	struct room_entries rooms;
	struct member_entries members;
	struct profile profile;
	struct failure failure;
	struct bye bye;
	const struct blob *file;
	uint64_t file_at; /* the offset of the bytes */
};

enum audience_kind {
	AUDIENCE_ONE,  /* member_id: its connections, or one of them */
	AUDIENCE_ROOM, /* room */
	AUDIENCE_LOBBY
};

struct audience {
	enum audience_kind kind;
	struct str member_id;
	uint32_t connection; /* AUDIENCE_ONE: no other; 0: all */
	struct str room;
	/*
	 * Absent, or a member: its connection event->connection is left out.
	 */
	struct str except;
};

static inline struct audience
audience_one(struct str member_id)
{
	return (struct audience){ .kind = AUDIENCE_ONE,
		.member_id = member_id };
}

static inline struct audience
audience_connection(struct str member_id, uint32_t connection)
{
	return (struct audience){ .kind = AUDIENCE_ONE,
		.member_id = member_id,
		.connection = connection };
}

/* The other connections of the event's member. */
static inline struct audience
audience_own_others(struct str member_id)
{
	return (struct audience){ .kind = AUDIENCE_ONE,
		.member_id = member_id,
		.except = member_id };
}

static inline struct audience
audience_room(struct str room)
{
	return (struct audience){ .kind = AUDIENCE_ROOM, .room = room };
}

static inline struct audience
audience_lobby(void)
{
	return (struct audience){ .kind = AUDIENCE_LOBBY };
}

#endif
