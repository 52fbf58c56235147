/* Encodes the answers of the HTTP API: docs/api.md. Public. */
#ifndef WIRE_API_ANSWER_H
#define WIRE_API_ANSWER_H

#include "domain/event.h"
#include "wire/dialect.h"

/* The status of a request that failed like this. */
int api_status(enum chat_error);

/*
 * Appends a direct answer as one JSON object; returns its status, which is the
 * object's first field, too, with `names_status` (for batches). Events that no
 * command of the API is answered with are asserted away.
 */
int api_put_answer(struct wire_text *, const struct event *, bool names_status);

/* Appends what is known of a file, for its owner. See file_members_put(). */
void api_put_file(struct wire_text *, const struct blob *, struct str base);

/* --- server-sent events (WHATWG HTML §9.2) -------------------------------- */

/* How long a client waits before it reconnects, and a comment. */
void api_put_stream_begin(struct wire_text *);

/* Keeps the connection alive; no event. */
void api_put_heartbeat(struct wire_text *);

/* A message, with the id "epoch:seq". */
void api_put_stream_message(struct wire_text *, struct str room,
    struct str epoch, const struct message *);

/* "edited", "joined", …: what happened in a room besides messages. */
void api_put_stream_event(struct wire_text *, const struct event *);

/* "changed": what became of a message, as it is now. */
void api_put_stream_change(struct wire_text *, struct str room,
    const struct message *);

/* "gap": events are missing that are no messages. */
void api_put_events_gap(struct wire_text *, struct str room, struct str epoch);

/*
 * "gap": messages are missing, first to last; 0: the numbers begin anew, since
 * the room has another epoch.
 */
void api_put_gap(struct wire_text *, struct str room, struct str epoch,
    uint64_t first, uint64_t last);

/*
 * The answer to a poll: these bytes of a stream as a list, and the position
 * behind them. Each event has its type as the field "event".
 */
void api_put_poll(struct wire_text *, struct str position, struct str stream);

/* "end": no more events will come; the reason is a constant. */
void api_put_end(struct wire_text *, struct str room, struct str reason);

#endif
