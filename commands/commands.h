/* What members can do: the chat and its dispatcher. Public. */
#ifndef COMMANDS_COMMANDS_H
#define COMMANDS_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/approval.h"
#include "domain/attribute_store.h"
#include "domain/blob_store.h"
#include "domain/chat_stats.h"
#include "domain/clock.h"
#include "domain/command.h"
#include "domain/command_order.h"
#include "domain/commit_log.h"
#include "domain/event.h"
#include "domain/file_message.h"
#include "domain/history.h"
#include "domain/id_source.h"
#include "domain/member_store.h"
#include "domain/message_filter.h"
#include "domain/presence_observer.h"
#include "domain/publisher.h"
#include "domain/room_store.h"
#include "domain/server_stats.h"

/* Who may create persistent rooms. */
enum room_creators {
	CREATORS_ANYONE,
	CREATORS_USERS, /* members with a user id */
	CREATORS_ROLE   /* those with RIGHT_MODERATE or RIGHT_ADMIN */
};

#define FILE_TYPES_SIZE 512

/* Of uploaded files. 0: no limit. */
struct file_limits {
	uint64_t size;               /* of one */
	uint64_t quota_user;         /* of one user, or address */
	uint64_t quota;              /* in all */
	int64_t expire_ms;           /* how long one is kept */
	int64_t unfinished_ms;       /* how long an upload may take */
	char types[FILE_TYPES_SIZE]; /* file_type_is_listed() */
};

struct chat_limits {
	size_t message_bytes; /* JSON text of one message */
	size_t rooms;         /* in all */
	size_t rooms_per_member;
	size_t connections_per_user;
	enum room_creators creators;
	size_t persistent_rooms;          /* in all; 0: no limit */
	size_t persistent_rooms_per_hour; /* of one address; 0: no limit */
	size_t rooms_per_origin; /* of one address at a time; 0: no limit */
	size_t rooms_per_user;   /* persistent, of one creator; 0: no limit */
	/*
	 * An address fills a history of so many messages or bytes, or what is
	 * kept of the lobby (0: no limit), in this time at the soonest; 0: no
	 * limit.
	 */
	int64_t fill_ms;
	size_t fill_messages;
	size_t fill_bytes;
	size_t fill_lobby_bytes;
	/* An empty room that no user has created is removed then; 0: never. */
	int64_t room_empty_ms;
	size_t room_members;
	size_t room_attributes; /* of one room, with those of its messages */
	size_t reactions;       /* different ones to a message */
	int64_t edit_ms; /* how long a message can be edited; 0: always */
	/* More messages of a member in a room in this time mute it; 0: none. */
	uint32_t flood_messages;
	int64_t flood_time_ms;
	int64_t flood_mute_ms; /* for so long */
	size_t page_messages;  /* of history, at most */
	size_t page_bytes;     /* of history, at most */
	size_t list_bytes; /* a list of names is cut before it exceeds this */
	/* New members are announced in lobbies of up to this many members. */
	size_t announce_up_to;
	/* Joins, leaves and renames are published in rooms of up to this many
	 * members; in larger ones only the number of members is. */
	size_t presence_up_to;
	struct file_limits files;
};

/*
 * Everything the commands work on; put together by the program. The stores,
 * publisher, clock and ids are borrowed and outlive it. filter, limits
 * and profile may be exchanged between two commands.
 */
struct chat {
	struct member_store *members;
	struct room_store *rooms;
	struct history *history;
	struct attribute_store *attributes;
	struct commit_log *log; /* changes rooms, history and attributes */
	struct command_order
	    *order; /* with other nodes; NULL: there are none */
	struct publisher *publisher;
	struct clock *clock;
	struct id_source *ids;
	struct message_filter *filter;      /* of messages; NULL: none */
	struct presence_observer *observer; /* NULL: none */
	struct blob_store *blobs;           /* NULL: there are no files */
	struct file_message *file_messages; /* NULL: messages share none */
	struct approval *approval; /* NULL: no command is asked about */
	struct chat_limits limits;
	struct profile profile;
};

/* Collects the current figures. Visits every room. */
void chat_stats_collect(struct chat *, struct chat_stats *out);

struct dispatcher;

/*
 * NULL without memory. The chat is borrowed and outlives the dispatcher, which
 * handles the entries of its log.
 */
struct dispatcher *dispatcher_create(struct chat *);
void dispatcher_destroy(struct dispatcher *);

/* Handles commands; owned by the dispatcher. */
struct command_handler *dispatcher_handler(struct dispatcher *);

/*
 * What is not in the stores of members and rooms, but belongs to the same
 * moment. These are loaded before it is set.
 */
uint64_t dispatcher_newcomers(const struct dispatcher *);
void dispatcher_resume(struct dispatcher *, uint64_t newcomers);

/* Whether no command waits, nor anything that one has begun. */
bool dispatcher_is_idle(const struct dispatcher *);

/* What became of files. */
const struct file_totals *dispatcher_file_totals(const struct dispatcher *);

/* Memory of the commands that wait for the log. */
size_t dispatcher_queued_bytes(const struct dispatcher *);

/* Whether that is so much that clients should not be read for now. */
bool dispatcher_is_under_pressure(const struct dispatcher *);

#endif
