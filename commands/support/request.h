/* A command that is being run, and its answers. */
#ifndef COMMANDS_REQUEST_H
#define COMMANDS_REQUEST_H

#include <stddef.h>

#include "commands/commands.h"
#include "commands/support/command_queue.h"
#include "commands/support/listing.h"
#include "commands/support/presence.h"
#include "commands/support/room_quota.h"
#include "commands/support/unique_name.h"

/* A random id is tried so often before giving up. */
#define ID_TRIES 16

/* What commands keep from one request to the next. */
struct dispatcher_state {
	size_t in_lobby;    /* members that the lobby counts */
	uint64_t newcomers; /* how many were named here, ever */
	struct unique_names suffixes;
	struct presence presence;
	struct listings listings;
	struct room_quota room_quota;
	int64_t swept_ms;  /* when rooms were last swept; monotonic */
	int64_t second_ms; /* when something last happened once a second */
	struct command_queues queues;
	struct request *appending; /* its entry is being appended */
};

struct request {
	struct chat *chat;
	struct dispatcher_state *state;
	const struct command *command;
	struct str room; /* of the command; with COMMAND_CURRENT_ROOM, found */
	int64_t now_ms;  /* one moment for all that is done */
	struct member author;   /* with NEEDS_AUTHOR */
	struct failure failure; /* what else there is to say about a failure */
	char text[256];         /* failure.text, if it had to be made */
	char room_id[ROOM_ID_SIZE]; /* of the current room, if that is meant */
	bool is_appended;           /* its entry is done, … */
	enum chat_error appended;   /* … and this came of it */
};

/* An event that tells of its author; the rest is up to the caller. */
struct event request_event(const struct request *, enum event_kind);

/* Publishes a direct answer, with the ref of the command. */
void request_answer(const struct request *, struct event *);

/* Whether the author has these rights. */
enum chat_error request_check_rights(const struct request *, unsigned rights);

/* Tells the author that the request, or a part of it, failed. */
void request_answer_failure(const struct request *, enum chat_error);

/*
 * Appends an entry to the log. When its turn comes the command's finish() goes
 * on: before this returns, or later, with a copy of the command. Nothing must
 * be done after it.
 */
enum chat_error request_append(struct request *, struct entry *);

/* The command runs again when everything that waits in the log now is done. */
enum chat_error request_append_barrier(struct request *);

/* Each notes the details of a failure and returns it. */
enum chat_error request_bad_field(struct request *, const char *field);
enum chat_error request_over_limit(struct request *, enum chat_error,
    size_t limit);
enum chat_error request_room_not_found(struct request *);
enum chat_error request_member_not_found(struct request *);

#endif
