#include "transport/hub.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "domain/id_map.h"
#include "domain/log.h"
#include "transport/conn.h"
#include "transport/endpoint.h"
#include "transport/seating.h"
#include "transport/session.h"
#include "transport/turn.h"
#include "transport/ws_deflate.h"
#include "transport/ws_frame.h"
#include "wire/dialect.h"

/* A turn that has gathered this much is sent before its end. */
#define TURN_BYTES (256 * 1024)

/* Deflate makes small texts no smaller worth mentioning. */
#define DEFLATE_LEAST 96
#define DEFLATE_WINDOW_BITS 15

/* More than any goodbye takes. */
#define LAST_SIZE 512

/* How one event is spelled, made when first needed. */
struct spelling {
	struct frame frame;
	uint8_t head[WS_FRAME_HEAD_MAX];
	bool tried;
	bool is_silent; /* the dialect has no word for it */
	bool failed;    /* no memory */
};

struct hub {
	struct publisher base;
	struct seating seating;
	struct id_map sessions; /* by member id */
	struct turn turn;
	struct ws_deflater *deflater;
	/* of the event that is being published; [variant] */
	struct spelling spellings[DIALECTS_MAX * 2];
	struct wire_text texts[DIALECTS_MAX]; /* as others see it */
	struct wire_text own_text;            /* as one session sees it */
	unsigned long author_apart;           /* of all dialects together */
};

/* --- spelling ------------------------------------------------------------- */

static uint8_t
variant_of(const struct dialect *dialect, bool deflate)
{
	return (uint8_t)(dialect_index(dialect) * 2 + (deflate ? 1 : 0));
}

static void
frame_text(struct hub *hub, struct str text, bool deflate, struct frame *frame,
    uint8_t head[WS_FRAME_HEAD_MAX])
{
	uint8_t rsv = 0;

	if (deflate && text.len >= DEFLATE_LEAST) {
		struct str packed = ws_deflater_run(hub->deflater, text);

		/* Without memory for this, the plain frame is as good. */
		if (packed.data != NULL) {
			text = packed;
			rsv = 4;
		}
	}
	frame->head = head;
	frame->head_len = ws_frame_encode(WS_TEXT, true, rsv, text.len, head);
	frame->body = text.data;
	frame->body_len = text.len;
}

/* The event as a variant's sessions see it who did not cause it. */
static const struct spelling *
spell(struct hub *hub, const struct event *event, uint8_t variant)
{
	struct spelling *spelling = &hub->spellings[variant];
	size_t index = variant / 2;
	struct wire_text *text = &hub->texts[index];
	const struct dialect *dialect = dialects()[index];

	if (spelling->tried)
		return spelling;
	spelling->tried = true;
	wire_text_reset(text);
	spelling->is_silent = !dialect->encode(event, VIEW_OTHERS, text);
	spelling->failed = text->failed;
	if (!spelling->is_silent && !spelling->failed)
		frame_text(hub, str_slice(text->data, text->len), variant & 1,
		    &spelling->frame, spelling->head);
	return spelling;
}

static void
forget_spellings(struct hub *hub)
{
	for (size_t i = 0; dialects()[i] != NULL; i++)
		hub->spellings[i * 2].tried = hub->spellings[i * 2 + 1].tried =
		    false;
}

/* --- saying --------------------------------------------------------------- */

static void
tell_frame(struct hub *hub, struct session *session, const struct frame *frame)
{
	if (!turn_tell(&hub->turn, session, frame))
		conn_end_unheard(session->conn);
	if (hub->turn.bytes >= TURN_BYTES)
		turn_flush(&hub->turn);
}

static void
tell(struct hub *hub, struct session *session, const struct event *event,
    enum viewpoint view)
{
	struct wire_text *text = &hub->own_text;
	uint8_t head[WS_FRAME_HEAD_MAX];
	struct frame frame;

	wire_text_reset(text);
	if (!session->dialect->encode(event, view, text))
		return;
	if (text->failed) {
		conn_end_unheard(session->conn);
		return;
	}
	frame_text(hub, str_slice(text->data, text->len), session->variant & 1,
	    &frame, head);
	tell_frame(hub, session, &frame);
}

