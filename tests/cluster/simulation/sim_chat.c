#include "tests/cluster/simulation/sim_chat.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cluster/cluster_internal.h"
#include "domain/right.h"
#include "persistence/memory/memory_attributes.h"
#include "persistence/memory/memory_history.h"
#include "persistence/memory/memory_members.h"
#include "persistence/memory/memory_rooms.h"
#include "transport/hooks/hooks.h"

const char *const sim_rooms[SIM_ROOMS] = { "r0", "r1", "r2" };

int
sim_room_index(struct str room)
{
	int i = 0;

	while (i < SIM_ROOMS && !str_equal(room, str_from(sim_rooms[i])))
		i++;
	return i;
}

/* As cmd/parleyd/node.c has it: broker.give_up, and 10 s. */
#define GIVE_UP_MS 5000
#define LATE_MS (GIVE_UP_MS + 10000)

struct sim_chat {
	struct publisher publisher; /* first */
	struct entry_observer observer;
	struct hooks *hooks;
	struct sim_sender sender;
	struct sim_chat_config config;
	struct clock clock;
	struct id_source ids;
	struct chat chat;
	struct dispatcher *dispatcher;
	struct cluster *cluster;
	struct broker *broker;
	const char *stopped;
	bool is_awake;
	int64_t ticked_ms;
};

static const struct history_limits sim_history_limits = {
	.messages = 1000,
	.bytes = 1 << 20,
	.age_ms = 1000000000,
	.total_bytes = 1 << 24,
};

static const struct chat_limits sim_limits = {
	.message_bytes = 100,
	.rooms = 10,
	.rooms_per_member = 5,
	.connections_per_user = 3,
	.room_members = 20,
	.room_attributes = 100,
	.reactions = 3,
	.edit_ms = 1000,
	.page_messages = 1000,
	.page_bytes = 1 << 20,
	.presence_up_to = 20,
	.list_bytes = 10000,
};

/* --- time and chance ------------------------------------------------------ */

static int64_t
sim_clock_ms(struct clock *clock)
{
	struct sim_chat *chat =
	    (struct sim_chat *)(void *)((char *)clock -
					offsetof(struct sim_chat, clock));

	return INT64_C(1700000000000) + sim_net_now_ms(chat->config.net);
}

static const struct clock_ops sim_clock_ops = { sim_clock_ms, sim_clock_ms };

static void
sim_ids_next(struct id_source *ids, enum id_style style, char out[ID_SIZE])
{
	struct sim_chat *chat =
	    (struct sim_chat *)(void *)((char *)ids -
					offsetof(struct sim_chat, ids));
	uint64_t a = sim_net_random(chat->config.net, UINT64_C(1) << 52);
	uint64_t b = sim_net_random(chat->config.net, UINT64_C(1) << 48);

	if (style == ID_HEX8)
		snprintf(out, ID_SIZE, "%08" PRIx64, a & 0xffffffff);
	else if (style == ID_HEX16)
		snprintf(out, ID_SIZE, "%016" PRIx64, a);
	else
		snprintf(out, ID_SIZE,
		    "%08" PRIx64 "-0000-4000-8000-%012" PRIx64, a & 0xffffffff,
		    b);
}

static const struct id_source_ops sim_ids_ops = { sim_ids_next };

/* --- the publisher -------------------------------------------------------- */

static struct sim_chat *
sim_chat_of(struct publisher *publisher)
{
	return (struct sim_chat *)(void *)publisher;
}

/* Whether it is one of the member's here; with 0, any. */
static bool
client_is_of(const struct sim_chat *chat, const struct sim_client *client,
    struct str member_id, uint32_t connection)
{
	return client->number != 0 && client->node == chat->config.node &&
	       client->id[0] != '\0' &&
	       str_equal(str_from(client->id), member_id) &&
	       (connection == 0 || client->number == connection);
}

#define EACH_CLIENT(chat, client)                                \
	for (struct sim_client *client = (chat)->config.clients; \
	     client < (chat)->config.clients + SIM_CLIENTS; client++)

