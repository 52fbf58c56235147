/* Nodes, faults, and the checks at the end. */
#include "tests/cluster/simulation/sim_state.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

/*
 * Clients act and faults happen for so long; then all is repaired. In every
 * eighth schedule it takes longer than the relay's reports lag behind.
 */
#define ACTIVE_MS 12000
#define ACTIVE_LONG_MS 40000
#define END_MS 30000

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
		violation_add(sim, "recovery", "n%d ends again and again",
		    node);
	story_add(sim, "n%d is killed", node);
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

/* --- checks at the end -------------------------------------------- */

struct member_check {
	struct sim *sim;
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
		violation_add(check->sim, "C5",
		    "%s (%s) is no member of any node", member->name,
		    member->id);
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
 * All members of a room have seen its last message, and all acknowledged
 * messages, unless their epoch is over.
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