void
hub_tell(struct hub *hub, struct session *session, const struct event *event)
{
	turn_next(&hub->turn);
	tell(hub, session, event, VIEW_AUTHOR);
}

void
hub_tell_raw(struct hub *hub, struct session *session, struct str bytes)
{
	struct frame frame = {
		.head = bytes.data, .head_len = bytes.len, .body = ""
	};

	turn_next(&hub->turn);
	tell_frame(hub, session, &frame);
}

void
hub_say_last(struct hub *hub, struct session *session,
    const struct event *event)
{
	struct wire_text *text = &hub->own_text;
	uint8_t frame[LAST_SIZE];
	size_t head;

	wire_text_reset(text);
	if (!session->dialect->encode(event, VIEW_AUTHOR, text) ||
	    text->failed || text->len > LAST_SIZE - WS_FRAME_HEAD_MAX)
		return;
	head = ws_frame_encode(WS_TEXT, true, 0, text->len, frame);
	memcpy(frame + head, text->data, text->len);
	conn_write(session->conn, frame, head + text->len);
}

/* --- being a publisher ---------------------------------------------------- */

static struct str
session_key(const void *entry)
{
	return session_member(entry);
}

static enum chat_error
hub_attach(struct publisher *publisher, void *peer, struct str member_id)
{
	struct hub *hub = (struct hub *)publisher;
	struct session *session = peer;

	assert(session->member_id[0] == '\0');
	assert(member_id.len > 0 &&
	       member_id.len < id_size(session->dialect->ids));
	memcpy(session->member_id, member_id.data, member_id.len);
	session->member_id[member_id.len] = '\0';
	if (id_map_put(&hub->sessions, session))
		return CHAT_OK;
	session->member_id[0] = '\0';
	return CHAT_UNAVAILABLE;
}

static enum chat_error
hub_enter(struct publisher *publisher, struct str member_id, struct str room)
{
	struct hub *hub = (struct hub *)publisher;
	struct session *session = id_map_find(&hub->sessions, member_id);

	if (session == NULL)
		return CHAT_OK; /* connected elsewhere */
	return seating_enter(&hub->seating, session, room) ? CHAT_OK
							   : CHAT_UNAVAILABLE;
}

static void
hub_leave(struct publisher *publisher, struct str member_id, struct str room)
{
	struct hub *hub = (struct hub *)publisher;
	struct session *session = id_map_find(&hub->sessions, member_id);

	if (session != NULL)
		seating_leave(&hub->seating, session, room);
}

static bool
is_fleeting(const struct event *event)
{
	return event->kind == EVENT_TYPING || event->kind == EVENT_COUNT;
}

/* To everybody in one channel but for one; returns how many heard it. */
static size_t
say(struct hub *hub, struct channel *channel, const struct event *event,
    struct session *except)
{
	const struct spelling *spelling = spell(hub, event, channel->variant);
	bool skips = except != NULL && seating_place(except, channel) != NULL;

	if (spelling->is_silent)
		return 0;
	if (!spelling->failed && turn_say(&hub->turn, channel, &spelling->frame,
				     skips ? except : NULL, is_fleeting(event)))
		return channel->count - (skips ? 1 : 0);
	/* Better no connection than one with a hole. */
	log_warn("no memory for an event: ending %u connections",
	    channel->count);
	for (uint32_t i = 0; i < channel->count; i++)
		conn_end_unheard(channel->seats[i].conn);
	return 0;
}

/* The author, if its dialect tells authors something else. */
static struct session *
find_author_apart(const struct hub *hub, const struct event *event)
{
	struct session *session;

	if (!(hub->author_apart & (1ul << event->kind)) ||
	    str_is_empty(event->member_id))
		return NULL;
	session = id_map_find(&hub->sessions, event->member_id);
	if (session == NULL ||
	    !(session->dialect->author_apart & (1ul << event->kind)))
		return NULL;
	return session;
}

