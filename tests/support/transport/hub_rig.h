/*
 * A chat of which only the transport is real: the test chooses the members of
 * rooms and publishes events, and the rig records which client must get them.
 * Slow readers are replayed from its histories.
 */
#ifndef TESTS_SUPPORT_TRANSPORT_HUB_RIG_H
#define TESTS_SUPPORT_TRANSPORT_HUB_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/command.h"
#include "domain/event.h"
#include "domain/publisher.h"
#include "tests/support/transport/rig.h"
#include "transport/fanout/hub.h"
#include "transport/session.h"

#define HUB_CLIENTS 8
#define HUB_ROOMS 5
#define HUB_DIRECT HUB_ROOMS /* the stream of events for one client alone */
#define HUB_MESSAGES_MOST 4096

/* What was published to a room. */
struct hub_posted {
	unsigned number;
	size_t padding;
};

/* The events that one client is to get of a room, in this order. */
struct hub_stream {
	unsigned numbers[HUB_MESSAGES_MOST];
	size_t count;
	size_t got;
};

struct hub_rig {
	struct rig rig;
	struct hub *hub;
	struct thread_pool *pool; /* of hub_rig_begin_threads(), or NULL */
	struct sessions *sessions;
	struct command_handler handler;
	struct client clients[HUB_CLIENTS];
	struct session *sessions_of[HUB_CLIENTS + 1];
	uint32_t connections[HUB_CLIENTS + 1]; /* a session may be gone */
	unsigned per_member; /* number of clients that are one member */
	unsigned connected;
	unsigned message;
	bool in_room[HUB_CLIENTS][HUB_ROOMS];
	struct hub_posted rooms[HUB_ROOMS][HUB_MESSAGES_MOST];
	size_t posted[HUB_ROOMS];
	uint64_t evicted; /* of each room */
	unsigned replays;
	struct hub_stream streams[HUB_CLIENTS][HUB_ROOMS + 1];
	unsigned last[HUB_CLIENTS]; /* the last number that it got */
	unsigned stream_of[HUB_ROOMS * HUB_MESSAGES_MOST];
	enum command_kind kinds[64];
	size_t kind_count;
};

/* sndbuf: of the server's sockets; 0: as it is. */
struct hub_rig *hub_rig_create(int sndbuf);

/* Fixtures: hubs that are created in between have several threads. */
void hub_rig_begin_threads(void);
void hub_rig_end_threads(void);
void hub_rig_destroy(struct hub_rig *);

/* Makes each so many consecutive clients one member. */
struct hub_rig *hub_rig_create_shared(int sndbuf, unsigned per_member);

struct str hub_rig_member(const struct hub_rig *, unsigned client,
    char out[16]);
struct str hub_rig_room(unsigned room, char out[16]);
bool hub_rig_is_attached(const struct hub_rig *, unsigned client);
bool hub_rig_is_in_room(const struct hub_rig *, unsigned client, unsigned room);

/* With the other clients of its member. */
void hub_rig_join(struct hub_rig *, unsigned client, unsigned room);
void hub_rig_leave(struct hub_rig *, unsigned client, unsigned room);

/*
 * The client disconnects, and is in no room any more; it connects again, to the
 * rooms that its member is in.
 */
void hub_rig_detach(struct hub_rig *, unsigned client);
void hub_rig_attach(struct hub_rig *, unsigned client);

/* --- publishing ----------------------------------------------------------- */

/* An event whose text ends with a number, by which it is known again. */
struct event hub_rig_event(enum event_kind, unsigned number, size_t padding,
    char *body, size_t size);
unsigned hub_rig_number(const char *data, size_t len);
void hub_rig_except(const struct hub_rig *, unsigned client, struct event *,
    struct audience *, char member[16]);

/* The client is to get this number, in this stream. */
void hub_rig_expect(struct hub_rig *, unsigned client, unsigned stream,
    unsigned number);

/* A message of a room; except: a client that does not get it; -1: none. */
void hub_rig_post(struct hub_rig *, unsigned room, int except, size_t padding);
void hub_rig_post_by(struct hub_rig *, struct str author, unsigned room,
    int except, size_t padding);

/* For all clients of a member; for this client, and no other of its member. */
void hub_rig_send(struct hub_rig *, unsigned client);
void hub_rig_answer(struct hub_rig *, unsigned client);

/* --- what clients received
 * ------------------------------------------------------------ */

bool hub_rig_lags(const struct hub_rig *, unsigned client);
unsigned hub_rig_lagging(const struct hub_rig *);
size_t hub_rig_received(const struct hub_rig *, unsigned client);
bool hub_rig_has_all(const struct hub_rig *, unsigned client);

/* It is the next number that the client is to get in its stream. */
void hub_rig_check_number(struct hub_rig *, unsigned client, unsigned number);

/* The client has received the expected events, in each room in this order. */
void hub_rig_check(struct hub_rig *, unsigned client);

/* Turns until all clients got everything. */
void hub_rig_check_all(struct hub_rig *);

/* Reads until the close frame; the code, and the text of `bye`. */
unsigned hub_rig_read_bye(struct hub_rig *, unsigned client, char *bye,
    size_t size);

#endif
