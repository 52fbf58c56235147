/* Options of a room, given or changed: its topic, privacy and slow mode. */
#ifndef COMMANDS_ROOM_OPTIONS_H
#define COMMANDS_ROOM_OPTIONS_H

#include "commands/support/request.h"

#define ROOM_TOPIC_CHARS 256

/* The longest time between two messages of a member. */
#define ROOM_SLOW_MOST_MS (INT64_C(24) * 3600 * 1000)

/*
 * Reads the options of a new room from the command, whose creator is the author
 * unless the room outlives anonymous members, or it is a guest. CHAT_BAD_FIELD.
 */
enum chat_error room_options_read(struct request *, struct room *);

/* Checks the topic of the command, or its slow_ms. CHAT_BAD_FIELD. */
enum chat_error room_options_check_topic(struct request *);
enum chat_error room_options_check_slow(struct request *);

/* Append the command's topic or slow_ms to the log. finish() follows. */
enum chat_error room_options_append_topic(struct request *,
    const struct room *);
enum chat_error room_options_append_slow(struct request *, const struct room *);

/* The author has created the room: its topic follows, without an event. */
void room_options_apply(struct request *, const struct room *);

/* The time between two messages of a member; 0: any. */
int64_t room_options_slow_ms(const struct request *, const struct room *);

/*
 * What the author learns of the room when it joins. Texts are good until the
 * attributes change.
 */
void room_options_describe(const struct request *, const struct room *,
    struct event *);

#endif
