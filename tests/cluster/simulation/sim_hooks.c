/* The checks of the events that the receiver of hooks gets. */
#include "tests/cluster/simulation/sim_state.h"

#include <inttypes.h>
#include <stdlib.h>

/* Nodes know the epoch of what they send; it may be over before it is sent. */
void
sim_on_observed(void *arg, int node, struct str room)
{
	struct sim *sim = arg;
	int index = sim_room_index(room);

	if (index < SIM_ROOMS && sim->nodes[node] != NULL)
		(void)epoch_learn(sim, sim->nodes[node], index);
}

/* Each message follows the one before it, when it comes for the first time. */
static void
hook_message_check(struct sim *sim, const struct sim_received *event, int room)
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

/* As in docs/hooks.md: an event may come again. */
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

void
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
	if (str_equal(event->word, STR("message")))
		hook_message_check(sim, event, room);
	else if (str_equal(event->word, STR("joined")))
		stay_take(sim, event, room, true);
	else if (str_equal(event->word, STR("left")))
		stay_take(sim, event, room, false);
}

struct stay_check {
	struct sim *sim;
	int room;
	size_t count;
};

/* The receiver of hooks has got all messages of the present epochs. */
void
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
stay_check_one(struct str member_id, void *arg)
{
	struct stay_check *check = arg;

	check->count++;
	if (!stay_find(check->sim, member_id, check->room)->is_in)
		violation_add(check->sim, "H3",
		    "%.*s is in r%d, unknown to the receiver",
		    (int)member_id.len, member_id.data, check->room);
	return true;
}

/*
 * Whether entries of the log of the chat are lost, which only killed nodes
 * had.
 */
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

/* The receiver knows the members of all rooms. */
void
stays_check(struct sim *sim, int room)
{
	struct stay_check check = { .sim = sim, .room = room };
	size_t count = 0;

	if (sim->has_gap || sim->nodes[0] == NULL || chat_is_lost(sim))
		return;
	room_store_each_member(sim_chat_stores(sim->nodes[0])->rooms,
	    str_from(sim_rooms[room]), stay_check_one, &check);
	for (int i = 0; i < sim->stay_count; i++)
		count += sim->stays[i].room == room && sim->stays[i].is_in;
	if (count != check.count)
		violation_add(sim, "H3",
		    "r%d has %zu members, %zu for the receiver", room,
		    check.count, count);
}
