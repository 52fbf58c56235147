#include "tests/support/transport/hub_rig.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport/fanout/channel_rest.h"
#include "transport/fanout/hub_internal.h"
#include "transport/fanout/subscriptions.h"
#include "transport/net/thread_pool.h"

struct str
hub_rig_member(const struct hub_rig *f, unsigned client, char out[16])
{
	snprintf(out, 16, "member-%u", client / f->per_member % 1000);
	return str_from(out);
}

struct str
hub_rig_room(unsigned room, char out[16])
{
	snprintf(out, 16, "room-%u", room);
	return str_from(out);
}

static struct hub_rig *
hub_rig_of(struct command_handler *handler)
{
	return (struct hub_rig *)((char *)handler -
				  offsetof(struct hub_rig, handler));
}

/* Whether the subscriber with this index is still to be sent to. */
static bool
channel_rest_has(const struct channel *channel, uint32_t index)
{
	const struct channel_rest *rest = channel->rest;

	if (rest == NULL || index < rest->first || index >= rest->end)
		return false;
	for (uint32_t i = 0; i < rest->skip_count; i++)
		if (rest->skips[i] == index)
			return false;
	return true;
}

/*
 * Events that a client was not sent before it leaves a room are not expected
 * any more.
 */
static void
hub_rig_cut(struct hub_rig *f, unsigned client, unsigned room)
{
	struct hub_stream *stream = &f->streams[client][room];
	struct session *session = f->sessions_of[client];
	char id[16];

	for (uint32_t i = 0; i < session->subscription_count; i++) {
		const struct subscription *subscription =
		    session_subscription(session, i);
		const struct room_channels *channels =
		    subscription->channel->room;
		const struct channel *channel = subscription->channel;
		const struct lag *lag =
		    lags_find(&f->hub->batch.lags, subscription->lag);
		uint64_t next = lag != NULL ? lag->next : 0;

		if (channel_rest_has(channel, subscription->index))
			next = channel->rest->missed.first_seq;
		if (next == 0 ||
		    !str_equal(str_slice(channels->id, channels->id_len),
			hub_rig_room(room, id)))
			continue;
		while (stream->count > stream->got &&
		       stream->numbers[stream->count - 1] >=
			   f->rooms[room][next - 1].number)
			stream->count--;
	}
}

/* The first client of the same member. */
static unsigned
hub_rig_first(const struct hub_rig *f, unsigned client)
{
	return client - client % f->per_member;
}

bool
hub_rig_is_attached(const struct hub_rig *f, unsigned client)
{
	return f->sessions_of[client] != NULL &&
	       f->sessions_of[client]->is_attached;
}

/* With the other clients of its member. */
void
hub_rig_leave(struct hub_rig *f, unsigned client, unsigned room)
{
	char member[16], id[16];

	hub_flush(f->hub);
	for (unsigned i = hub_rig_first(f, client);
	     i < hub_rig_first(f, client) + f->per_member; i++) {
		f->in_room[i][room] = false;
		if (hub_rig_is_attached(f, i))
			hub_rig_cut(f, i, room);
	}
	publisher_leave(hub_publisher(f->hub),
	    hub_rig_member(f, client, member), hub_rig_room(room, id));
}

/* The client that has this connection; HUB_CLIENTS: none. */
static unsigned
hub_rig_client(const struct hub_rig *f, uint32_t connection)
{
	unsigned i = 0;

	while (i < HUB_CLIENTS && f->connections[i] != connection)
		i++;
	return i;
}

unsigned
hub_rig_number(const char *data, size_t len)
{
	const char *mark = memrchr(data, '#', len);

	ck_assert_ptr_nonnull(mark);
	return (unsigned)strtoul(mark + 1, NULL, 10);
}

static void
hub_rig_body(char *out, size_t size, unsigned number, size_t padding)
{
	snprintf(out, size, "\"%*s#%u\"", (int)padding, "", number);
}

static void
hub_rig_presence(struct hub_rig *f, const struct command *command)
{
	static const struct str names[] = { STR("a"), STR("b") };
	struct event event = {
		.kind = EVENT_PRESENCE,
		.room = command->room,
		.names = { .items = names, .count = 2 },
	};

	publisher_publish(hub_publisher(f->hub), &event,
	    audience_connection(command->author, command->connection));
}

/* So many messages in a page. */
#define PAGE_MOST 8

/* A str has no end mark: strtoul needs a copy. */
static unsigned
hub_rig_room_number(struct str id)
{
	char text[32];

	ck_assert_uint_lt(id.len, sizeof(text));
	memcpy(text, id.data, id.len);
	text[id.len] = '\0';
	return (unsigned)strtoul(text + 5, NULL, 10);
}

