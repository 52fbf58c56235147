#include "tests/cluster/simulation/simulation.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>

#include "cluster/place.h"
#include "tests/cluster/simulation/sim_chat.h"

#define NODES 3
#define DEAD_MOST 256
#define POSTS_MOST 4096
#define SEQ_MOST 2048
#define EPOCHS_MOST 256
#define SLOTS_MOST 16
#define STAYS_MOST 8192

/*
 * Clients act and faults happen for so long; then all is repaired. In every
 * eighth schedule it takes longer than the relay's reports lag behind.
 */
#define ACTIVE_MS 12000
#define ACTIVE_LONG_MS 40000
#define CALM_MS 12000
#define END_MS 30000

enum post_state {
	POST_SENT,
	POST_ACKED,
	POST_REFUSED, /* never to be seen */
	POST_UNKNOWN  /* sent again later, or not */
};

/*
 * One sequence of numbers of a room. Up to former_seq it is that of the epoch
 * before, if there is one: the posts there are noted with that epoch.
 */
struct sim_epoch {
	int room;
	char name[SIM_EPOCH_SIZE];
	int former; /* -1: none */
	uint64_t former_seq;
	int posts[SEQ_MOST];    /* number + 1 of those that were seen */
	bool is_sent[SEQ_MOST]; /* the receiver of hooks has got it */
};

/* Where a message was seen: the epoch that its number is noted with. */
struct sim_slot {
	int epoch;
	uint64_t seq;
};

/* A message with a key; its number is its text, its key and its ref. */
struct post {
	enum post_state state;
	int client;
	uint32_t connection; /* that has sent it last */
	int room;
	bool is_uncertain; /* an earlier attempt may have been stored */
	struct sim_slot slots[SLOTS_MOST]; /* where it was seen */
	int slot_count;
	struct sim_slot acked; /* its slot then */
};

/* A member in a room, as the receiver of hooks knows it. */
struct sim_stay {
	char member_id[ID_SIZE];
	int room;
	uint64_t generation;
	bool is_in;
};

/* A node that has missed publications loses its connection. */
struct sim_overflow {
	struct sim_net *net;
	int node;
};

struct sim {
	struct sim_net *net;
	struct sim_overflow overflows[NODES];
	unsigned faults;
	FILE *story;
	bool awaits_answers; /* every third schedule: broker.ack = replica */
	struct sim_result *result;
	struct sim_chat *nodes[NODES]; /* NULL: it is dead */
	struct sim_chat *dead[DEAD_MOST];
	int dead_count;
	struct sim_client clients[SIM_CLIENTS];
	uint32_t connections;
	struct post posts[POSTS_MOST];
	int post_count;
	struct sim_epoch epochs[EPOCHS_MOST];
	int epoch_count;
	struct sim_receiver *receiver;
	struct sim_stay stays[STAYS_MOST];
	int stay_count;
	char dead_chains[DEAD_MOST][CHAIN_SIZE]; /* of the log of the chat */
	bool has_gap; /* of the receiver: it does not know who is where */
	int64_t active_ms;
	bool is_active;
};

/* --- the story ------------------------------------------------------------ */

__attribute__((format(printf, 2, 3))) static void
story_add(struct sim *sim, const char *format, ...)
{
	va_list args;

	if (sim->story == NULL)
		return;
	fprintf(sim->story, "%6" PRId64 " ", sim_net_now_ms(sim->net));
	va_start(args, format);
	vfprintf(sim->story, format, args);
	va_end(args);
	fputc('\n', sim->story);
}

/* The first one is kept. */
__attribute__((format(printf, 3, 4))) static void
violation_add(struct sim *sim, const char *what, const char *format, ...)
{
	va_list args;

	if (sim->result->violation != NULL)
		return;
	sim->result->violation = what;
	sim->result->at_ms = sim_net_now_ms(sim->net);
	va_start(args, format);
	vsnprintf(sim->result->detail, sizeof(sim->result->detail), format,
	    args);
	va_end(args);
	story_add(sim, "VIOLATION %s: %s", what, sim->result->detail);
}

static int
client_index(const struct sim *sim, const struct sim_client *client)
{
	return (int)(client - sim->clients);
}

/* --- epochs --------------------------------------------------------------- */

static int
epoch_find(struct sim *sim, int room, struct str name)
{
	struct sim_epoch *epoch = sim->epochs;
	int index;

	for (; epoch < sim->epochs + sim->epoch_count; epoch++)
		if (epoch->room == room &&
		    str_equal(str_from(epoch->name), name))
			return (int)(epoch - sim->epochs);
	if (sim->epoch_count == EPOCHS_MOST)
		abort();
	index = sim->epoch_count++;
	epoch->room = room;
	epoch->former = -1;
	snprintf(epoch->name, sizeof(epoch->name), "%.*s", (int)name.len,
	    name.data);
	return index;
}