static enum chat_error
sim_attach(struct publisher *base, void *peer, struct str member_id,
    uint32_t connection)
{
	struct sim_chat *chat = sim_chat_of(base);

	(void)peer;
	EACH_CLIENT(chat, client)
	{
		if (client->number != connection ||
		    client->node != chat->config.node || client->id[0] != '\0')
			continue;
		*str_put(client->id, member_id) = '\0';
		return CHAT_OK;
	}
	return CHAT_MEMBER_NOT_FOUND;
}

static enum chat_error
sim_enter(struct publisher *base, struct str member_id, uint32_t connection,
    struct str room)
{
	struct sim_chat *chat = sim_chat_of(base);
	int index = sim_room_index(room);

	EACH_CLIENT(chat, client)
	if (index < SIM_ROOMS &&
	    client_is_of(chat, client, member_id, connection))
		client->is_subscribed[index] = true;
	return CHAT_OK;
}

static void
sim_leave(struct publisher *base, struct str member_id, struct str room)
{
	struct sim_chat *chat = sim_chat_of(base);
	int index = sim_room_index(room);

	EACH_CLIENT(chat, client)
	if (index < SIM_ROOMS && client_is_of(chat, client, member_id, 0))
		client->is_subscribed[index] = false;
}

static void
sim_detach(struct publisher *base, struct str member_id, uint32_t connection)
{
	struct sim_chat *chat = sim_chat_of(base);

	EACH_CLIENT(chat, client)
	if (client_is_of(chat, client, member_id, connection))
		client->is_ended = true;
}

static size_t
sim_publish(struct publisher *base, const struct event *event,
    const struct audience *audience)
{
	struct sim_chat *chat = sim_chat_of(base);
	int index = sim_room_index(audience->room);
	size_t count = 0;

	EACH_CLIENT(chat, client)
	{
		if (client->number == 0 || client->is_ended ||
		    client->node != chat->config.node)
			continue;
		if (audience->except.data != NULL &&
		    client_is_of(chat, client, audience->except,
			event->connection))
			continue;
		if (audience->kind == AUDIENCE_ONE
			? !client_is_of(chat, client, audience->member_id,
			      audience->connection)
			: audience->kind != AUDIENCE_ROOM ||
			      index == SIM_ROOMS ||
			      !client->is_subscribed[index])
			continue;
		count++;
		chat->config.receive(chat->config.arg, client, event);
	}
	return count;
}

static bool
sim_is_congested(struct publisher *base, struct str member_id)
{
	(void)base;
	(void)member_id;
	return false;
}

static unsigned
sim_rights(struct publisher *base, struct str member_id)
{
	(void)base;
	(void)member_id;
	return RIGHTS_USUAL;
}

static void
sim_end(struct publisher *base, struct str member_id, uint32_t connection,
    enum chat_error why)
{
	struct sim_chat *chat = sim_chat_of(base);

	if (why == CHAT_STORE_FAILED &&
	    sim_net_has_plant(chat->config.net, PLANT_NO_RESETS))
		return;
	EACH_CLIENT(chat, client)
	if (client->number != 0 && client->node == chat->config.node &&
	    (member_id.data == NULL
		    ? client->number == connection
		    : client_is_of(chat, client, member_id, connection)))
		client->is_ended = true;
}

static void
sim_delay(struct publisher *base, struct str member_id, uint32_t connection,
    int64_t ms)
{
	(void)base;
	(void)member_id;
	(void)connection;
	(void)ms;
}

static const struct publisher_ops sim_publisher_ops = {
	.attach = sim_attach,
	.enter = sim_enter,
	.leave = sim_leave,
	.detach = sim_detach,
	.publish = sim_publish,
	.is_congested = sim_is_congested,
	.rights = sim_rights,
	.end = sim_end,
	.delay = sim_delay,
};

/* --- the host ------------------------------------------------------------- */

static void
sim_flush_event(void *arg)
{
	struct sim_chat *chat = arg;

	chat->is_awake = false;
	if (chat->cluster != NULL)
		cluster_flush(chat->cluster);
}

static void
sim_wake(void *arg)
{
	struct sim_chat *chat = arg;

	if (chat->is_awake)
		return;
	chat->is_awake = true;
	sim_net_at(chat->config.net, sim_net_now_ms(chat->config.net),
	    chat->config.node, sim_flush_event, chat);
}

