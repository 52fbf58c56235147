/* For the files of the hub only. */
#ifndef TRANSPORT_HUB_INTERNAL_H
#define TRANSPORT_HUB_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/base/id_map.h"
#include "domain/publisher.h"
#include "domain/server_stats.h"
#include "transport/fanout/encode_cache.h"
#include "transport/fanout/hub.h"
#include "transport/fanout/replay.h"
#include "transport/fanout/send_batch.h"
#include "transport/fanout/subscriptions.h"
#include "transport/session.h"
#include "wire/dialect.h"

struct hub {
	struct publisher base;
	struct subscriptions subscriptions;
	struct id_map sessions; /* by member id: the first of each member */
	struct id_map waiting;  /* by number: sessions without a member */
	uint32_t connections;   /* numbers given so far */
	struct send_batch batch;
	struct replays replays;
	struct list pushes; /* struct file_push */
	struct command_handler *handler;
	const struct transport_limits *limits;
	struct encode_cache encode_cache;
	uint64_t messages;
	uint64_t deliveries; /* of all messages, to a connection each */
	/* Attached: its command is run, or it was looked up. Or NULL. */
	struct session *last_author;
	uint64_t errors[CHAT_ERROR_KINDS]; /* answers, by error */
	uint64_t recoveries[RECOVERY_OUTCOMES];
};

/* --- hub.c ---------------------------------------------------------------- */

/* To one session; false: its dialect has no word for it. */
bool hub_send_as(struct hub *, struct session *, const struct event *,
    enum viewpoint);

/* The session that has waited for its member; NULL: it is gone. */
struct session *hub_take_waiting(struct hub *, uint32_t connection);

/* Members of rooms that one turn sends to; 0: no limit. */
size_t hub_turn_sends(const struct hub *);

/* Whether members are sent something in later turns, as far as they read. */
bool hub_has_deferred(const struct hub *);

/* A large batch is sent before the end of its turn. */
void hub_flush_if_large(struct hub *);

/* --- hub_publish.c -------------------------------------------------------- */

extern const struct publisher_ops hub_ops;

/* --- hub_members.c -------------------------------------------------------- */

/* The member's session that is this connection, or the first one (0). */
struct session *hub_find_session(struct hub *, struct str member_id,
    uint32_t connection);

/* Whether it is subscribed to a channel of the room. */
bool hub_session_is_in(struct session *, const struct room_channels *);

/* Whether other sessions of its member are; NULL: there is no such room. */
bool hub_session_is_further(struct hub *, const struct session *,
    const struct room_channels *);

/* Removes it from its member's sessions, of which it is one. */
void hub_remove_session(struct hub *, struct session *);

/* For hub_ops. */
enum chat_error hub_attach(struct publisher *, void *peer, struct str member_id,
    uint32_t connection);
enum chat_error hub_enter(struct publisher *, struct str member_id,
    uint32_t connection, struct str room);
void hub_leave(struct publisher *, struct str member_id, struct str room);
void hub_detach(struct publisher *, struct str member_id, uint32_t connection);
unsigned hub_rights(struct publisher *, struct str member_id);
void hub_end_one(struct publisher *, struct str member_id, uint32_t connection,
    enum chat_error reason);

#endif