/* What a node knows of the epoch of a room; -1: there is no such room. */
static int
epoch_learn(struct sim *sim, struct sim_chat *node, int room)
{
	struct room got;
	struct sim_epoch *epoch;
	int index;

	if (room_store_get(sim_chat_stores(node)->rooms,
		str_from(sim_rooms[room]), &got) != CHAT_OK)
		return -1;
	index = epoch_find(sim, room, str_from(got.epoch));
	epoch = &sim->epochs[index];
	if (got.former_epoch[0] == '\0' || epoch->former >= 0)
		return index;
	epoch->former = epoch_find(sim, room, str_from(got.former_epoch));
	epoch->former_seq = got.former_seq;
	story_add(sim, "r%d: epoch %s, which was %s up to %" PRIu64, room,
	    got.epoch, got.former_epoch, got.former_seq);
	return index;
}

static struct sim_slot
slot_of(const struct sim *sim, int epoch, uint64_t seq)
{
	while (sim->epochs[epoch].former >= 0 &&
	       seq <= sim->epochs[epoch].former_seq)
		epoch = sim->epochs[epoch].former;
	return (struct sim_slot){ epoch, seq };
}

/* Whether it is seen in this epoch. */
static bool
slot_is_in(const struct sim *sim, const struct sim_slot *slot, int epoch)
{
	return slot_of(sim, epoch, slot->seq).epoch == slot->epoch;
}

/* --- what clients receive ------------------------------------------------- */

/*
 * A message has one number in an epoch, and a number one message. In another
 * epoch, a message that was lost may come again.
 */
static void
post_see(struct sim *sim, int number, int epoch, uint64_t seq,
    const char *where)
{
	struct sim_slot slot = slot_of(sim, epoch, seq);
	int room = sim->epochs[epoch].room;
	struct post *post = &sim->posts[number];
	int *noted;

	if (seq == 0 || seq >= SEQ_MOST)
		abort();
	noted = &sim->epochs[slot.epoch].posts[seq];
	if (*noted != 0 && *noted != number + 1)
		violation_add(sim, "C2",
		    "%s: r%d/%" PRIu64 " is message %d and %d", where, room,
		    seq, *noted - 1, number);
	*noted = number + 1;
	if (post->state == POST_REFUSED)
		violation_add(sim, "C3",
		    "%s: message %d was refused, and is r%d/%" PRIu64, where,
		    number, room, seq);
	if (post->room != room)
		violation_add(sim, "C4", "%s: message %d is in r%d, not r%d",
		    where, number, room, post->room);
	for (int i = 0; i < post->slot_count; i++) {
		const struct sim_slot *other = &post->slots[i];

		if (other->epoch == slot.epoch && other->seq == seq)
			return;
		if (slot_is_in(sim, other, epoch) ||
		    slot_is_in(sim, &slot, other->epoch))
			violation_add(sim, "C4",
			    "%s: message %d is r%d/%" PRIu64
			    " and r%d/%" PRIu64,
			    where, number, room, other->seq, room, seq);
	}
	if (post->slot_count < SLOTS_MOST)
		post->slots[post->slot_count++] = slot;
}

static void
body_see(struct sim *sim, struct str body, int epoch, uint64_t seq,
    const char *where)
{
	int number = atoi(body.data + 1);

	if (number < 0 || number >= sim->post_count)
		violation_add(sim, "C2", "%s: r%d has %.*s at %" PRIu64, where,
		    sim->epochs[epoch].room, (int)body.len, body.data, seq);
	else
		post_see(sim, number, epoch, seq, where);
}

/* The epoch that a client knows of. */
static int
client_epoch(struct sim *sim, const struct sim_client *client, int room)
{
	return epoch_find(sim, room, str_from(client->epoch[room]));
}

static void
client_set_epoch(struct sim *sim, struct sim_client *client, int room,
    struct str epoch)
{
	(void)epoch_learn(sim, sim->nodes[client->node], room);
	snprintf(client->epoch[room], SIM_EPOCH_SIZE, "%.*s", (int)epoch.len,
	    epoch.data);
}

static void
client_see(struct sim *sim, struct sim_client *client,
    const struct event *event)
{
	int room = sim_room_index(event->room);
	char where[16];

	snprintf(where, sizeof(where), "c%d", client_index(sim, client));
	if (room == SIM_ROOMS || !client->is_in_room[room])
		return;
	story_add(sim, "%s sees r%d/%" PRIu64 " %.*s", where, room, event->seq,
	    (int)event->body.len, event->body.data);
	if (event->seq != client->seq[room] + 1)
		violation_add(sim, "C1", "%s: r%d/%" PRIu64 " follows %" PRIu64,
		    where, room, event->seq, client->seq[room]);
	client->seq[room] = event->seq;
	body_see(sim, event->body, client_epoch(sim, client, room), event->seq,
	    where);
}

