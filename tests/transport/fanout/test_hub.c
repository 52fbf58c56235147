#include "transport/fanout/hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/server_stats.h"
#include "tests/suite.h"
#include "tests/support/transport/rig.h"
#include "transport/fanout/hub_internal.h"
#include "transport/fanout/subscriptions.h"
#include "transport/session.h"
#include "wire/dialect.h"

#define CLIENTS 8
#define ROOMS 5
#define DIRECT ROOMS /* the stream of what is for one client alone */
#define MESSAGES_MOST 4096

/* What was published to a room. */
struct posted {
	unsigned number;
	size_t padding;
};

/* What one client is to get of a room, in this order. */
struct stream {
	unsigned numbers[MESSAGES_MOST];
	size_t count;
	size_t got;
};

/*
 * A chat of which only the transport is real: the test says itself who joins
 * what and what is published, and remembers who must get it. Its histories are
 * what slow readers are replayed.
 */
struct fixture {
	struct rig rig;
	struct hub *hub;
	struct sessions *sessions;
	struct command_handler handler;
	struct client clients[CLIENTS];
	struct session *sessions_of[CLIENTS + 1];
	uint32_t connections[CLIENTS + 1]; /* a session may be gone */
	unsigned connected;
	unsigned message;
	bool in_room[CLIENTS][ROOMS];
	struct posted rooms[ROOMS][MESSAGES_MOST];
	size_t posted[ROOMS];
	uint64_t evicted; /* of each room */
	unsigned replays;
	struct stream streams[CLIENTS][ROOMS + 1];
	unsigned last[CLIENTS]; /* the last number that it got */
	unsigned stream_of[ROOMS * MESSAGES_MOST];
	enum command_kind kinds[64];
	size_t kind_count;
};

/* Clients that are one member: the first ones, the next ones, … */
static unsigned per_member = 1;

static struct str
member_of(unsigned client, char out[16])
{
	snprintf(out, 16, "member-%u", client / per_member % 1000);
	return str_from(out);
}

static struct str
hub_room_id(unsigned room, char out[16])
{
	snprintf(out, 16, "room-%u", room);
	return str_from(out);
}

static struct fixture *
fixture_of(struct command_handler *handler)
{
	return (struct fixture *)((char *)handler -
				  offsetof(struct fixture, handler));
}

/* What a client was not sent when it leaves a room does not come any more. */
static void
cut_stream(struct fixture *f, unsigned client, unsigned room)
{
	struct stream *stream = &f->streams[client][room];
	struct session *session = f->sessions_of[client];
	char id[16];

	for (uint32_t i = 0; i < session->subscription_count; i++) {
		const struct subscription *subscription =
		    session_subscription(session, i);
		const struct room_channels *channels =
		    subscription->channel->room;

		if (subscription->next == 0 ||
		    !str_equal(str_slice(channels->id, channels->id_len),
			hub_room_id(room, id)))
			continue;
		while (stream->count > stream->got &&
		       stream->numbers[stream->count - 1] >=
			   f->rooms[room][subscription->next - 1].number)
			stream->count--;
	}
}

/* The first client of the same member. */
static unsigned
first_of(unsigned client)
{
	return client - client % per_member;
}

static bool
is_attached(const struct fixture *f, unsigned client)
{
	return f->sessions_of[client] != NULL &&
	       f->sessions_of[client]->is_attached;
}

/* With the other clients of its member. */
static void
client_leave(struct fixture *f, unsigned client, unsigned room)
{
	char member[16], id[16];

	hub_flush(f->hub);
	for (unsigned i = first_of(client); i < first_of(client) + per_member;
	     i++) {
		f->in_room[i][room] = false;
		if (is_attached(f, i))
			cut_stream(f, i, room);
	}
	publisher_leave(hub_publisher(f->hub), member_of(client, member),
	    hub_room_id(room, id));
}

/* The client that has this connection; CLIENTS: none. */
static unsigned
client_of(const struct fixture *f, uint32_t connection)
{
	unsigned i = 0;

	while (i < CLIENTS && f->connections[i] != connection)
		i++;
	return i;
}

static unsigned
number_in(const char *data, size_t len)
{
	const char *mark = memrchr(data, '#', len);

	ck_assert_ptr_nonnull(mark);
	return (unsigned)strtoul(mark + 1, NULL, 10);
}

static void
message_body_write(char *out, size_t size, unsigned number, size_t padding)
{
	snprintf(out, size, "\"%*s#%u\"", (int)padding, "", number);
}

static void
publish_presence(struct fixture *f, const struct command *command)
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
room_number(struct str id)
{
	char text[32];

	ck_assert_uint_lt(id.len, sizeof(text));
	memcpy(text, id.data, id.len);
	text[id.len] = '\0';
	return (unsigned)strtoul(text + 5, NULL, 10);
}