static void
hub_rig_replay(struct hub_rig *f, const struct command *command)
{
	unsigned room = hub_rig_room_number(command->room);
	struct message messages[PAGE_MOST];
	static char bodies[PAGE_MOST][8192];
	struct event event = {
		.kind = EVENT_REPLAYED,
		.room = command->room,
		.page.items = messages,
		.seq = command->from_seq,
	};

	f->replays++;
	ck_assert_uint_le(command->to_seq, f->posted[room]);
	if (command->from_seq <= f->evicted) {
		event.recovery.missing_first = command->from_seq;
		event.recovery.missing_last = f->evicted;
	}
	for (; event.seq <= command->to_seq && event.page.count < PAGE_MOST;
	     event.seq++) {
		const struct hub_posted *posted =
		    &f->rooms[room][event.seq - 1];

		hub_rig_body(bodies[event.page.count], sizeof(bodies[0]),
		    posted->number, posted->padding);
		messages[event.page.count] = (struct message){
			.seq = event.seq,
			.author = STR("margaret"),
			.author_id = STR("elsewhere"),
			.body = str_from(bodies[event.page.count]),
		};
		event.page.count++;
	}
	event.page.more = event.seq <= command->to_seq;
	publisher_publish(hub_publisher(f->hub), &event,
	    audience_connection(command->author, command->connection));
	if (!event.page.more && (command->flags & COMMAND_WITH_PRESENCE))
		hub_rig_presence(f, command);
}

static enum chat_error
hub_rig_handle(struct command_handler *handler, const struct command *command)
{
	struct hub_rig *f = hub_rig_of(handler);
	char id[16];

	if (command->kind == COMMAND_REPLAY) {
		hub_rig_replay(f, command);
		return CHAT_OK;
	}
	ck_assert_uint_lt(f->kind_count, 64);
	f->kinds[f->kind_count++] = command->kind;
	if (command->kind == COMMAND_DISCONNECT) {
		unsigned client = hub_rig_client(f, command->connection);

		if (client < HUB_CLIENTS) {
			memset(f->in_room[client], 0,
			    sizeof(f->in_room[client]));
			f->sessions_of[client] = NULL;
		}
		publisher_detach(hub_publisher(f->hub), command->author,
		    command->connection);
	}
	if (command->kind != COMMAND_CONNECT)
		return CHAT_OK;
	f->sessions_of[f->connected] = command->peer;
	f->connections[f->connected] = command->connection;
	return publisher_attach(hub_publisher(f->hub), command->peer,
	    hub_rig_member(f, f->connected++, id), command->connection);
}

static bool
hub_rig_is_inside(struct command_handler *handler, struct str member_id)
{
	(void)handler;
	(void)member_id;
	return true;
}

static const struct command_handler_ops hub_rig_handler_ops = { hub_rig_handle,
	hub_rig_is_inside };

static unsigned hub_rig_threads = 1;

void
hub_rig_begin_threads(void)
{
	hub_rig_threads = 3;
}

void
hub_rig_end_threads(void)
{
	hub_rig_threads = 1;
}

/* Even for a small amount of data. */
static void
hub_rig_start_threads(struct hub_rig *f)
{
	f->pool = thread_pool_create(hub_rig_threads);
	ck_assert_uint_eq(thread_pool_size(f->pool), hub_rig_threads);
	if (f->pool != NULL)
		ck_assert(hub_use_threads(f->hub, f->pool, 1));
}

/* With so many clients for each member. */
struct hub_rig *
hub_rig_create_shared(int sndbuf, unsigned clients)
{
	struct hub_rig *f = calloc(1, sizeof(*f));
	struct sessions_config config;

	ck_assert_ptr_nonnull(f);
	f->per_member = clients;
	f->handler.ops = &hub_rig_handler_ops;
	f->hub = hub_create();
	hub_rig_start_threads(f);
	config = (struct sessions_config){
		.hub = f->hub,
		.handler = &f->handler,
		.limits = &f->rig.limits,
	};
	f->sessions = sessions_create(&config);
	rig_init(&f->rig, sessions_endpoint(f->sessions));
	for (unsigned i = 0; i < HUB_CLIENTS; i++) {
		client_connect(&f->clients[i], &f->rig, sndbuf);
		client_open(&f->clients[i], &f->rig, "/ws");
	}
	f->kind_count = 0;
	return f;
}

struct hub_rig *
hub_rig_create(int sndbuf)
{
	return hub_rig_create_shared(sndbuf, 1);
}

void
hub_rig_destroy(struct hub_rig *f)
{
	rig_fini(&f->rig);
	for (unsigned i = 0; i < HUB_CLIENTS; i++)
		client_fini(&f->clients[i]);
	sessions_destroy(f->sessions);
	hub_destroy(f->hub);
	thread_pool_destroy(f->pool);
	free(f);
}