static void
client_begin_epoch(struct sim *sim, struct sim_client *client,
    const struct event *event)
{
	int room = sim_room_index(event->room);

	if (room == SIM_ROOMS || !client->is_in_room[room])
		return;
	story_add(sim, "c%d: epoch %.*s begins behind r%d/%" PRIu64,
	    client_index(sim, client), (int)event->epoch.len, event->epoch.data,
	    room, event->seq);
	if (client->seq[room] != event->seq)
		violation_add(sim, "C6",
		    "c%d: an epoch begins behind r%d/%" PRIu64
		    ", after %" PRIu64,
		    client_index(sim, client), room, event->seq,
		    client->seq[room]);
	client_set_epoch(sim, client, room, event->epoch);
}

static struct post *
post_of_ref(struct sim *sim, struct str ref)
{
	return ref.len < 2 || ref.data[0] != 'p'
		   ? NULL
		   : &sim->posts[atoi(ref.data + 1)];
}

static void
client_acked(struct sim *sim, struct sim_client *client,
    const struct event *event)
{
	struct post *post = post_of_ref(sim, event->ref);
	int room = sim_room_index(event->room);
	int epoch;

	if (post == NULL)
		return;
	story_add(sim, "c%d has the acknowledgement of %.*s: r%d/%" PRIu64,
	    client_index(sim, client), (int)event->ref.len, event->ref.data,
	    room, event->seq);
	if (post->state != POST_ACKED)
		sim->result->acked++;
	post->state = POST_ACKED;
	if (client->is_in_room[room] && !client->is_uncertain &&
	    client->seq[room] < event->seq)
		violation_add(sim, "C1",
		    "c%d: r%d/%" PRIu64 " is acknowledged, %" PRIu64
		    " was seen",
		    client_index(sim, client), room, event->seq,
		    client->seq[room]);
	epoch = client->is_in_room[room] && !client->is_uncertain
		    ? client_epoch(sim, client, room)
		    : epoch_learn(sim, sim->nodes[client->node], room);
	post->acked = slot_of(sim, epoch, event->seq);
	post_see(sim, (int)(post - sim->posts), epoch, event->seq, "acked");
}

static void
client_failed(struct sim *sim, struct sim_client *client,
    const struct event *event)
{
	struct post *post = post_of_ref(sim, event->ref);

	story_add(sim, "c%d has failed: %s", client_index(sim, client),
	    chat_error_word(event->failure.error));
	if (post == NULL)
		client->is_uncertain |=
		    event->failure.error == CHAT_STORE_FAILED;
	if (post == NULL || post->state != POST_SENT)
		return;
	if (event->failure.error == CHAT_STORE_FAILED || post->is_uncertain) {
		post->state = POST_UNKNOWN;
		sim->result->unknown++;
		return;
	}
	post->state = POST_REFUSED;
	sim->result->refused++;
	if (post->slot_count > 0)
		violation_add(sim, "C3",
		    "message %d is r%d/%" PRIu64 ", and refused",
		    (int)(post - sim->posts), post->room, post->slots[0].seq);
}

/*
 * What was asked for with `since` follows the last message that the client has,
 * or the answer names what is missing, or another epoch.
 */
static void
client_resumed(struct sim *sim, struct sim_client *client,
    const struct event *event, int room)
{
	const struct sim_memory *memory = &client->memories[room];
	int before = epoch_find(sim, room, str_from(memory->epoch));
	int now = client_epoch(sim, client, room);
	struct sim_slot last = slot_of(sim, before, memory->seq);
	uint64_t first =
	    event->page.count > 0 ? event->page.items[0].seq : event->seq + 1;

	sim->result->resumed++;
	sim->result->declared += event->recovery.epoch_changed;
	if (event->recovery.epoch_changed)
		return;
	if (memory->seq > 0 && !slot_is_in(sim, &last, now))
		violation_add(sim, "C6",
		    "c%d: r%d/%" PRIu64 " was another message, undeclared",
		    client_index(sim, client), room, memory->seq);
	if (event->recovery.recovered && first != memory->seq + 1)
		violation_add(sim, "C6",
		    "c%d: r%d/%" PRIu64 " follows %" PRIu64 ", undeclared",
		    client_index(sim, client), room, first, memory->seq);
}