static void
page_replay(struct fixture *f, const struct command *command)
{
	unsigned room = room_number(command->room);
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
		const struct posted *posted = &f->rooms[room][event.seq - 1];

		message_body_write(bodies[event.page.count], sizeof(bodies[0]),
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
		publish_presence(f, command);
}

static enum chat_error
hub_command_handle(struct command_handler *handler,
    const struct command *command)
{
	struct fixture *f = fixture_of(handler);
	char id[16];

	if (command->kind == COMMAND_REPLAY) {
		page_replay(f, command);
		return CHAT_OK;
	}
	ck_assert_uint_lt(f->kind_count, 64);
	f->kinds[f->kind_count++] = command->kind;
	if (command->kind == COMMAND_DISCONNECT) {
		unsigned client = client_of(f, command->connection);

		if (client < CLIENTS) {
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
	    member_of(f->connected++, id), command->connection);
}

static bool
hub_is_in_room(struct command_handler *handler, struct str member_id)
{
	(void)handler;
	(void)member_id;
	return true;
}

static const struct command_handler_ops handler_ops = { hub_command_handle,
	hub_is_in_room };

/* With so many clients for each member. */
static struct fixture *
setup_shared(int sndbuf, unsigned clients)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct sessions_config config;

	ck_assert_ptr_nonnull(f);
	per_member = clients;
	f->handler.ops = &handler_ops;
	f->hub = hub_create();
	config = (struct sessions_config){
		.hub = f->hub,
		.handler = &f->handler,
		.limits = &f->rig.limits,
	};
	f->sessions = sessions_create(&config);
	rig_init(&f->rig, sessions_endpoint(f->sessions));
	for (unsigned i = 0; i < CLIENTS; i++) {
		client_connect(&f->clients[i], &f->rig, sndbuf);
		client_open(&f->clients[i], &f->rig, "/ws");
	}
	f->kind_count = 0;
	return f;
}

static struct fixture *
setup(int sndbuf)
{
	return setup_shared(sndbuf, 1);
}

static void
teardown(struct fixture *f)
{
	rig_fini(&f->rig);
	for (unsigned i = 0; i < CLIENTS; i++)
		client_fini(&f->clients[i]);
	sessions_destroy(f->sessions);
	hub_destroy(f->hub);
	free(f);
}

static bool
member_is_in_room(const struct fixture *f, unsigned client, unsigned room)
{
	for (unsigned i = first_of(client); i < first_of(client) + per_member;
	     i++)
		if (f->in_room[i][room])
			return true;
	return false;
}

/* With the other clients of its member. */
static void
hub_client_join(struct fixture *f, unsigned client, unsigned room)
{
	char member[16], id[16];

	for (unsigned i = first_of(client); i < first_of(client) + per_member;
	     i++)
		f->in_room[i][room] = is_attached(f, i);
	ck_assert_int_eq(publisher_enter(hub_publisher(f->hub),
			     member_of(client, member), 0,
			     hub_room_id(room, id)),
	    CHAT_OK);
}

static void
client_expect(struct fixture *f, unsigned client, unsigned stream,
    unsigned number)
{
	struct stream *expected = &f->streams[client][stream];

	ck_assert_uint_lt(expected->count, MESSAGES_MOST);
	expected->numbers[expected->count++] = number;
	f->stream_of[number] = stream;
}

/* An event whose text ends with a number, by which it is known again. */
static struct event
numbered_event(enum event_kind kind, unsigned number, size_t padding,
    char *body, size_t size)
{
	message_body_write(body, size, number, padding);
	return (struct event){ .kind = kind,
		.member = STR("margaret"),
		.member_id = STR("elsewhere"),
		.body = str_from(body) };
}

static void
except_client(const struct fixture *f, unsigned client, struct event *event,
    struct audience *audience, char member[16])
{
	audience->except = member_of(client, member);
	if (f->sessions_of[client] != NULL)
		event->connection = f->sessions_of[client]->connection;
}

static void
hub_message_publish_by(struct fixture *f, struct str author, unsigned room,
    int except, size_t padding)
{
	char body[8192], id[16], member[16];
	unsigned number = ++f->message, last = CLIENTS;
	struct event event =
	    numbered_event(EVENT_MESSAGE, number, padding, body, sizeof(body));
	struct audience audience = audience_room(hub_room_id(room, id));
	size_t reached = 0;

	f->rooms[room][f->posted[room]++] = (struct posted){ number, padding };
	event.member_id = author;
	event.room = audience.room;
	event.seq = f->posted[room];
	if (except >= 0)
		except_client(f, (unsigned)except, &event, &audience, member);
	for (unsigned i = 0; i < CLIENTS; i++)
		if (f->in_room[i][room] && (int)i != except) {
			client_expect(f, i, room, number);
			reached +=
			    last == CLIENTS || first_of(last) != first_of(i);
			last = i;
		}
	ck_assert_uint_eq(publisher_publish(hub_publisher(f->hub), &event,
			      audience),
	    reached);
}

static void
hub_message_publish(struct fixture *f, unsigned room, int except,
    size_t padding)
{
	hub_message_publish_by(f, STR("elsewhere"), room, except, padding);
}

static void
client_publish(struct fixture *f, unsigned client)
{
	char body[64], member[16];
	unsigned number = ++f->message;
	struct event event =
	    numbered_event(EVENT_DM, number, 0, body, sizeof(body));
	size_t reached = 0;

	for (unsigned i = first_of(client); i < first_of(client) + per_member;
	     i++)
		if (is_attached(f, i)) {
			client_expect(f, i, DIRECT, number);
			reached++;
		}
	ck_assert_uint_eq(publisher_publish(hub_publisher(f->hub), &event,
			      audience_one(member_of(client, member))),
	    reached);
}

/* For this client, and no other one of its member. */
static void
client_answer(struct fixture *f, unsigned client)
{
	char body[64], member[16];
	unsigned number = ++f->message;
	struct event event =
	    numbered_event(EVENT_DM, number, 0, body, sizeof(body));
	uint32_t connection = f->sessions_of[client]->connection;

	if (is_attached(f, client))
		client_expect(f, client, DIRECT, number);
	ck_assert_uint_eq(publisher_publish(hub_publisher(f->hub), &event,
			      audience_connection(member_of(client, member),
				  connection)),
	    is_attached(f, client));
}

static bool
client_lags(const struct fixture *f, unsigned client)
{
	return f->clients[client].conn->lags;
}

static void
check_number(struct fixture *f, unsigned client, unsigned number)
{
	struct stream *stream;

	ck_assert_uint_le(number, f->message);
	stream = &f->streams[client][f->stream_of[number]];
	ck_assert_uint_lt(stream->got, stream->count);
	ck_assert_uint_eq(number, stream->numbers[stream->got++]);
	f->last[client] = number;
}

/* What came so far is what was to come, in each room in this order. */
static void
check_received(struct fixture *f, unsigned client)
{
	uint8_t opcode;
	const char *data;
	size_t len;

	client_receive(&f->clients[client]);
	while (client_take_frame(&f->clients[client], &opcode, &data, &len)) {
		ck_assert_uint_eq(opcode, WS_TEXT);
		check_number(f, client, number_in(data, len));
	}
}

/* The same of a client that never lagged: over all rooms, too. */
static void
check_in_order(struct fixture *f, unsigned client)
{
	uint8_t opcode;
	const char *data;
	size_t len;

	client_receive(&f->clients[client]);
	while (client_take_frame(&f->clients[client], &opcode, &data, &len)) {
		unsigned last = f->last[client];

		check_number(f, client, number_in(data, len));
		ck_assert_uint_lt(last, f->last[client]);
	}
}

static size_t
client_received(const struct fixture *f, unsigned client)
{
	size_t count = 0;

	for (unsigned i = 0; i <= ROOMS; i++)
		count += f->streams[client][i].got;
	return count;
}

static bool
has_all(struct fixture *f, unsigned client)
{
	for (unsigned i = 0; i <= ROOMS; i++) {
		const struct stream *stream = &f->streams[client][i];

		if (stream->got < stream->count)
			return false;
	}
	return true;
}

static void
check_all_received(struct fixture *f)
{
	for (int round = 0; round < 4096; round++) {
		bool missing = false;

		rig_turn(&f->rig);
		for (unsigned i = 0; i < CLIENTS; i++) {
			check_received(f, i);
			missing |= !has_all(f, i);
		}
		if (!missing)
			return;
	}
	ck_abort_msg("something never came");
}

START_TEST(a_room_gets_its_messages)
{
	struct fixture *f = setup(0);

	hub_client_join(f, 0, 0);
	hub_client_join(f, 1, 0);
	hub_client_join(f, 2, 1);
	hub_message_publish(f, 0, -1, 0);
	hub_message_publish(f, 0, -1, 0);
	check_all_received(f);
	ck_assert_uint_eq(client_received(f, 0), 2);
	ck_assert_uint_eq(client_received(f, 2), 0);
	teardown(f);
}
END_TEST

START_TEST(counts_messages_and_deliveries)
{
	struct fixture *f = setup(0);
	struct server_stats report;

	hub_client_join(f, 0, 0);
	hub_client_join(f, 1, 0);
	hub_message_publish(f, 0, -1, 0);
	hub_message_publish(f, 0, 1, 0);
	hub_message_publish(f, 1, -1, 0);
	client_publish(f, 0);
	check_all_received(f);
	hub_stats(f->hub, &report);
	ck_assert_uint_eq(report.messages, 2);
	ck_assert_uint_eq(report.deliveries, 3);
	teardown(f);
}
END_TEST

START_TEST(two_rooms_and_an_answer_keep_their_order)
{
	struct fixture *f = setup(0);

	hub_client_join(f, 0, 0);
	hub_client_join(f, 0, 1);
	hub_client_join(f, 1, 0);
	hub_message_publish(f, 0, -1, 0);
	client_publish(f, 0);
	hub_message_publish(f, 1, -1, 0);
	hub_message_publish(f, 0, -1, 0);
	hub_message_publish(f, 1, -1, 0);
	check_all_received(f);
	teardown(f);
}
END_TEST

START_TEST(a_silent_dialect_does_not_count_as_a_receiver)
{
	struct fixture *f = setup(0);
	struct publisher *publisher = hub_publisher(f->hub);
	char body[64], member[16];
	struct event event =
	    numbered_event(EVENT_TYPING, 1, 0, body, sizeof(body));
	struct client silent;

	client_connect(&silent, &f->rig, 0);
	client_open(&silent, &f->rig, "/ws/action");
	event.room = STR("room-0");
	publisher_enter(publisher, member_of(CLIENTS, member), 0, event.room);
	hub_client_join(f, 0, 0);
	ck_assert_uint_eq(publisher_publish(publisher, &event,
			      audience_room(event.room)),
	    1);
	event.kind = EVENT_DM;
	ck_assert_uint_eq(publisher_publish(publisher, &event,
			      audience_one(str_from(member))),
	    0);
	rig_turn(&f->rig);
	client_receive(&silent);
	ck_assert_uint_eq(silent.len, 0);
	publisher_leave(publisher, str_from(member), event.room);
	teardown(f);
	client_fini(&silent);
}
END_TEST

/* Client 1 hears one room, client 2 two of them, client 0 an answer, too. */
START_TEST(answers_are_sent_behind_the_events_of_others)
{
	static const unsigned sent[] = { 1, 1, 3, 1, 2 };
	struct fixture *f = setup(0);
	uint8_t opcode;
	const char *data;
	size_t len;

	for (unsigned i = 0; i < 3; i++) {
		hub_client_join(f, i, 0);
		/* One line for all shows in which order they are served. */
		f->clients[i].conn->fd = f->clients[3].conn->fd;
	}
	hub_client_join(f, 2, 1);
	hub_message_publish(f, 0, -1, 0);
	client_publish(f, 0);
	hub_message_publish(f, 1, -1, 0);
	rig_turn(&f->rig);
	client_receive(&f->clients[3]);
	for (size_t i = 0; i < COUNT_OF(sent); i++) {
		ck_assert(client_take_frame(&f->clients[3], &opcode, &data,
		    &len));
		ck_assert_uint_eq(number_in(data, len), sent[i]);
	}
	ck_assert_uint_eq(f->clients[3].len, 0);
	teardown(f);
}
END_TEST

START_TEST(an_excepted_session_gets_the_rest)
{
	struct fixture *f = setup(0);

	hub_client_join(f, 0, 0);
	hub_client_join(f, 1, 0);
	hub_message_publish(f, 0, -1, 0);
	hub_message_publish(f, 0, 1, 0);
	hub_message_publish(f, 0, -1, 0);
	check_all_received(f);
	ck_assert_uint_eq(client_received(f, 0), 3);
	ck_assert_uint_eq(client_received(f, 1), 2);
	teardown(f);
}
END_TEST

START_TEST(a_new_session_gets_no_earlier_events)
{
	struct fixture *f = setup(0);

	hub_client_join(f, 0, 0);
	hub_message_publish(f, 0, -1, 0);
	hub_client_join(f, 1, 0);
	hub_message_publish(f, 0, -1, 0);
	client_leave(f, 0, 0);
	hub_message_publish(f, 0, -1, 0);
	check_all_received(f);
	ck_assert_uint_eq(client_received(f, 0), 2);
	ck_assert_uint_eq(client_received(f, 1), 2);
	teardown(f);
}
END_TEST

/* The client goes, and is in no room any more. */
static void
client_detach(struct fixture *f, unsigned client)
{
	char member[16];

	hub_flush(f->hub);
	for (unsigned room = 0; room < ROOMS; room++) {
		if (f->in_room[client][room])
			cut_stream(f, client, room);
		f->in_room[client][room] = false;
	}
	publisher_detach(hub_publisher(f->hub), member_of(client, member),
	    f->sessions_of[client]->connection);
}

/* It comes back, to the rooms that its member is in. */
static void
client_attach(struct fixture *f, unsigned client)
{
	struct publisher *publisher = hub_publisher(f->hub);
	struct session *session = f->sessions_of[client];
	char member[16], id[16];

	ck_assert_int_eq(publisher_attach(publisher, session,
			     member_of(client, member), session->connection),
	    CHAT_OK);
	for (unsigned room = 0; room < ROOMS; room++)
		for (unsigned i = first_of(client);
		     i < first_of(client) + per_member; i++)
			if (i != client && f->in_room[i][room]) {
				f->in_room[client][room] = true;
				ck_assert_int_eq(publisher_enter(publisher,
						     str_from(member),
						     session->connection,
						     hub_room_id(room, id)),
				    CHAT_OK);
				break;
			}
}

START_TEST(a_connection_of_a_member_gets_what_the_others_get)
{
	struct fixture *f = setup_shared(0, 2);
	struct publisher *publisher = hub_publisher(f->hub);
	char member[16];

	client_detach(f, 1);
	hub_client_join(f, 0, 0);
	hub_message_publish(f, 0, -1, 0);
	client_attach(f, 1);
	hub_client_join(f, 2, 0);
	hub_message_publish(f, 0, -1, 0);
	hub_message_publish(f, 0, 0, 0);
	client_publish(f, 1);
	client_answer(f, 0);
	client_detach(f, 0);
	hub_message_publish(f, 0, -1, 0);
	client_leave(f, 1, 0);
	hub_message_publish(f, 0, -1, 0);
	client_publish(f, 0);
	client_answer(f, 0);
	check_all_received(f);
	ck_assert_uint_eq(client_received(f, 0), 4);
	ck_assert_uint_eq(client_received(f, 1), 5);
	publisher_detach(publisher, member_of(0, member),
	    f->sessions_of[1]->connection);
	ck_assert_uint_eq(publisher_publish(publisher,
			      &(struct event){ .kind = EVENT_DM },
			      audience_one(str_from(member))),
	    0);
	teardown(f);
}
END_TEST

START_TEST(the_other_connections_of_a_member_can_be_meant)
{
	struct fixture *f = setup_shared(0, 3);
	char body[64], member[16];
	unsigned number = ++f->message;
	struct event event =
	    numbered_event(EVENT_DM, number, 0, body, sizeof(body));

	event.member_id = member_of(0, member);
	event.connection = f->sessions_of[1]->connection;
	client_expect(f, 0, DIRECT, number);
	client_expect(f, 2, DIRECT, number);
	ck_assert_uint_eq(publisher_publish(hub_publisher(f->hub), &event,
			      audience_own_others(event.member_id)),
	    2);
	check_all_received(f);
	ck_assert_uint_eq(client_received(f, 1), 0);
	teardown(f);
}
END_TEST

/*
 * Random lives, in which some clients hardly read and sockets take little at
 * a time, and members have one, two or four of them, which come and go: every
 * client gets exactly what was published to it, in each room in
 * order; a client that never lags, over all rooms in order. (No message of a
 * room is for all but one in a chat: a replay knows no exceptions.)
 */
START_TEST(every_client_gets_everything_in_order)
{
	struct fixture *f =
	    setup_shared(_i % 2 == 0 ? 4608 : 0, 1u << _i / 2 % 3);
	unsigned seed = (unsigned)_i + 1;
	bool lagged = false;

	f->rig.limits.turn_sends = _i % 4 == 2 ? 3 : 0;
	for (int step = 0; step < 800; step++) {
		unsigned client = (unsigned)rand_r(&seed) % CLIENTS;
		unsigned room = (unsigned)rand_r(&seed) % ROOMS;
		unsigned choice = (unsigned)rand_r(&seed) % 100;

		if (choice < 12) {
			if (!member_is_in_room(f, client, room))
				hub_client_join(f, client, room);
		} else if (choice < 16) {
			if (member_is_in_room(f, client, room))
				client_leave(f, client, room);
		} else if (choice < 19 && per_member > 1) {
			if (is_attached(f, client))
				client_detach(f, client);
			else
				client_attach(f, client);
		} else if (choice < 25)
			client_answer(f, client);
		else if (choice < 30)
			client_publish(f, client);
		else if (choice < 85)
			hub_message_publish(f, room,
			    _i % 2 == 1 && choice < 50 ? (int)client : -1,
			    choice > 80 ? 6000 : choice);
		else if (choice < 95)
			rig_turn(&f->rig);
		else if (_i % 2 == 1)
			for (unsigned i = 0; i < CLIENTS; i++)
				check_in_order(f, i);
		else if (client % 4 != 0 || step > 500)
			check_received(f, client);
		lagged |= client_lags(f, client);
	}
	check_all_received(f);
	ck_assert_uint_eq(f->rig.worker.ws.open_count, CLIENTS);
	ck_assert(lagged == (_i % 2 == 0));
	teardown(f);
}
END_TEST

START_TEST(a_detached_session_has_no_subscriptions)
{
	struct fixture *f = setup(0);
	char member[16];

	for (unsigned room = 0; room < ROOMS; room++) {
		hub_client_join(f, 0, room);
		hub_client_join(f, 1, room);
	}
	hub_message_publish(f, 2, -1, 0);
	publisher_detach(hub_publisher(f->hub), member_of(0, member), 0);
	memset(f->in_room[0], 0, sizeof(f->in_room[0]));
	for (unsigned room = 0; room < ROOMS; room++)
		hub_message_publish(f, room, -1, 0);
	hub_client_join(f, 0, 0);
	f->in_room[0][0] = false;
	publisher_leave(hub_publisher(f->hub), member_of(0, member), STR("x"));
	hub_message_publish(f, 0, -1, 0);
	check_all_received(f);
	ck_assert_uint_eq(client_received(f, 0), 1);
	ck_assert_uint_eq(client_received(f, 1), ROOMS + 2);
	teardown(f);
}
END_TEST

/* The kernel's buffer and one turn's frames are all that waits for it. */
START_TEST(a_slow_reader_costs_next_to_nothing_and_catches_up)
{
	struct fixture *f = setup(4608);

	f->rig.limits.output_hard = 64 * 1024;
	for (unsigned i = 0; i < CLIENTS; i++)
		hub_client_join(f, i, 0);
	for (int i = 0; i < 1000; i++) {
		hub_message_publish(f, 0, -1, 1000);
		rig_turn(&f->rig);
		check_received(f, 0);
	}
	ck_assert(!client_lags(f, 0));
	for (unsigned i = 1; i < CLIENTS; i++) {
		ck_assert(client_lags(f, i));
		ck_assert_uint_lt(conn_waiting(f->clients[i].conn), 1200);
	}
	ck_assert_uint_le(f->rig.worker.loop.pool.bytes, 2 * CHUNK_SIZE);
	check_all_received(f);
	for (unsigned i = 0; i < CLIENTS; i++)
		ck_assert(!client_lags(f, i));
	hub_tidy(f->hub);
	ck_assert_uint_eq(f->rig.worker.loop.pool.bytes, 0);
	teardown(f);
}
END_TEST

static unsigned
lagging_count(const struct fixture *f)
{
	unsigned count = 0;

	for (unsigned i = 0; i < CLIENTS; i++)
		count += client_lags(f, i);
	return count;
}

/* 256 KiB are flushed at once. */
#define FRAMES_OF_A_FLUSH 40

/* The author waits for those that are sent to later. */
START_TEST(a_large_fan_out_goes_on_in_later_turns)
{
	struct fixture *f = setup(0);
	char member[16];

	f->rig.limits.turn_sends = 2;
	for (unsigned i = 0; i < CLIENTS; i++)
		hub_client_join(f, i, 0);
	rig_turn(&f->rig);
	for (int i = 0; i < FRAMES_OF_A_FLUSH; i++)
		hub_message_publish(f, 0, -1, 7000);
	ck_assert_uint_eq(lagging_count(f), CLIENTS - 2);
	hub_message_publish_by(f, member_of(0, member), 0, -1, 0);
	ck_assert_uint_eq(lagging_count(f), CLIENTS - 1);
	check_all_received(f);
	ck_assert_uint_eq(lagging_count(f), 0);
	hub_message_publish_by(f, member_of(0, member), 0, -1, 0);
	ck_assert_uint_eq(lagging_count(f), 0);
	check_all_received(f);
	ck_assert_uint_eq(f->rig.worker.ws.open_count, CLIENTS);
	teardown(f);
}
END_TEST

START_TEST(readers_at_the_same_place_share_what_is_encoded)
{
	struct fixture *f = setup(4608);

	for (unsigned i = 0; i < CLIENTS; i++)
		hub_client_join(f, i, 0);
	for (int i = 0; i < 100; i++) {
		hub_message_publish(f, 0, -1, 1000);
		rig_turn(&f->rig);
	}
	check_all_received(f);
	/* Eight messages each; without sharing, eight times as many. */
	ck_assert_uint_lt(f->replays, 50);
	teardown(f);
}
END_TEST

/* Reads until the close frame; the code, and the text of `bye`. */
static unsigned
read_bye(struct fixture *f, unsigned client, char *bye, size_t size)
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
				check_number(f, client, number_in(data, len));
		}
	}
	ck_abort_msg("it was not closed");
}

