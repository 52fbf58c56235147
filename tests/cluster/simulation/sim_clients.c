/* The actions of clients, and the events that they receive. */
#include "tests/cluster/simulation/sim_state.h"

#include <inttypes.h>
#include <stdlib.h>

/* After the faults: until then a node may end its clients. */
#define CALM_MS 12000

/* --- events ---------------------------------------------------- */

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

void
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
int
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
 * The messages after `since` follow the last message that the client has, or
 * the answer has the missing range, or another epoch.
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

void
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

/* --- actions --------------------------------------------------------- */

/* The connection ends; the outcome of messages under way is unknown. */
void
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
client_post_message(struct sim *sim, struct sim_client *client, int room)
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
		client_post_message(sim, client, room);
}

void
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