static void
client_joined(struct sim *sim, struct sim_client *client,
    const struct event *event)
{
	int room = sim_room_index(event->room);
	int epoch;

	if (room == SIM_ROOMS)
		return;
	client->is_in_room[room] = true;
	client->seq[room] = event->seq;
	client_set_epoch(sim, client, room, event->epoch);
	epoch = client_epoch(sim, client, room);
	story_add(sim, "c%d is in r%d at %" PRIu64 " of %s",
	    client_index(sim, client), room, event->seq, client->epoch[room]);
	if (event->recovery.asked)
		client_resumed(sim, client, event, room);
	for (size_t i = 0; i < event->page.count; i++)
		body_see(sim, event->page.items[i].body, epoch,
		    event->page.items[i].seq, "page");
}

static void
client_left(struct sim_client *client, int room)
{
	struct sim_memory *memory = &client->memories[room];

	if (!client->is_in_room[room])
		return;
	client->is_in_room[room] = false;
	memory->seq = client->seq[room];
	memcpy(memory->epoch, client->epoch[room], SIM_EPOCH_SIZE);
}

static void
sim_on_event(void *arg, struct sim_client *client, const struct event *event)
{
	struct sim *sim = arg;
	int room = sim_room_index(event->room);

	switch (event->kind) {
	case EVENT_WELCOME:
		story_add(sim, "c%d is connected to n%d",
		    client_index(sim, client), client->node);
		break;
	case EVENT_ROOM_JOINED:
		client_joined(sim, client, event);
		break;
	case EVENT_ROOM_LEFT:
		if (room < SIM_ROOMS)
			client_left(client, room);
		break;
	case EVENT_EPOCH:
		client_begin_epoch(sim, client, event);
		break;
	case EVENT_MESSAGE:
		client_see(sim, client, event);
		break;
	case EVENT_DELIVERED:
		client_acked(sim, client, event);
		break;
	case EVENT_FAILED:
		client_failed(sim, client, event);
		break;
	default:
		break;
	}
}

/* --- what the receiver of hooks gets -------------------------------------- */

/* Nodes know the epoch of what they send; it may be over before it is sent. */
static void
sim_on_observed(void *arg, int node, struct str room)
{
	struct sim *sim = arg;
	int index = sim_room_index(room);

	if (index < SIM_ROOMS && sim->nodes[node] != NULL)
		(void)epoch_learn(sim, sim->nodes[node], index);
}

/* Each message follows the one before it, when it comes for the first time. */
static void
said_check(struct sim *sim, const struct sim_received *event, int room)
{
	int epoch = epoch_find(sim, room, event->epoch);
	struct sim_slot slot = slot_of(sim, epoch, event->seq);
	struct sim_slot before = slot_of(sim, epoch, event->seq - 1);

	body_see(sim, event->message, epoch, event->seq, "receiver");
	if (event->seq > 1 && !sim->epochs[before.epoch].is_sent[before.seq])
		violation_add(sim, "H2",
		    "the receiver gets r%d/%" PRIu64
		    " before the message in front of it",
		    room, event->seq);
	sim->epochs[slot.epoch].is_sent[slot.seq] = true;
}

static struct sim_stay *
stay_find(struct sim *sim, struct str member_id, int room)
{
	struct sim_stay *stay = sim->stays;

	for (; stay < sim->stays + sim->stay_count; stay++)
		if (stay->room == room &&
		    str_equal(str_from(stay->member_id), member_id))
			return stay;
	if (sim->stay_count == STAYS_MOST)
		abort();
	sim->stay_count++;
	*str_put(stay->member_id, member_id) = '\0';
	stay->room = room;
	return stay;
}

/* As docs/hooks.md explains it: what has come before may come again. */
static void
stay_take(struct sim *sim, const struct sim_received *event, int room,
    bool is_in)
{
	struct sim_stay *stay = stay_find(sim, event->member_id, room);

	if (is_in && event->generation > stay->generation) {
		stay->generation = event->generation;
		stay->is_in = true;
	} else if (!is_in && event->generation >= stay->generation)
		stay->is_in = false;
}

static void
sim_on_sent(void *arg, const struct sim_received *event)
{
	struct sim *sim = arg;
	int room = sim_room_index(event->room);

	sim->result->sent++;
	story_add(sim,
	    "the receiver gets %" PRIu64 ": %.*s %.*s %.*s/%" PRIu64
	    ", generation %" PRIu64,
	    event->number, (int)event->word.len, event->word.data,
	    (int)event->member_id.len, event->member_id.data,
	    (int)event->room.len, event->room.data, event->seq,
	    event->generation);
	sim->has_gap |= str_equal(event->word, STR("gap"));
	if (room == SIM_ROOMS)
		return;
	if (str_equal(event->word, STR("said")))
		said_check(sim, event, room);
	else if (str_equal(event->word, STR("joined")))
		stay_take(sim, event, room, true);
	else if (str_equal(event->word, STR("left")))
		stay_take(sim, event, room, false);
}