START_TEST(a_reader_that_falls_behind_is_closed_and_never_has_a_hole)
{
	struct fixture *f = setup(4608);
	char bye[256], wanted[64];

	hub_client_join(f, 0, 1);
	hub_client_join(f, 0, 0);
	for (int i = 0; i < 200; i++) {
		hub_message_publish(f, 0, -1, 1000);
		rig_turn(&f->rig);
	}
	f->evicted = 100;
	ck_assert_uint_eq(read_bye(f, 0, bye, sizeof(bye)),
	    WS_CLOSE_SLOW_CONSUMER);
	snprintf(wanted, sizeof(wanted), "\"room\":\"room-0\",\"seq\":%zu}",
	    f->streams[0][0].got + 1);
	ck_assert_msg(strstr(bye, wanted) != NULL, "%s: %s", bye, wanted);
	ck_assert_int_eq(f->kinds[f->kind_count - 1], COMMAND_DISCONNECT);
	ck_assert_uint_eq(f->rig.worker.ws.open_count, CLIENTS - 1);
	teardown(f);
}
END_TEST

/* Its text tells behind which number it was published. */
static void
publish_event(struct fixture *f, enum event_kind kind)
{
	char name[16];
	struct event event = {
		.kind = kind,
		.room = STR("room-0"),
		.member_id = STR("1"),
		.count = 2,
		.seq = kind == EVENT_REDACTED ? 1 : 0,
	};

	snprintf(name, sizeof(name), "after#%u", f->message % 100000);
	event.member = str_from(name);
	publisher_publish(hub_publisher(f->hub), &event,
	    audience_room(event.room));
	rig_turn(&f->rig);
}

