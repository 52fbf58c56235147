/* The log of a simulation, and the epochs of its rooms. */
#include "tests/cluster/simulation/sim_state.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

__attribute__((format(printf, 2, 3))) void
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
__attribute__((format(printf, 3, 4))) void
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

int
client_index(const struct sim *sim, const struct sim_client *client)
{
	return (int)(client - sim->clients);
}

int
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
int
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

struct sim_slot
slot_of(const struct sim *sim, int epoch, uint64_t seq)
{
	while (sim->epochs[epoch].former >= 0 &&
	       seq <= sim->epochs[epoch].former_seq)
		epoch = sim->epochs[epoch].former;
	return (struct sim_slot){ epoch, seq };
}

/* Whether it is seen in this epoch. */
bool
slot_is_in(const struct sim *sim, const struct sim_slot *slot, int epoch)
{
	return slot_of(sim, epoch, slot->seq).epoch == slot->epoch;
}