bool
hub_rig_is_in_room(const struct hub_rig *f, unsigned client, unsigned room)
{
	for (unsigned i = hub_rig_first(f, client);
	     i < hub_rig_first(f, client) + f->per_member; i++)
		if (f->in_room[i][room])
			return true;
	return false;
}

/* With the other clients of its member. */
void
hub_rig_join(struct hub_rig *f, unsigned client, unsigned room)
{
	char member[16], id[16];

	for (unsigned i = hub_rig_first(f, client);
	     i < hub_rig_first(f, client) + f->per_member; i++)
		f->in_room[i][room] = hub_rig_is_attached(f, i);
	ck_assert_int_eq(publisher_enter(hub_publisher(f->hub),
			     hub_rig_member(f, client, member), 0,
			     hub_rig_room(room, id)),
	    CHAT_OK);
}

void
hub_rig_expect(struct hub_rig *f, unsigned client, unsigned stream,
    unsigned number)
{
	struct hub_stream *expected = &f->streams[client][stream];

	ck_assert_uint_lt(expected->count, HUB_MESSAGES_MOST);
	expected->numbers[expected->count++] = number;
	f->stream_of[number] = stream;
}

/* An event whose text ends with a number, by which it is known again. */
struct event
hub_rig_event(enum event_kind kind, unsigned number, size_t padding, char *body,
    size_t size)
{
	hub_rig_body(body, size, number, padding);
	return (struct event){ .kind = kind,
		.member = STR("margaret"),
		.member_id = STR("elsewhere"),
		.body = str_from(body) };
}

void
hub_rig_except(const struct hub_rig *f, unsigned client, struct event *event,
    struct audience *audience, char member[16])
{
	audience->except = hub_rig_member(f, client, member);
	if (f->sessions_of[client] != NULL)
		event->connection = f->sessions_of[client]->connection;
}

void
hub_rig_post_by(struct hub_rig *f, struct str author, unsigned room, int except,
    size_t padding)
{
	char body[8192], id[16], member[16];
	unsigned number = ++f->message, last = HUB_CLIENTS;
	struct event event =
	    hub_rig_event(EVENT_MESSAGE, number, padding, body, sizeof(body));
	struct audience audience = audience_room(hub_rig_room(room, id));
	size_t reached = 0;

	f->rooms[room][f->posted[room]++] =
	    (struct hub_posted){ number, padding };
	event.member_id = author;
	event.room = audience.room;
	event.seq = f->posted[room];
	if (except >= 0)
		hub_rig_except(f, (unsigned)except, &event, &audience, member);
	for (unsigned i = 0; i < HUB_CLIENTS; i++)
		if (f->in_room[i][room] && (int)i != except) {
			hub_rig_expect(f, i, room, number);
			reached +=
			    last == HUB_CLIENTS ||
			    hub_rig_first(f, last) != hub_rig_first(f, i);
			last = i;
		}
	ck_assert_uint_eq(publisher_publish(hub_publisher(f->hub), &event,
			      audience),
	    reached);
}

void
hub_rig_post(struct hub_rig *f, unsigned room, int except, size_t padding)
{
	hub_rig_post_by(f, STR("elsewhere"), room, except, padding);
}

void
hub_rig_send(struct hub_rig *f, unsigned client)
{
	char body[64], member[16];
	unsigned number = ++f->message;
	struct event event =
	    hub_rig_event(EVENT_DM, number, 0, body, sizeof(body));
	size_t reached = 0;

	for (unsigned i = hub_rig_first(f, client);
	     i < hub_rig_first(f, client) + f->per_member; i++)
		if (hub_rig_is_attached(f, i)) {
			hub_rig_expect(f, i, HUB_DIRECT, number);
			reached++;
		}
	ck_assert_uint_eq(publisher_publish(hub_publisher(f->hub), &event,
			      audience_one(hub_rig_member(f, client, member))),
	    reached);
}

/* For this client, and no other one of its member. */
void
hub_rig_answer(struct hub_rig *f, unsigned client)
{
	char body[64], member[16];
	unsigned number = ++f->message;
	struct event event =
	    hub_rig_event(EVENT_DM, number, 0, body, sizeof(body));
	uint32_t connection = f->sessions_of[client]->connection;

	if (hub_rig_is_attached(f, client))
		hub_rig_expect(f, client, HUB_DIRECT, number);
	ck_assert_uint_eq(publisher_publish(hub_publisher(f->hub), &event,
			      audience_connection(hub_rig_member(f, client,
						      member),
				  connection)),
	    hub_rig_is_attached(f, client));
}

bool
hub_rig_lags(const struct hub_rig *f, unsigned client)
{
	return f->clients[client].conn->lags;
}