struct presence_got {
	unsigned joins;
	unsigned redactions;
	unsigned typing;
	unsigned counts;
	unsigned lists;
};

static bool
bytes_contain(const char *data, size_t len, const char *text)
{
	return memmem(data, len, text, strlen(text)) != NULL;
}

static void
count_event(struct fixture *f, unsigned client, const char *data, size_t len,
    struct presence_got *got)
{
	if (bytes_contain(data, len, "\"join\"")) {
		got->joins++;
		ck_assert_uint_eq(number_in(data, len), f->last[client]);
	} else if (bytes_contain(data, len, "\"redact\"")) {
		got->redactions++;
		ck_assert_uint_eq(number_in(data, len), f->last[client]);
	} else if (bytes_contain(data, len, "\"typing\"")) {
		got->typing++;
	} else if (bytes_contain(data, len, "\"count\"")) {
		got->counts++;
	} else if (bytes_contain(data, len, "\"list\"")) {
		got->lists++;
		ck_assert(has_all(f, client));
	} else
		check_number(f, client, number_in(data, len));
}

/* Everything that a client gets; joins come where they were published. */
static struct presence_got
read_events(struct fixture *f, unsigned client)
{
	struct presence_got got = { 0 };
	uint8_t opcode;
	const char *data;
	size_t len;

	for (int round = 0; round < 400; round++) {
		rig_turn(&f->rig);
		client_receive(&f->clients[client]);
		while (client_take_frame(&f->clients[client], &opcode, &data,
		    &len))
			count_event(f, client, data, len, &got);
	}
	ck_assert(has_all(f, client));
	ck_assert(!client_lags(f, client));
	return got;
}