/* --- what clients do ------------------------------------------------------ */

/* The user does not learn what became of messages under way. */
static void
client_forget(struct sim *sim, struct sim_client *client)
{
	struct sim_memory memories[SIM_ROOMS];

	for (int i = 0; i < sim->post_count; i++)
		if (sim->posts[i].state == POST_SENT &&
		    sim->posts[i].connection == client->number)
			sim->posts[i].state = POST_UNKNOWN;
	for (int i = 0; i < SIM_ROOMS; i++)
		client_left(client, i);
	memcpy(memories, client->memories, sizeof(memories));
	memset(client, 0, sizeof(*client));
	memcpy(client->memories, memories, sizeof(memories));
}

static void
client_end(struct sim *sim, struct sim_client *client)
{
	struct command command = {
		.kind = COMMAND_DISCONNECT,
		.connection = client->number,
		.author = str_from(client->id),
	};
	struct sim_chat *node = sim->nodes[client->node];
	char id[ID_SIZE];

	story_add(sim, "c%d leaves n%d", client_index(sim, client),
	    client->node);
	memcpy(id, client->id, sizeof(id));
	command.author = str_from(id);
	client_forget(sim, client);
	if (id[0] != '\0' && node != NULL)
		sim_chat_do(node, &command);
}

static void
client_connect(struct sim *sim, struct sim_client *client)
{
	int node = (int)sim_net_random(sim->net, NODES);
	char name[8];

	if (sim->nodes[node] == NULL)
		return;
	client->node = node;
	client->number = ++sim->connections;
	snprintf(name, sizeof(name), "c%d", client_index(sim, client) % 5);
	story_add(sim, "c%d connects to n%d", client_index(sim, client), node);
	sim_chat_do(sim->nodes[node],
	    &(struct command){ .kind = COMMAND_CONNECT,
		.connection = client->number,
		.peer = client,
		.name = str_from(name) });
}

static void
client_post(struct sim *sim, struct sim_client *client, int number)
{
	struct post *post = &sim->posts[number];
	char text[16], body[16];
	struct command command = {
		.kind = COMMAND_BROADCAST,
		.connection = client->number,
		.author = str_from(client->id),
		.room = str_from(sim_rooms[post->room]),
	};

	snprintf(text, sizeof(text), "p%d", number);
	snprintf(body, sizeof(body), "\"%d\"", number);
	command.ref = command.key = str_from(text);
	command.body = str_from(body);
	post->is_uncertain |= post->state == POST_UNKNOWN;
	post->state = POST_SENT;
	post->connection = client->number;
	story_add(sim, "c%d posts %s in r%d", client_index(sim, client), text,
	    post->room);
	sim_chat_do(sim->nodes[client->node], &command);
}

/* A new message, or one of this user whose end is not known. */
static void
client_say(struct sim *sim, struct sim_client *client, int room)
{
	int index = client_index(sim, client);

	for (int i = 0; i < sim->post_count; i++) {
		const struct post *post = &sim->posts[i];

		if (post->client == index && post->state == POST_UNKNOWN &&
		    post->room == room && sim_net_random(sim->net, 2) == 0) {
			client_post(sim, client, i);
			return;
		}
	}
	if (sim->post_count == POSTS_MOST)
		return;
	sim->posts[sim->post_count] =
	    (struct post){ .state = POST_SENT, .client = index, .room = room };
	client_post(sim, client, sim->post_count++);
}

static void
client_act(struct sim *sim, struct sim_client *client)
{
	int room = (int)sim_net_random(sim->net, SIM_ROOMS);
	uint64_t chance = sim_net_random(sim->net, 100);
	struct command command = {
		.kind = COMMAND_ROOM_JOIN,
		.flags = COMMAND_MAY_CREATE | COMMAND_PERSISTENT,
		.connection = client->number,
		.author = str_from(client->id),
		.room = str_from(sim_rooms[room]),
	};

	if (client->number == 0)
		client_connect(sim, client);
	else if (client->id[0] == '\0' || chance < 3) {
		if (chance < 3)
			client_end(sim, client);
	} else if (!client->is_in_room[room]) {
		command.limit = chance < 50 ? 1000 : 0;
		if (chance >= 30 && client->memories[room].epoch[0] != '\0') {
			command.flags |= COMMAND_HAS_SINCE;
			command.since_epoch =
			    str_from(client->memories[room].epoch);
			command.since_seq = client->memories[room].seq;
		}
		sim_chat_do(sim->nodes[client->node], &command);
	} else if (chance < 8) {
		command.kind = COMMAND_ROOM_LEAVE;
		command.flags = 0;
		sim_chat_do(sim->nodes[client->node], &command);
	} else
		client_say(sim, client, room);
}