static void
sim_stop(void *arg, const char *why)
{
	((struct sim_chat *)arg)->stopped = why;
}

static uint64_t
sim_newcomers(void *arg)
{
	return dispatcher_newcomers(((struct sim_chat *)arg)->dispatcher);
}

static void
sim_resume(void *arg, uint64_t newcomers)
{
	dispatcher_resume(((struct sim_chat *)arg)->dispatcher, newcomers);
}

static void
sim_relay(void *arg, bool is_here, uint64_t number, int64_t sent_ms)
{
	struct sim_chat *chat = arg;

	if (is_here)
		hooks_lead(chat->hooks, number, sent_ms);
	else
		hooks_stand_by(chat->hooks, sent_ms);
}

static bool
sim_relayed(void *arg, uint64_t *number, int64_t *sent_ms)
{
	struct sim_chat *chat = arg;
	bool has_more = hooks_report(chat->hooks, LATE_MS, number, sent_ms);

	if (sim_net_has_plant(chat->config.net, PLANT_EARLY_REPORTS))
		*sent_ms = clock_wall_ms(&chat->clock);
	return has_more;
}

static const struct cluster_host_ops sim_host_ops = {
	.relay = sim_relay,
	.relayed = sim_relayed,
	.wake = sim_wake,
	.stop = sim_stop,
	.newcomers = sim_newcomers,
	.resume = sim_resume,
};

/* --- hooks ---------------------------------------------------------------- */

static void
sim_observe_entry(struct entry_observer *observer, const struct entry *entry,
    const struct command *requester)
{
	struct sim_chat *chat =
	    (struct sim_chat *)(void *)((char *)observer -
					offsetof(struct sim_chat, observer));
	struct entry_observer *hooks = hooks_entries(chat->hooks);

	if (sim_net_has_plant(chat->config.net, PLANT_NO_LOADED_EVENTS) &&
	    entry->kind == ENTRY_MESSAGE &&
	    clock_wall_ms(&chat->clock) - entry->message.at_ms > LATE_MS / 3)
		return;
	chat->config.observe(chat->config.arg, chat->config.node,
	    entry->room_id);
	hooks->ops->entry(hooks, entry, requester);
}

static void
sim_observe_loss(struct entry_observer *observer, uint64_t count)
{
	struct sim_chat *chat =
	    (struct sim_chat *)(void *)((char *)observer -
					offsetof(struct sim_chat, observer));
	struct entry_observer *hooks = hooks_entries(chat->hooks);

	hooks->ops->lost(hooks, count);
}

static void
sim_observe_end(struct entry_observer *observer, struct str room_id)
{
	struct sim_chat *chat =
	    (struct sim_chat *)(void *)((char *)observer -
					offsetof(struct sim_chat, observer));
	struct entry_observer *hooks = hooks_entries(chat->hooks);

	hooks->ops->forget(hooks, room_id);
}

static const struct entry_observer_ops sim_observer_ops = {
	.entry = sim_observe_entry,
	.lost = sim_observe_loss,
	.forget = sim_observe_end,
};

static void
sim_moment(void *arg, uint64_t *place, int64_t *at_ms)
{
	cluster_moment(((struct sim_chat *)arg)->cluster, place, at_ms);
}

static bool
sim_may_send(void *arg)
{
	return cluster_may_relay(((struct sim_chat *)arg)->cluster);
}

static void
sim_hooks_begin(struct sim_chat *sim)
{
	char why[128];
	struct hooks_config config = {
		.url = STR("http://127.0.0.1:1/"),
		.secret = STR("0123456789abcdef"),
		.timeout_ms = 2000,
		.memory = 1 << 24,
		.clock = &sim->clock,
	};

	sim_sender_init(&sim->sender, sim->config.receiver, sim->config.node);
	sim->hooks = hooks_create(&config, why, sizeof(why));
	assert(sim->hooks != NULL);
	hooks_set_rooms(sim->hooks, sim->chat.rooms);
	hooks_share(sim->hooks,
	    &(struct hooks_sharing){ sim_moment, sim_may_send, sim });
	hooks_start(sim->hooks, &sim->sender.loop);
	sim->observer.ops = &sim_observer_ops;
	sim->chat.log->observer = &sim->observer;
	sim->chat.observer = hooks_presence(sim->hooks);
}