START_TEST(a_slow_reader_gets_presence_between_the_messages)
{
	struct fixture *f = setup(4608);
	struct presence_got got;

	hub_client_join(f, 0, 0);
	for (int i = 0; i < 20; i++) {
		publish_event(f, EVENT_ENTERED);
		publish_event(f, EVENT_TYPING);
		hub_message_publish(f, 0, -1, 1000);
		publish_event(f, EVENT_COUNT);
		hub_message_publish(f, 0, -1, 100);
	}
	ck_assert(client_lags(f, 0));
	got = read_events(f, 0);
	ck_assert_uint_eq(got.joins, 20);
	ck_assert_uint_eq(got.counts, 20);
	ck_assert_uint_lt(got.typing, 20);
	ck_assert_uint_eq(got.lists, 0);
	teardown(f);
}
END_TEST

START_TEST(a_slow_reader_gets_changes_between_the_messages)
{
	struct fixture *f = setup(4608);
	struct presence_got got;

	hub_client_join(f, 0, 0);
	for (int i = 0; i < 20; i++) {
		hub_message_publish(f, 0, -1, 1000);
		publish_event(f, EVENT_REDACTED);
		publish_event(f, EVENT_ENTERED);
	}
	ck_assert(client_lags(f, 0));
	got = read_events(f, 0);
	ck_assert_uint_eq(got.redactions, 20);
	ck_assert_uint_eq(got.joins, 20);
	teardown(f);
}
END_TEST