void
hub_rig_check_number(struct hub_rig *f, unsigned client, unsigned number)
{
	struct hub_stream *stream;

	ck_assert_uint_le(number, f->message);
	stream = &f->streams[client][f->stream_of[number]];
	ck_assert_uint_lt(stream->got, stream->count);
	ck_assert_uint_eq(number, stream->numbers[stream->got++]);
	f->last[client] = number;
}

/* The client has received the expected events, in each room in this order. */
void
hub_rig_check(struct hub_rig *f, unsigned client)
{
	uint8_t opcode;
	const char *data;
	size_t len;

	client_receive(&f->clients[client]);
	while (client_take_frame(&f->clients[client], &opcode, &data, &len)) {
		ck_assert_uint_eq(opcode, WS_TEXT);
		hub_rig_check_number(f, client, hub_rig_number(data, len));
	}
}

size_t
hub_rig_received(const struct hub_rig *f, unsigned client)
{
	size_t count = 0;

	for (unsigned i = 0; i <= HUB_ROOMS; i++)
		count += f->streams[client][i].got;
	return count;
}

bool
hub_rig_has_all(const struct hub_rig *f, unsigned client)
{
	for (unsigned i = 0; i <= HUB_ROOMS; i++) {
		const struct hub_stream *stream = &f->streams[client][i];

		if (stream->got < stream->count)
			return false;
	}
	return true;
}

void
hub_rig_check_all(struct hub_rig *f)
{
	for (int round = 0; round < 4096; round++) {
		bool missing = false;

		rig_turn(&f->rig);
		for (unsigned i = 0; i < HUB_CLIENTS; i++) {
			hub_rig_check(f, i);
			missing |= !hub_rig_has_all(f, i);
		}
		if (!missing)
			return;
	}
	ck_abort_msg("something never came");
}

/* The client disconnects, and is in no room any more. */
void
hub_rig_detach(struct hub_rig *f, unsigned client)
{
	char member[16];

	hub_flush(f->hub);
	for (unsigned room = 0; room < HUB_ROOMS; room++) {
		if (f->in_room[client][room])
			hub_rig_cut(f, client, room);
		f->in_room[client][room] = false;
	}
	publisher_detach(hub_publisher(f->hub),
	    hub_rig_member(f, client, member),
	    f->sessions_of[client]->connection);
}

/* The client connects again, to the rooms that its member is in. */
void
hub_rig_attach(struct hub_rig *f, unsigned client)
{
	struct publisher *publisher = hub_publisher(f->hub);
	struct session *session = f->sessions_of[client];
	char member[16], id[16];

	ck_assert_int_eq(publisher_attach(publisher, session,
			     hub_rig_member(f, client, member),
			     session->connection),
	    CHAT_OK);
	for (unsigned room = 0; room < HUB_ROOMS; room++)
		for (unsigned i = hub_rig_first(f, client);
		     i < hub_rig_first(f, client) + f->per_member; i++)
			if (i != client && f->in_room[i][room]) {
				f->in_room[client][room] = true;
				ck_assert_int_eq(publisher_enter(publisher,
						     str_from(member),
						     session->connection,
						     hub_rig_room(room, id)),
				    CHAT_OK);
				break;
			}
}

/* Reads until the close frame; the code, and the text of `bye`. */
unsigned
hub_rig_read_bye(struct hub_rig *f, unsigned client, char *bye, size_t size)
{
	uint8_t opcode;
	const char *data;
	size_t len;

	for (int round = 0; round < 4096; round++) {
		rig_turn(&f->rig);
		client_receive(&f->clients[client]);
		while (client_take_frame(&f->clients[client], &opcode, &data,
		    &len)) {
			if (opcode == WS_CLOSE)
				return (unsigned)(uint8_t)data[0] << 8 |
				       (uint8_t)data[1];
			if (memmem(data, len, "\"bye\"", 5) != NULL)
				snprintf(bye, size, "%.*s", (int)len, data);
			else if (memmem(data, len, "after#", 6) == NULL)
				hub_rig_check_number(f, client,
				    hub_rig_number(data, len));
		}
	}
	ck_abort_msg("it was not closed");
}

/* Whether the client is to be sent the frames of a room in a later turn. */
static bool
hub_rig_has_rest(const struct hub_rig *f, unsigned client)
{
	struct session *session = f->sessions_of[client];

	for (uint32_t i = 0; i < session->subscription_count; i++) {
		const struct subscription *subscription =
		    session_subscription(session, i);

		if (channel_rest_has(subscription->channel,
			subscription->index))
			return true;
	}
	return false;
}

unsigned
hub_rig_lagging(const struct hub_rig *f)
{
	unsigned count = 0;

	for (unsigned i = 0; i < HUB_CLIENTS; i++)
		count += hub_rig_lags(f, i) || hub_rig_has_rest(f, i);
	return count;
}
