/* Sends events to the sessions of this process: a publisher. Public. */
#ifndef TRANSPORT_HUB_H
#define TRANSPORT_HUB_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/event.h"
#include "domain/publisher.h"

struct bye;
struct chunk_pool;
struct command_handler;
struct hub;
struct packer;
struct server_stats;
struct session;
struct thread_pool;
struct transport_limits;
struct unpacker;

/* NULL: no memory. */
struct hub *hub_create(void);

/* No session may be left. */
void hub_destroy(struct hub *);

/* Borrowed. */
struct publisher *hub_publisher(struct hub *);

/*
 * Sets the pool of chunks, the handler of the hub's own commands and the
 * limits, all borrowed. Called once, before the first event.
 */
void hub_bind(struct hub *, struct chunk_pool *, struct command_handler *,
    const struct transport_limits *);

/*
 * With fewer sends than these, other threads make a batch faster, but for more
 * than a tenth more CPU time. Tests build with another number.
 */
#ifndef HUB_THREADS_LEAST
#define HUB_THREADS_LEAST 384
#endif

/*
 * Batches of so many sends or more are sent by these threads, too; borrowed.
 * Called at most once. False: no memory.
 */
bool hub_use_threads(struct hub *, struct thread_pool *, size_t least);

/*
 * A session is new: choose the channels that it will subscribe to, and the
 * number of its connection.
 */
void hub_add(struct hub *, struct session *, bool deflate);

/*
 * The session is attached later, by its number, and not read until then. False:
 * no memory.
 */
bool hub_await_member(struct hub *, struct session *);

/* Ends a session whose member cannot be connected, or served. */
void hub_refuse(struct session *, enum chat_error);

/* How events are encoded for a session that is not attached yet. */
void hub_set_form(struct session *, unsigned form);

/* The session is going away; it is in no room any more. */
void hub_remove(struct hub *, struct session *);

/*
 * A command of the session follows, whose events and answers are those of this
 * session: it need not be looked up for each.
 */
void hub_note_author(struct hub *, struct session *);

/* Sends an event to one session, in order. */
void hub_send(struct hub *, struct session *, const struct event *);

/* The same with bytes that are no frame: the handshake's response. */
void hub_send_raw(struct hub *, struct session *, struct str bytes);

/* The same with a binary message. */
void hub_send_binary(struct hub *, struct session *, struct str bytes);

/* Sends `bye`: at once, beyond all limits, to a session that was removed. */
void hub_send_last(struct hub *, struct session *, const struct event *);

/*
 * The send queue of the session is empty: the session is sent the messages of
 * its rooms that it missed.
 */
void hub_drained(struct hub *, struct session *);

/* Bytes that wait to be sent to the session. */
size_t hub_waiting(const struct hub *, const struct session *);

/*
 * The session has handled a command: while more than limits.output_soft waits
 * for it, no further ones are read.
 */
void hub_pause_if_full(struct hub *, struct session *);

typedef void hub_connection_visit(const struct session *, void *arg);

/* Visits the connections of a member. False: it has none here. */
bool hub_each_connection(const struct hub *, struct str member_id,
    hub_connection_visit *, void *arg);

/*
 * Ends the connections of a member, see ws_conn_end(). False: it has none here.
 */
bool hub_end(struct hub *, struct str member_id, unsigned code,
    const char *reason);

/*
 * Finds a room of which the session missed messages that are not kept any more,
 * and sets bye->room and bye->seq to it and the first missed message. False:
 * there is none. The id is valid until the session leaves the room.
 */
bool hub_find_lost(const struct hub *, struct session *, struct bye *);

/*
 * One connection's input has been handled. Answers go at once, while its
 * memory is warm, unless there are frames for rooms: then they go with those.
 */
void hub_flush_answers(struct hub *);

/* Sends what was published in this turn, and to slow readers what they lack. */
void hub_flush(struct hub *);

/* The size of the next flush. */
struct pending hub_pending(const struct hub *);

/* Messages so far, and deliveries. */
void hub_stats(const struct hub *, struct server_stats *out);

/* Now and then: releases memory that is not needed. */
void hub_tidy(struct hub *);

/* --- for another process -------------------------------------------------- */

/* Before: what members were not sent becomes a part of their sessions. */
void hub_begin_pack(struct hub *);

/* The session's member, its rooms, and what it was not sent of these. */
void hub_pack_session(const struct hub *, const struct session *,
    struct packer *);

/*
 * Into a session that was added. False: no such bytes, or no memory; the
 * session may be in some of its rooms.
 */
bool hub_unpack_session(struct hub *, struct session *, bool is_attached,
    struct unpacker *);

/* Removes a session that could not be unpacked. */
void hub_forget(struct hub *, struct session *);

/* After all sessions: what is kept for slow readers. */
void hub_pack(const struct hub *, struct packer *);
bool hub_unpack(struct hub *, struct unpacker *);

#endif