/* Too much presence came behind the change; with messages, and without. */
START_TEST(a_slow_reader_that_would_miss_a_change_is_closed)
{
	struct fixture *f = setup(4608);
	char bye[256], wanted[64];

	hub_client_join(f, 0, 0);
	while (!client_lags(f, 0)) {
		if (_i == 0)
			hub_message_publish(f, 0, -1, 1000);
		publish_event(f, EVENT_ENTERED);
	}
	publish_event(f, EVENT_REDACTED);
	for (int i = 0; i < 300; i++)
		publish_event(f, EVENT_ENTERED);
	ck_assert_uint_eq(read_bye(f, 0, bye, sizeof(bye)),
	    WS_CLOSE_SLOW_CONSUMER);
	snprintf(wanted, sizeof(wanted), "\"room\":\"room-0\",\"seq\":");
	ck_assert_msg(strstr(bye, wanted) != NULL, "%s: %s", bye, wanted);
	teardown(f);
}
END_TEST

static bool
has_encoded_pieces(const struct fixture *f)
{
	for (size_t i = 0; i < REPLAY_PIECES; i++)
		if (f->hub->replays.pieces[i].chunk != NULL)
			return true;
	return false;
}

/* Messages that were encoded for one reader are encoded again for the next. */
START_TEST(a_change_is_not_hidden_by_what_was_encoded)
{
	struct fixture *f = setup(4608);

	hub_client_join(f, 0, 0);
	while (!client_lags(f, 0))
		hub_message_publish(f, 0, -1, 1000);
	for (int i = 0; i < 10; i++)
		hub_message_publish(f, 0, -1, 1000);
	read_events(f, 0);
	ck_assert(has_encoded_pieces(f));
	publish_event(f, EVENT_ENTERED);
	ck_assert(has_encoded_pieces(f));
	publish_event(f, EVENT_REDACTED);
	ck_assert(!has_encoded_pieces(f));
	teardown(f);
}
END_TEST

