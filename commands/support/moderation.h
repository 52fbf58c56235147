/* Moderation: what roles may do to members, and what its commands share. */
#ifndef COMMANDS_MODERATION_H
#define COMMANDS_MODERATION_H

#include "commands/support/request.h"
#include "commands/support/room_roles.h"

/* What is done to a member. */
enum moderation_act {
	MODERATION_INVITE,
	MODERATION_KICK,
	MODERATION_MUTE,  /* and end a mute */
	MODERATION_BAN,   /* and end a ban */
	MODERATION_VOICE, /* give or take a role up to voice */
	MODERATION_ROLE   /* give or take a higher one */
};

/* The longest reason, in bytes: it is sent to all members of a room. */
#define REASON_MOST 300

struct moderation {
	struct room room;
	enum role actor;      /* the author's role */
	struct member target; /* the name of one that is not here is its id */
	bool is_connected;
	bool is_here; /* in the room */
	struct standing standing;
};

/*
 * Finds the room of the command; it must be visible to the author, who must
 * have the right in it, by its role or its token. CHAT_ROOM_NOT_FOUND,
 * CHAT_FORBIDDEN.
 */
enum chat_error moderation_find_room(struct request *, unsigned right,
    struct room *out);

/*
 * Finds room and target of a command, and decides whether the author may do it.
 * CHAT_BAD_FIELD, CHAT_MEMBER_NOT_FOUND, CHAT_ROOM_NOT_FOUND, CHAT_FORBIDDEN.
 */
enum chat_error moderation_begin(struct request *, enum moderation_act,
    struct moderation *out);

/* The same for what cannot be done to a member that is banned. */
enum chat_error moderation_begin_unbanned(struct request *, enum moderation_act,
    struct moderation *out);

/*
 * In finish(), when the author may be gone: looks it up, or makes a member of
 * which only the id is known.
 */
void moderation_find_author(struct request *);

/*
 * The same as moderation_begin() for finish(), with the entry that run()
 * appended; nothing is decided. False: the room is just being removed.
 */
bool moderation_resume(struct request *, const struct entry *,
    struct moderation *out);

/* An event about the target; the caller sets the rest. */
struct event moderation_event(const struct request *, const struct moderation *,
    enum event_kind);

/* An event of the author about a room: by, by_id and at_ms are set. */
struct event moderation_room_event(const struct request *, const struct room *,
    enum event_kind);

/* EVENT_ROLE: how the target stands now. */
struct event moderation_role_event(const struct request *,
    const struct moderation *);

/* The same as an act of the server, which is logged. */
void moderation_publish_by_server(const struct request *,
    const struct moderation *);

/* When a penalty ends that begins now, as the command wants it; 0: never. */
int64_t moderation_until_ms(const struct request *);

/* CHAT_BAD_FIELD: the target has no such penalty ("muted"). */
enum chat_error moderation_nothing_to_end(struct request *, enum role penalty);

/*
 * Puts the target out of the room, and publishes the event about it, which
 * the target gets even if it reads slowly. The others get EVENT_GONE, too.
 */
void moderation_remove(struct request *, struct moderation *,
    const struct event *);

/* Answers EVENT_DONE. */
void moderation_answer(const struct request *);

/*
 * Writes a line to the log: act, room, author, reason. Target and detail may
 * be absent.
 */
void moderation_log(const struct request *, struct str room, struct str target,
    struct str detail);

/* The finish() of commands that change nothing but the role of the target. */
enum chat_error moderation_finish_role(struct request *, const struct entry *);

#endif