static size_t
publish_to_room(struct hub *hub, const struct event *event,
    const struct audience *audience)
{
	struct seats *room = seating_find(&hub->seating, audience->room);
	struct session *except = NULL;
	struct session *author;
	size_t heard = 0;

	if (room == NULL)
		return 0;
	author = find_author_apart(hub, event);
	if (!str_is_empty(audience->except))
		except = id_map_find(&hub->sessions, audience->except);
	if (author != NULL && author != except) {
		assert(except == NULL);
		except = author;
		tell(hub, author, event, VIEW_AUTHOR);
		heard++;
	}
	forget_spellings(hub);
	for (struct channel *channel = room->channels; channel != NULL;
	     channel = channel->next)
		heard += say(hub, channel, event, except);
	if (hub->turn.bytes >= TURN_BYTES)
		turn_flush(&hub->turn);
	return heard;
}

static size_t
publish_to_one(struct hub *hub, const struct event *event,
    const struct audience *audience)
{
	struct session *session =
	    id_map_find(&hub->sessions, audience->member_id);

	if (session == NULL)
		return 0;
	tell(hub, session, event,
	    str_equal(event->member_id, audience->member_id) ? VIEW_AUTHOR
							     : VIEW_OTHERS);
	return 1;
}

static size_t
hub_publish(struct publisher *publisher, const struct event *event,
    const struct audience *audience)
{
	struct hub *hub = (struct hub *)publisher;

	turn_next(&hub->turn);
	switch (audience->kind) {
	case AUDIENCE_ONE:
		return publish_to_one(hub, event, audience);
	case AUDIENCE_ROOM:
	case AUDIENCE_LOBBY:
		return publish_to_room(hub, event, audience);
	}
	return 0;
}

static const struct publisher_ops hub_ops = {
	.attach = hub_attach,
	.enter = hub_enter,
	.leave = hub_leave,
	.publish = hub_publish,
};

/* --- birth, death, and the server's side ---------------------------------- */

struct hub *
hub_create(void)
{
	struct hub *hub = calloc(1, sizeof(*hub));

	if (hub == NULL)
		return NULL;
	hub->base.ops = &hub_ops;
	seating_init(&hub->seating, &hub->turn);
	id_map_init(&hub->sessions, session_key);
	for (size_t i = 0; i < DIALECTS_MAX; i++)
		wire_text_init(&hub->texts[i]);
	wire_text_init(&hub->own_text);
	for (size_t i = 0; dialects()[i] != NULL; i++)
		hub->author_apart |= dialects()[i]->author_apart;
	hub->deflater = ws_deflater_create(DEFLATE_WINDOW_BITS);
	if (hub->deflater == NULL || !turn_init(&hub->turn)) {
		hub_destroy(hub);
		return NULL;
	}
	return hub;
}

void
hub_destroy(struct hub *hub)
{
	if (hub == NULL)
		return;
	assert(id_map_count(&hub->sessions) == 0);
	seating_fini(&hub->seating);
	id_map_fini(&hub->sessions);
	for (size_t i = 0; i < DIALECTS_MAX; i++)
		wire_text_fini(&hub->texts[i]);
	wire_text_fini(&hub->own_text);
	ws_deflater_destroy(hub->deflater);
	turn_fini(&hub->turn);
	free(hub);
}

struct publisher *
hub_publisher(struct hub *hub)
{
	return &hub->base;
}

void
hub_bind(struct hub *hub, struct chunk_pool *pool)
{
	hub->turn.pool = pool;
}

void
hub_welcome(struct hub *hub, struct session *session, bool deflate)
{
	(void)hub;
	session->variant = variant_of(session->dialect, deflate);
}

void
hub_forget(struct hub *hub, struct session *session)
{
	assert(session->place_count == 0);
	if (session->apart_turn == hub->turn.number)
		turn_flush(&hub->turn);
	if (session->member_id[0] != '\0')
		id_map_remove(&hub->sessions, session_member(session));
	free(session->more);
}

void
hub_flush_answers(struct hub *hub)
{
	if (hub->turn.dirty == NULL)
		turn_flush(&hub->turn);
}

void
hub_flush(struct hub *hub)
{
	turn_flush(&hub->turn);
}

struct pending
hub_pending(const struct hub *hub)
{
	return (struct pending){ hub->turn.sends, hub->turn.bytes };
}

void
hub_tidy(struct hub *hub)
{
	turn_tidy(&hub->turn);
}