static void
clients_event(void *arg)
{
	struct sim *sim = arg;
	int64_t now_ms = sim_net_now_ms(sim->net);

	for (int i = 0; i < SIM_CLIENTS; i++) {
		struct sim_client *client = &sim->clients[i];

		if (client->number != 0 && client->is_ended) {
			if (now_ms > sim->active_ms + CALM_MS)
				violation_add(sim, "recovery",
				    "c%d is ended by a node that works", i);
			client_end(sim, client);
		}
		if (!sim->is_active || client->busy_until_ms > now_ms)
			continue;
		client_act(sim, client);
		client->busy_until_ms =
		    now_ms + 20 + (int64_t)sim_net_random(sim->net, 600);
	}
	sim_net_at(sim->net, now_ms + 10, SIM_NO_NODE, clients_event, sim);
}

/* --- nodes and faults ----------------------------------------------------- */

static void
node_start(struct sim *sim, int node)
{
	struct sim_chat_config config = {
		.net = sim->net,
		.node = node,
		.awaits_answers = sim->awaits_answers,
		.clients = sim->clients,
		.receiver = sim->receiver,
		.receive = sim_on_event,
		.observe = sim_on_observed,
		.arg = sim,
	};

	story_add(sim, "n%d starts", node);
	sim->nodes[node] = sim_chat_create(&config);
	sim->result->restarts++;
}

static void
node_kill(struct sim *sim, int node)
{
	if (sim->dead_count >= DEAD_MOST - NODES)
		violation_add(sim, "recovery", "n%d dies again and again",
		    node);
	story_add(sim, "n%d dies", node);
	for (int i = 0; i < SIM_CLIENTS; i++)
		if (sim->clients[i].number != 0 && sim->clients[i].node == node)
			client_forget(sim, &sim->clients[i]);
	if (sim->dead_count == DEAD_MOST)
		abort();
	memcpy(sim->dead_chains[sim->dead_count],
	    sim_chat_chain(sim->nodes[node]), CHAIN_SIZE);
	sim_chat_destroy(sim->nodes[node]);
	sim->dead[sim->dead_count++] = sim->nodes[node];
	sim->nodes[node] = NULL;
}

static void
nodes_event(void *arg)
{
	struct sim *sim = arg;

	for (int i = 0; i < NODES; i++) {
		struct sim_chat *node = sim->nodes[i];

		if (node == NULL) {
			if (!sim->is_active ||
			    sim_net_random(sim->net, 30) == 0)
				node_start(sim, i);
		} else if (sim_chat_stopped(node) != NULL) {
			story_add(sim, "n%d stops: %s", i,
			    sim_chat_stopped(node));
			node_kill(sim, i);
		} else if (!sim_net_is_paused(sim->net, i)) {
			sim_chat_tick(node);
			for (int room = 0; room < SIM_ROOMS; room++)
				(void)epoch_learn(sim, node, room);
		}
	}
	sim_net_at(sim->net, sim_net_now_ms(sim->net) + 100, SIM_NO_NODE,
	    nodes_event, sim);
}

/* As Redis does with a subscriber whose output buffer is full. */
static void
overflow_event(void *arg)
{
	const struct sim_overflow *overflow = arg;

	sim_net_lose(overflow->net, overflow->node, 0);
	sim_net_cut(overflow->net, overflow->node, 50);
}

static void
fault_make(struct sim *sim)
{
	struct sim_net *net = sim->net;
	int node = (int)sim_net_random(net, NODES);
	int64_t ms = 1 + (int64_t)sim_net_random(net, 2000);
	unsigned fault = 1u << sim_net_random(net, 6);

	if ((sim->faults & fault) == 0 || sim->nodes[node] == NULL)
		return;
	if (fault == SIM_CUT) {
		story_add(sim, "n%d loses its connection for %" PRId64 " ms",
		    node, ms);
		sim_net_cut(net, node, ms);
	} else if (fault == SIM_LOSE) {
		story_add(sim, "n%d misses publications", node);
		sim_net_lose(net, node, UINT_MAX);
		sim->overflows[node] = (struct sim_overflow){ net, node };
		sim_net_at(net, sim_net_now_ms(net) + ms / 4, SIM_NO_NODE,
		    overflow_event, &sim->overflows[node]);
	} else if (fault == SIM_PAUSE) {
		story_add(sim, "n%d pauses for %" PRId64 " ms", node, 4 * ms);
		sim_net_pause(net, node, 4 * ms);
	} else if (fault == SIM_STOP) {
		story_add(sim, "Redis is away for %" PRId64 " ms", ms);
		sim_net_stop_redis(net, ms);
	} else if (fault == SIM_KILL)
		node_kill(sim, node);
	else if (sim_net_random(net, 2) == 0)
		sim_net_save(net);
	else {
		story_add(sim, "Redis loses what is new");
		sim_net_stop_redis(net, ms / 10);
		sim_net_restore(net);
	}
}