/* With messages in between, and without. */
START_TEST(a_very_slow_reader_gets_presence_as_it_is_in_the_end)
{
	struct fixture *f = setup(4608);
	struct presence_got got;

	hub_client_join(f, 0, 0);
	for (int i = 0; i < 300; i++) {
		if (_i == 0)
			hub_message_publish(f, 0, -1, 6000);
		publish_event(f, EVENT_ENTERED);
	}
	ck_assert(client_lags(f, 0));
	got = read_events(f, 0);
	ck_assert_uint_lt(got.joins, 250);
	ck_assert_uint_eq(got.lists, 1);
	publish_event(f, EVENT_ENTERED);
	got = read_events(f, 0);
	ck_assert_uint_eq(got.joins, 1);
	ck_assert_uint_eq(got.lists, 0);
	teardown(f);
}
END_TEST

/* The lobby, where the frames themselves are kept. */
static void
join_lobby(struct fixture *f, unsigned client)
{
	char member[16];

	ck_assert_int_eq(publisher_enter(hub_publisher(f->hub),
			     member_of(client, member), 0, STR_ABSENT),
	    CHAT_OK);
}

static void
lobby_publish(struct fixture *f, unsigned clients, int except, size_t padding)
{
	char body[8192], member[16];
	unsigned number = ++f->message;
	struct event event =
	    numbered_event(EVENT_MESSAGE, number, padding, body, sizeof(body));
	struct audience audience = audience_lobby();

	if (except >= 0)
		except_client(f, (unsigned)except, &event, &audience, member);
	for (unsigned i = 0; i < clients; i++)
		if ((int)i != except)
			client_expect(f, i, 0, number);
	publisher_publish(hub_publisher(f->hub), &event, audience);
}

START_TEST(a_slow_reader_catches_up_in_the_lobby)
{
	struct fixture *f = setup(4608);

	for (unsigned i = 0; i < 3; i++)
		join_lobby(f, i);
	for (int i = 0; i < 300; i++) {
		lobby_publish(f, 3, i % 5 == 0 ? 1 : -1, 1000);
		rig_turn(&f->rig);
		check_received(f, 2);
	}
	ck_assert(client_lags(f, 0));
	ck_assert(!client_lags(f, 2));
	/* Both lag: what is kept for them is kept once. */
	ck_assert_uint_lt(f->rig.worker.loop.pool.bytes, 400 * 1000);
	check_all_received(f);
	ck_assert(!client_lags(f, 0));
	hub_tidy(f->hub);
	ck_assert_uint_eq(f->rig.worker.loop.pool.bytes, 0);
	teardown(f);
}
END_TEST

START_TEST(a_reader_that_falls_behind_in_the_lobby_is_closed)
{
	struct fixture *f = setup(4608);
	char bye[256] = "";

	f->rig.limits.lobby_bytes = 128 * 1024;
	join_lobby(f, 0);
	for (int i = 0; i < 300; i++) {
		lobby_publish(f, 1, -1, 1000);
		rig_turn(&f->rig);
	}
	ck_assert_uint_lt(f->rig.worker.loop.pool.bytes, 200 * 1000);
	ck_assert_uint_eq(read_bye(f, 0, bye, sizeof(bye)),
	    WS_CLOSE_SLOW_CONSUMER);
	ck_assert_ptr_nonnull(strstr(bye, "slow_consumer"));
	ck_assert_ptr_null(strstr(bye, "room"));
	teardown(f);
}
END_TEST

