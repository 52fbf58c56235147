/* What happened, and who is to hear of it: the door out of the chat. */
#ifndef DOMAIN_EVENT_H
#define DOMAIN_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "domain/command.h"
#include "domain/error.h"
#include "domain/history.h"

/*
 * Direct answers go to whoever asked; the others to a room or the lobby.
 * The comment names the parts of struct event that are set beyond `kind`;
 * in direct answers `ref` and `failure.command` are, since any of them may
 * become a failure while it waits for the disk.
 */
enum event_kind {
	/* direct answers */
	EVENT_WELCOME, /* member, member_id, profile: the first to a newcomer */
	EVENT_ME,      /* member, member_id, profile */
	EVENT_DELIVERED,    /* [room, seq, at_ms], recipients, duplicate */
	EVENT_LIST,         /* [room], names */
	EVENT_DM_SENT,      /* member, member_id: the recipient's; body */
	EVENT_NAMED,        /* member, member_id */
	EVENT_ROOM_CREATED, /* room, room_name, persistent */
	EVENT_ROOM_JOINED,  /* room, room_name, epoch, seq, count, names, page,
			       recovery, member, member_id, at_ms */
	EVENT_ROOM_LEFT,    /* room, member, member_id, at_ms */
	EVENT_ROOMS,        /* rooms, at_ms */
	EVENT_HISTORY,      /* room, epoch, page */
	EVENT_PONG,         /* at_ms */
	EVENT_FAILED,       /* [room], failure, at_ms */
	EVENT_BYE,          /* bye: the connection is about to be closed */
	/* to others */
	EVENT_ANNOUNCED, /* member, member_id: somebody is new in the lobby */
	EVENT_SAID,    /* member, member_id, body; in a room: room, seq, at_ms,
			  failure.command */
	EVENT_DM,      /* member, member_id: the author's; body */
	EVENT_RENAMED, /* room, was, member, member_id */
	EVENT_ENTERED, /* room, member, member_id */
	EVENT_GONE,    /* room, member, member_id */
	EVENT_COUNT, /* room, count: instead of the two above in a large room */
	EVENT_TYPING, /* room, member, member_id: may be dropped */
	/* to a slow reader, from COMMAND_REPLAY */
	EVENT_REPLAYED, /* room, page, seq: where the next one starts;
			   recovery: missing_first, _last. No dialect has a
			   word for it: each message is sent as EVENT_SAID */
	EVENT_PRESENCE, /* room, count, names: instead of each EVENT_ENTERED,
			   _GONE and _RENAMED that it was not sent */
	EVENT_KINDS
};

/* What a member is told about the server when it arrives. */
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
	struct str command;     /* the word as it was sent; absent if unknown */
	struct str text;        /* for people; absent: chat_error_text() */
	struct str field;       /* CHAT_BAD_FIELD: its path, "since.epoch" */
	size_t offset;          /* CHAT_BAD_JSON: of the byte that is wrong */
	int64_t limit;          /* the limit that was met; 0: not said */
	int64_t retry_after_ms; /* 0: not said */
	bool fatal; /* the connection is closed after it, if dialects do so */
};

struct bye {
	unsigned code;          /* the close code that follows */
	struct str reason;      /* "slow_consumer" */
	int64_t retry_after_ms; /* 0: not said */
	struct str room;        /* in which it fell behind; absent: none */
	uint64_t seq;           /* there, the first message that is missing */
};

/* A list of display names. */
struct names {
	const struct str *items;
	size_t count;
	bool left_out; /* there are too many to list: only the count is known */
	bool more;     /* the list was cut */
};

/* A stretch of a room's history, oldest first. */
struct page {
	const struct message *items;
	size_t count;
	bool more; /* it was cut */
};

/* How far a member that came back could be brought up to date. */
struct recovery {
	bool asked; /* `since` was given; else nothing of this is said */
	bool recovered;
	bool epoch_changed;
	uint64_t missing_first; /* the hole, inclusive; 0: none */
	uint64_t missing_last;
};

struct room_entry {
	struct str id;
	struct str name;
	size_t members;
	bool persistent;
	int64_t created_ms;
	int64_t active_ms; /* the last coming, going or message */
	uint64_t messages; /* ever said in it */
};

struct room_entries {
	const struct room_entry *items;
	size_t count;
	bool more; /* the list was cut */
};

/*
 * One thing that happened. Every text is borrowed for the call; each is listed
 * in event_copy.c, too.
 */
struct event {
	enum event_kind kind;
	/* What it tells is safe once the store has committed up to here; 0:
	 * there is nothing to wait for. */
	uint64_t lsn;
	struct str ref; /* as in the command; absent: none */
	struct str room;
	struct str room_name;
	struct str epoch;
	uint64_t seq;
	int64_t at_ms;
	struct str member; /* display name */
	struct str member_id;
	struct str was;    /* the name before */
	struct str body;   /* JSON text */
	size_t recipients; /* everyone it was handed to, the author included */
	size_t count;      /* members of the room */
	bool duplicate;
	bool persistent;
	struct names names;
	struct page page;
	struct recovery recovery;
	struct room_entries rooms;
	struct profile profile;
	struct failure failure;
	struct bye bye;
};

enum audience_kind {
	AUDIENCE_ONE,  /* member_id */
	AUDIENCE_ROOM, /* room */
	AUDIENCE_LOBBY
};

struct audience {
	enum audience_kind kind;
	struct str member_id;
	struct str room;
	struct str except; /* this member does not hear it; absent: all do */
};

static inline struct audience
audience_one(struct str member_id)
{
	return (struct audience){ .kind = AUDIENCE_ONE,
		.member_id = member_id };
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