static void
faults_event(void *arg)
{
	struct sim *sim = arg;
	struct sim_net *net = sim->net;

	if (!sim->is_active)
		return;
	fault_make(sim);
	sim_net_at(net,
	    sim_net_now_ms(net) + 50 + (int64_t)sim_net_random(net, 1500),
	    SIM_NO_NODE, faults_event, sim);
}

/* --- what must hold in the end -------------------------------------------- */

struct member_check {
	struct sim *sim;
	int room;
	size_t count;
};

static bool
member_check_one(const struct member *member, void *arg)
{
	struct member_check *check = arg;
	bool found = false;

	for (int i = 0; i < SIM_CLIENTS; i++)
		if (strcmp(check->sim->clients[i].id, member->id) == 0)
			found = true;
	if (!found)
		violation_add(check->sim, "C5", "%s (%s) is a ghost",
		    member->name, member->id);
	check->count++;
	return true;
}

static void
node_check(struct sim *sim, int node)
{
	struct chat *chat = sim_chat_stores(sim->nodes[node]);
	struct member_check check = { .sim = sim };
	size_t connected = 0;

	if (cluster_error(sim_chat_cluster(sim->nodes[node])) != NULL) {
		violation_add(sim, "recovery", "n%d: %s", node,
		    cluster_error(sim_chat_cluster(sim->nodes[node])));
		return;
	}
	member_store_each(chat->members, member_check_one, &check);
	for (int i = 0; i < SIM_CLIENTS; i++)
		connected += sim->clients[i].id[0] != '\0';
	if (check.count != connected)
		violation_add(sim, "C5", "n%d has %zu members, not %zu", node,
		    check.count, connected);
	for (int room = 0; room < SIM_ROOMS; room++) {
		struct room got;
		size_t count = 0;
		bool is_certain = true;

		for (int i = 0; i < SIM_CLIENTS; i++) {
			count += sim->clients[i].is_in_room[room];
			is_certain &= !sim->clients[i].is_uncertain;
		}
		if (is_certain &&
		    room_store_get(chat->rooms, str_from(sim_rooms[room]),
			&got) == CHAT_OK &&
		    got.member_count != count)
			violation_add(sim, "C5",
			    "n%d: r%d has %zu members, not %zu", node, room,
			    got.member_count, count);
	}
}

/* Whether another epoch follows what Redis may have lost of this one. */
static bool
epoch_is_over(struct sim *sim, int epoch)
{
	const struct sim_epoch *of = &sim->epochs[epoch];
	char log[64];

	snprintf(log, sizeof(log), "room:%s:%.*s", sim_rooms[of->room],
	    (int)strcspn(of->name, "."), of->name);
	return !model_redis_log_is_open(sim_net_redis(sim->net), str_from(log));
}

/*
 * All members of a room have seen its last message, acknowledged ones too if
 * they are not of an epoch that is over.
 */
static void
clients_check(struct sim *sim)
{
	for (int room = 0; room < SIM_ROOMS; room++) {
		uint64_t last = 0;
		int epoch = -1;

		for (int i = 0; i < SIM_CLIENTS; i++)
			if (sim->clients[i].is_in_room[room] &&
			    !sim->clients[i].is_uncertain &&
			    sim->clients[i].seq[room] > last) {
				last = sim->clients[i].seq[room];
				epoch =
				    client_epoch(sim, &sim->clients[i], room);
			}
		for (int i = 0; i < sim->post_count && epoch >= 0; i++) {
			const struct post *post = &sim->posts[i];

			if (post->room != room || post->state != POST_ACKED)
				continue;
			if (!slot_is_in(sim, &post->acked, epoch) ||
			    (post->acked.seq > last &&
				epoch_is_over(sim, epoch)))
				sim->result->lost++;
			else if (post->acked.seq > last)
				violation_add(sim, "C1",
				    "r%d/%" PRIu64 " is acknowledged, and "
				    "unseen",
				    room, post->acked.seq);
		}
		for (int i = 0; i < SIM_CLIENTS; i++)
			if (sim->clients[i].is_in_room[room] &&
			    !sim->clients[i].is_uncertain &&
			    sim->clients[i].seq[room] != last)
				violation_add(sim, "C1",
				    "c%d is at r%d/%" PRIu64 ", not %" PRIu64,
				    i, room, sim->clients[i].seq[room], last);
		for (int i = 0; i < SIM_CLIENTS; i++)
			if (sim->clients[i].is_in_room[room] && epoch >= 0 &&
			    !sim->clients[i].is_uncertain &&
			    client_epoch(sim, &sim->clients[i], room) != epoch)
				violation_add(sim, "C6",
				    "c%d has another epoch of r%d", i, room);
	}
}

