/* A command that is being run, and its answers. */
#ifndef COMMANDS_REQUEST_H
#define COMMANDS_REQUEST_H

#include <stddef.h>

#include "commands/commands.h"
#include "commands/support/command_queue.h"
#include "commands/support/listing.h"
#include "commands/support/post_limits.h"
#include "commands/support/presence.h"
#include "commands/support/room_fill.h"
#include "commands/support/room_quota.h"
#include "commands/support/unique_name.h"

/* How many random ids are tried before the command fails. */
#define ID_TRIES 16

/* State of the dispatcher that is kept between requests. */
struct dispatcher_state {
	size_t in_lobby;    /* members that the lobby counts */
	uint64_t newcomers; /* total: members that were given a name */
	struct unique_names suffixes;
	struct presence presence;
	struct listings listings;
	struct room_quota room_quota;
	struct room_fill room_fill;
	struct post_limits post_limits;
	int64_t swept_ms;  /* when rooms were last swept; monotonic */
	bool sweep_waits;  /* see room_sweep_run() */
	int64_t second_ms; /* when something last happened once a second */
	struct command_queues queues;
	struct request *appending; /* its entry is being appended */
	struct list file_completions;
	struct file_totals file_totals;
};

struct request {
	struct chat *chat;
	struct dispatcher_state *state;
	const struct command *command;
	struct str room; /* of the command; with COMMAND_CURRENT_ROOM, found */
	struct str body; /* of the command; with NEEDS_BODY, as filtered */
	int64_t now_ms;  /* one moment for all that is done */
	/* The place of the command in the order of all nodes; NULL: none. */
	struct ordered_run *ordered;
	struct member author;       /* with NEEDS_AUTHOR */
	struct room place;          /* of `room`, with NEEDS_VOICE */
	bool has_place;             /* false: in the lobby, or being removed */
	bool place_is_plain;        /* no attribute changes that */
	struct failure failure;     /* the details of a failure */
	char text[256];             /* failure.text, if it had to be made */
	char room_id[ROOM_ID_SIZE]; /* of the current room, if that is meant */
	bool is_appended;           /* its entry is done */
	enum chat_error appended;   /* the outcome of the entry */
	char file_id[ID_SIZE];      /* of the file in `body`; "": none */
};

/*
 * Looks the author up, or makes that of COMMAND_OF_SERVER. CHAT_MEMBER_NOT_
 * FOUND: there is none to be answered. CHAT_BAD_FIELD: not a name or an id.
 */
enum chat_error request_find_author(struct request *);

/* Whether the author, and who gets the answer, are at another node. */
static inline bool
request_is_foreign(const struct request *request)
{
	return request->command->connection == CONNECTION_ELSEWHERE;
}

/*
 * Of so many members that an event is for, those that got it: `here` if the
 * others are not at another node, all otherwise.
 */
static inline size_t
request_recipients(const struct request *request, size_t here, size_t all)
{
	return request->chat->order == NULL ? here : all;
}

/* The chat's observer; NULL: there is none, or that of another node sees it. */
struct presence_observer *request_observer(const struct request *);

/* The connection that the command came from, for the observer. */
uint32_t request_observed_connection(const struct request *);

/* An event with the author as its member; the caller sets the rest. */
struct event request_event(const struct request *, enum event_kind);

/*
 * Publishes a direct answer, with the ref of the command, to the connection
 * that it came from.
 */
void request_answer(const struct request *, struct event *);

/*
 * Publishes an event about the author to its connections but the one that the
 * command came from. Does nothing for an author of one connection.
 */
void request_publish_to_own_others(const struct request *,
    const struct event *);

/*
 * Whether the author has these rights, and may use them in this room. The
 * failure, CHAT_FORBIDDEN or CHAT_UNAUTHORIZED, names what is missing.
 */
enum chat_error request_check_rights(struct request *, unsigned rights);
enum chat_error request_check_scope(struct request *, struct str room);
enum chat_error request_lacks_right(struct request *, unsigned missing);

/* Publishes a failure of the request, or of a part of it, to its author. */
void request_answer_failure(const struct request *, enum chat_error);

/*
 * Whether it decides where this author is, so that later commands of the author
 * wait for it.
 */
bool request_entry_moves(const struct entry *, struct str author);

/*
 * Appends an entry to the log. When its turn comes the command's finish() is
 * called: before this returns, or later, with a copy of the command. The caller
 * returns at once.
 */
enum chat_error request_append(struct request *, struct entry *);

/*
 * Applies the chat's filter to the body of the command: sets request->body.
 * CHAT_MESSAGE_REFUSED, CHAT_UNAVAILABLE.
 */
enum chat_error request_filter_body(struct request *);

/*
 * Whether the filter allows a text of the command that is no message. The
 * failure, CHAT_MESSAGE_REFUSED, names the field.
 */
enum chat_error request_check_words(struct request *, const char *field,
    struct str text);

/* The same as request_append() with a message of the author in its room. */
enum chat_error request_append_message(struct request *);

/* The command runs again when everything that waits in the log now is done. */
enum chat_error request_append_barrier(struct request *);

/*
 * Goes on with the commands of an author that wait when the log's next entries
 * are done. False: no memory.
 */
bool request_run_waiting_later(struct chat *, struct dispatcher_state *,
    struct str author);

/* Each notes the details of a failure and returns it. */
enum chat_error request_bad_field(struct request *, const char *field);
enum chat_error request_over_limit(struct request *, enum chat_error,
    size_t limit);
enum chat_error request_room_not_found(struct request *);
enum chat_error request_member_not_found(struct request *);

#endif