/* --- life ----------------------------------------------------------------- */

struct sim_chat *
sim_chat_create(const struct sim_chat_config *config)
{
	struct sim_chat *sim = calloc(1, sizeof(*sim));
	struct chat *chat = &sim->chat;
	struct cluster_config cluster = { .name = STR("n") };

	assert(sim != NULL);
	sim->config = *config;
	sim->publisher.ops = &sim_publisher_ops;
	sim->clock.ops = &sim_clock_ops;
	sim->ids.ops = &sim_ids_ops;
	*chat = (struct chat){
		.members = memory_members_create(),
		.rooms = memory_rooms_create(),
		.history = memory_history_create(&sim_history_limits),
		.attributes = memory_attributes_create(),
		.publisher = &sim->publisher,
		.clock = &sim->clock,
		.limits = sim_limits,
		.profile.server = STR("parley"),
	};
	memory_attributes_follow(chat->attributes, chat->history);
	cluster.digest = STR("0123456789abcdef");
	cluster.url = STR("");
	cluster.version = STR("0");
	cluster.members = chat->members;
	cluster.rooms = chat->rooms;
	cluster.history = chat->history;
	cluster.attributes = chat->attributes;
	cluster.history_put = memory_history_put;
	cluster.history_set_span = memory_history_set_span;
	cluster.clock = &sim->clock;
	cluster.ids = &sim->ids;
	cluster.lease_ms = 7500;
	cluster.give_up_ms = GIVE_UP_MS;
	cluster.relays = true;
	cluster.awaits_answers = config->awaits_answers;
	cluster.host = &sim_host_ops;
	cluster.arg = sim;
	sim->cluster = cluster_create(&cluster);
	chat->log = cluster_log(sim->cluster);
	chat->order = cluster_order(sim->cluster);
	chat->ids = cluster_ids(sim->cluster);
	sim_hooks_begin(sim);
	sim->dispatcher = dispatcher_create(chat);
	sim->broker = sim_net_node(config->net, config->node);
	cluster_start(sim->cluster, sim->broker);
	return sim;
}

void
sim_chat_destroy(struct sim_chat *sim)
{
	broker_destroy(sim->broker);
	dispatcher_destroy(sim->dispatcher);
	sim_sender_fini(&sim->sender);
	cluster_destroy(sim->cluster);
	hooks_destroy(sim->hooks);
	history_destroy(sim->chat.history);
	attribute_store_destroy(sim->chat.attributes);
	room_store_destroy(sim->chat.rooms);
	member_store_destroy(sim->chat.members);
	sim->cluster = NULL;
}

void
sim_chat_free(struct sim_chat *sim)
{
	free(sim);
}

void
sim_chat_do(struct sim_chat *sim, const struct command *command)
{
	struct command copy = *command;
	struct room room;

	copy.rights = RIGHTS_USUAL;
	if (sim_net_has_plant(sim->config.net, PLANT_ANY_EPOCH) &&
	    command->flags & COMMAND_HAS_SINCE &&
	    room_store_get(sim->chat.rooms, command->room, &room) == CHAT_OK)
		copy.since_epoch = str_from(room.epoch);
	(void)command_handle(dispatcher_handler(sim->dispatcher), &copy);
}

void
sim_chat_tick(struct sim_chat *sim)
{
	int64_t now_ms = sim_net_now_ms(sim->config.net);

	cluster_tick(sim->cluster);
	sim_sender_update_time(&sim->sender);
	hooks_turn_end(sim->hooks);
	if (now_ms - sim->ticked_ms < 1000)
		return;
	sim->ticked_ms = now_ms;
	sim_chat_do(sim, &(struct command){ .kind = COMMAND_TICK });
}

const char *
sim_chat_stopped(const struct sim_chat *sim)
{
	return sim->stopped;
}

struct cluster *
sim_chat_cluster(struct sim_chat *sim)
{
	return sim->cluster;
}

struct chat *
sim_chat_stores(struct sim_chat *sim)
{
	return &sim->chat;
}

const char *
sim_chat_chain(const struct sim_chat *sim)
{
	return sim->cluster->chat.at.chain;
}