/* The receiver of hooks has got all messages of the present epochs. */
static void
sent_check(struct sim *sim, int room)
{
	const struct sim_client *client = sim->clients;
	int epoch;

	while (client < sim->clients + SIM_CLIENTS &&
	       (!client->is_in_room[room] || client->is_uncertain))
		client++;
	if (client == sim->clients + SIM_CLIENTS)
		return;
	epoch = client_epoch(sim, client, room);
	for (uint64_t seq = 1; seq <= client->seq[room]; seq++) {
		struct sim_slot slot = slot_of(sim, epoch, seq);

		if (!sim->epochs[slot.epoch].is_sent[seq])
			violation_add(sim, "H1",
			    "r%d/%" PRIu64 " has not reached the receiver",
			    room, seq);
	}
}

static bool
stay_check(struct str member_id, void *arg)
{
	struct member_check *check = arg;

	check->count++;
	if (!stay_find(check->sim, member_id, check->room)->is_in)
		violation_add(check->sim, "H3",
		    "%.*s is in r%d, unknown to the receiver",
		    (int)member_id.len, member_id.data, check->room);
	return true;
}

/* What dead nodes had of the log of the chat, and Redis and the others lost. */
static bool
chat_is_lost(struct sim *sim)
{
	struct model_redis *redis = sim_net_redis(sim->net);

	for (int i = 0; i < sim->dead_count; i++)
		if (sim->dead_chains[i][0] != '\0' &&
		    !model_redis_log_has(redis, STR("chat"),
			str_from(sim->dead_chains[i])))
			return true;
	return false;
}

/* It knows who is where. */
static void
stays_check(struct sim *sim, int room)
{
	struct member_check check = { .sim = sim, .room = room };
	size_t count = 0;

	if (sim->has_gap || sim->nodes[0] == NULL || chat_is_lost(sim))
		return;
	room_store_each_member(sim_chat_stores(sim->nodes[0])->rooms,
	    str_from(sim_rooms[room]), stay_check, &check);
	for (int i = 0; i < sim->stay_count; i++)
		count += sim->stays[i].room == room && sim->stays[i].is_in;
	if (count != check.count)
		violation_add(sim, "H3",
		    "r%d has %zu members, %zu for the receiver", room,
		    check.count, count);
}

void
simulate(uint64_t seed, unsigned faults, enum sim_plant plant, FILE *story,
    struct sim_result *result)
{
	struct sim *sim = calloc(1, sizeof(*sim));

	memset(result, 0, sizeof(*result));
	if (sim == NULL)
		abort();
	sim->awaits_answers = seed % 3 == 0;
	sim->net = sim_net_create(seed);
	sim_net_plant(sim->net, plant);
	sim->faults = faults;
	sim->story = story;
	sim->result = result;
	sim->active_ms = seed % 8 == 4 ? ACTIVE_LONG_MS : ACTIVE_MS;
	sim->is_active = true;
	sim->receiver = sim_receiver_create(sim->net, sim_on_sent, sim);
	sim_net_set_delay(sim->net,
	    (int64_t)sim_net_random(sim->net, 3) * 20 + 1);
	for (int i = 0; i < NODES; i++)
		node_start(sim, i);
	result->restarts = 0;
	sim_net_at(sim->net, 0, SIM_NO_NODE, nodes_event, sim);
	sim_net_at(sim->net, 500, SIM_NO_NODE, clients_event, sim);
	sim_net_at(sim->net, 1000, SIM_NO_NODE, faults_event, sim);
	while (result->violation == NULL &&
	       sim_net_now_ms(sim->net) < sim->active_ms + END_MS) {
		sim_net_step(sim->net);
		sim->is_active = sim_net_now_ms(sim->net) < sim->active_ms;
		sim_receiver_set_faulty(sim->receiver,
		    sim->is_active && faults & SIM_RECEIVER);
	}
	for (int i = 0; i < NODES && result->violation == NULL; i++)
		node_check(sim, i);
	if (result->violation == NULL)
		clients_check(sim);
	for (int room = 0; room < SIM_ROOMS; room++) {
		sent_check(sim, room);
		stays_check(sim, room);
	}
	result->gaps = sim->has_gap;
	result->repeated = sim_receiver_repeated(sim->receiver);
	result->scripts = sim_net_script_count(sim->net);
	for (int i = 0; i < NODES; i++)
		if (sim->nodes[i] != NULL)
			node_kill(sim, i);
	sim_net_destroy(sim->net);
	sim_receiver_destroy(sim->receiver);
	while (sim->dead_count > 0)
		sim_chat_free(sim->dead[--sim->dead_count]);
	free(sim);
}
