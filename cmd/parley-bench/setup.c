#include "cmd/parley-bench/fanout.h"

#include <stdlib.h>

#include "cmd/parley-bench/fail.h"

#define DIALLED_AT_ONCE 64

struct client *
fanout_dial(struct fanout *fanout, unsigned room, bool far)
{
	struct client *client = crowd_add(&fanout->crowd);
	char path[PROTOCOL_SIZE];
	const struct protocol *protocol = fanout_protocol(fanout, client);
	struct dial dial = { .to = &fanout->bench->addresses,
		.path = path,
		.headers = protocol->headers,
		.binary = protocol->binary,
		.far = far };

	client->room = room;
	protocol->path(room, path);
	client_dial(client, &dial);
	crowd_await_settled(&fanout->crowd, DIALLED_AT_ONCE);
	return client;
}

static void
gather_room(struct fanout *fanout, unsigned room)
{
	for (unsigned i = 0; i < fanout_listeners(&fanout->shape); i++) {
		struct client *client = fanout_dial(fanout, room, false);
		struct sender *sender;

		/* Only the first client creates the room. */
		if (i == 0 && fanout->shape.mixed)
			crowd_await_settled(&fanout->crowd, 0);
		if (i >= fanout->shape.senders)
			continue;
		sender = &fanout->senders[room * fanout->shape.senders + i];
		sender->client = client;
		sender->next = (struct stamp){
			.run = fanout->bench->run, .room = room, .sender = i
		};
	}
}

static enum protocol_kind
kind_of(const struct shape *shape)
{
	if (shape->acks)
		return PROTOCOL_ACKS;
	return shape->rooms > 0 ? PROTOCOL_ROOMS : PROTOCOL_ECHO;
}

/* All but the senders; the server has a core more. */
static void
fanout_set_discards(struct fanout *fanout)
{
	for (size_t i = 0; i < fanout->crowd.count; i++)
		if (i % fanout->shape.members >= fanout->shape.senders)
			client_set_discards(&fanout->crowd.clients[i]);
	fanout->crowd.spin_ns = 0;
}

struct fanout *
fanout_create(const struct bench *bench, const struct shape *shape)
{
	struct fanout *fanout = need(calloc(1, sizeof(*fanout)));
	size_t clients =
	    fanout_rooms(shape) * fanout_listeners(shape) + shape->stalled;

	crowd_need_descriptors(clients);
	fanout->bench = bench;
	fanout->shape = *shape;
	fanout->protocol = protocol_find(bench->target, kind_of(shape));
	if (fanout->protocol == NULL)
		cannot_run("%s cannot do that", bench->target);
	if (shape->size == 0)
		fanout->shape.size = SHAPE_SIZE;
	fanout->text = need(malloc(fanout->shape.size + PROTOCOL_SIZE));
	fanout->sender_count = fanout_rooms(shape) * shape->senders;
	fanout->senders =
	    need(calloc(fanout->sender_count, sizeof(*fanout->senders)));
	fanout->ready_senders =
	    need(calloc(fanout->sender_count, sizeof(struct sender *)));
	fanout->expected =
	    need(calloc(clients * shape->senders, sizeof(uint32_t)));
	crowd_init(&fanout->crowd, clients, &fanout_ops, fanout);
	/*
	 * Acks are measured in wall-clock time: the store's threads need the
	 * core.
	 */
	if (shape->acks)
		fanout->crowd.spin_ns = 0;
	for (unsigned room = 0; room < fanout_rooms(shape); room++)
		gather_room(fanout, room);
	crowd_await_settled(&fanout->crowd, 0);
	if (shape->discards)
		fanout_set_discards(fanout);
	return fanout;
}

void
fanout_destroy(struct fanout *fanout)
{
	crowd_fini(&fanout->crowd);
	free(fanout->text);
	free(fanout->senders);
	free(fanout->ready_senders);
	free(fanout->expected);
	free(fanout);
}
