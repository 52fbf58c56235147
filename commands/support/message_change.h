/* What changes one message of a room: common to redact, edit and react. */
#ifndef COMMANDS_MESSAGE_CHANGE_H
#define COMMANDS_MESSAGE_CHANGE_H

#include "commands/support/request.h"
#include "domain/log.h"

/*
 * Finds the message with the number of the command, which must be in the room.
 * CHAT_BAD_FIELD, CHAT_MESSAGE_NOT_FOUND.
 */
enum chat_error message_change_find(struct request *, struct message *out);

/* Whether the author has written it. */
bool message_change_is_own(const struct request *, const struct message *);

/*
 * Appends an attribute of the message to the log, of which the caller has set
 * what its kind needs; value, by and at_ms are set unless it is to be removed.
 */
enum chat_error message_change_append(struct request *, struct attribute *,
    bool remove);

/* An event about the message of an entry, with its author as the member. */
struct event message_change_event(const struct entry *, enum event_kind);

/*
 * Publishes an event to the room of the entry, or to the two users of a private
 * talk, and answers EVENT_DONE.
 */
void message_change_publish(struct request *, const struct entry *,
    const struct event *);

/*
 * In finish(): a line of the log with command, room, number and author. Members
 * can cause many, so they are limited.
 */
void message_change_log(const struct request *, const struct entry *,
    struct log_limit *, enum log_level);

/* Answers EVENT_DONE. */
void message_change_answer(const struct request *);

#endif