START_TEST(a_large_fan_out_to_the_lobby_waits_in_its_ring)
{
	struct fixture *f = setup(0);

	f->rig.limits.turn_sends = 2;
	f->rig.limits.lobby_bytes = 1 << 20;
	for (unsigned i = 0; i < CLIENTS; i++)
		join_lobby(f, i);
	rig_turn(&f->rig);
	for (int i = 0; i < FRAMES_OF_A_FLUSH; i++)
		lobby_publish(f, CLIENTS, -1, 7000);
	ck_assert_uint_eq(lagging_count(f), CLIENTS - 2);
	check_all_received(f);
	ck_assert_uint_eq(lagging_count(f), 0);
	ck_assert_uint_eq(f->rig.worker.ws.open_count, CLIENTS);
	teardown(f);
}
END_TEST

/* What is for it alone waits, but not without end. */
START_TEST(a_reader_is_congested_while_much_waits_for_it)
{
	struct fixture *f = setup(4608);
	struct publisher *publisher = hub_publisher(f->hub);
	char member[16];
	unsigned sent = 0;

	f->rig.limits.output_hard = 32 * 1024;
	while (!publisher_is_congested(publisher, member_of(0, member))) {
		client_publish(f, 0);
		if (++sent % 10 == 0)
			rig_turn(&f->rig);
		ck_assert_uint_lt(sent, 1000);
	}
	ck_assert(!publisher_is_congested(publisher, member_of(1, member)));
	ck_assert(!publisher_is_congested(publisher, STR("unknown")));
	check_all_received(f);
	ck_assert(!publisher_is_congested(publisher, member_of(0, member)));
	ck_assert_uint_eq(f->rig.worker.ws.open_count, CLIENTS);
	teardown(f);
}
END_TEST

/* A member that can be reached is reached: a stalled connection is ended. */
START_TEST(a_connection_that_does_not_read_does_not_stop_those_that_do)
{
	struct fixture *f = setup_shared(4608, 2);
	struct publisher *publisher = hub_publisher(f->hub);
	char bye[256] = "", member[16];
	size_t reached = 2;

	f->rig.limits.output_hard = 32 * 1024;
	while (reached == 2) {
		char body[64];
		struct event event = numbered_event(EVENT_DM, ++f->message, 0,
		    body, sizeof(body));
		struct audience audience = audience_one(member_of(0, member));

		ck_assert(!publisher_is_congested(publisher,
		    audience.member_id));
		client_expect(f, 0, DIRECT, f->message);
		client_expect(f, 1, DIRECT, f->message);
		reached = publisher_publish(publisher, &event, audience);
		rig_turn(&f->rig);
		check_received(f, 0);
		ck_assert_uint_lt(f->message, 2000);
	}
	ck_assert_uint_eq(reached, 1);
	ck_assert(has_all(f, 0));
	ck_assert_uint_eq(read_bye(f, 1, bye, sizeof(bye)),
	    WS_CLOSE_SLOW_CONSUMER);
	ck_assert_uint_eq(f->rig.worker.ws.open_count, CLIENTS - 1);
	teardown(f);
}
END_TEST

START_TEST(unread_answers_share_chunks)
{
	struct fixture *f = setup(4608);

	for (int i = 0; i < 2000; i++) {
		client_publish(f, 0);
		rig_turn(&f->rig);
	}
	ck_assert_uint_lt(f->rig.worker.loop.pool.bytes, 400 * 1000);
	check_all_received(f);
	teardown(f);
}
END_TEST

SUITE(hub)
{
	tcase_add_test(tests, a_room_gets_its_messages);
	tcase_add_test(tests, counts_messages_and_deliveries);
	tcase_add_test(tests, two_rooms_and_an_answer_keep_their_order);
	tcase_add_test(tests, a_silent_dialect_does_not_count_as_a_receiver);
	tcase_add_test(tests, answers_are_sent_behind_the_events_of_others);
	tcase_add_test(tests, an_excepted_session_gets_the_rest);
	tcase_add_test(tests, a_new_session_gets_no_earlier_events);
	tcase_add_loop_test(tests, every_client_gets_everything_in_order, 0,
	    40);
	tcase_add_test(tests, a_detached_session_has_no_subscriptions);
	tcase_add_test(tests,
	    a_connection_of_a_member_gets_what_the_others_get);
	tcase_add_test(tests, the_other_connections_of_a_member_can_be_meant);
	tcase_add_test(tests,
	    a_connection_that_does_not_read_does_not_stop_those_that_do);
	tcase_add_test(tests,
	    a_slow_reader_costs_next_to_nothing_and_catches_up);
	tcase_add_test(tests, a_large_fan_out_goes_on_in_later_turns);
	tcase_add_test(tests, a_large_fan_out_to_the_lobby_waits_in_its_ring);
	tcase_add_test(tests, readers_at_the_same_place_share_what_is_encoded);
	tcase_add_test(tests,
	    a_reader_that_falls_behind_is_closed_and_never_has_a_hole);
	tcase_add_test(tests, a_slow_reader_gets_presence_between_the_messages);
	tcase_add_test(tests, a_slow_reader_gets_changes_between_the_messages);
	tcase_add_loop_test(tests,
	    a_slow_reader_that_would_miss_a_change_is_closed, 0, 2);
	tcase_add_test(tests, a_change_is_not_hidden_by_what_was_encoded);
	tcase_add_loop_test(tests,
	    a_very_slow_reader_gets_presence_as_it_is_in_the_end, 0, 2);
	tcase_add_test(tests, a_slow_reader_catches_up_in_the_lobby);
	tcase_add_test(tests,
	    a_reader_that_falls_behind_in_the_lobby_is_closed);
	tcase_add_test(tests, a_reader_is_congested_while_much_waits_for_it);
	tcase_add_test(tests, unread_answers_share_chunks);
}
