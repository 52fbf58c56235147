#include <string.h>

#include "cmd/parley-bench/fail.h"
#include "cmd/parley-bench/latency.h"

static bool
text_contains(const char *text, size_t len, const char *mark)
{
	return memmem(text, len, mark, strlen(mark)) != NULL;
}

static void
send_text(struct client *client, const char *text)
{
	client_send(client, text, strlen(text));
	client_flush(client);
}

static void
latency_join_room(const struct latency *latency, struct client *client)
{
	char text[LATENCY_SIZE];

	if (client->number == 0)
		latency->protocol->create(text);
	else
		latency->protocol->join(client->number, latency->room, text);
	send_text(client, text);
}

static void
latency_opened(void *arg, struct client *client)
{
	const struct latency *latency = arg;

	if (latency->protocol->greeting == NULL)
		latency_join_room(latency, client);
}

static void
latency_stamp_check(const struct latency *latency, const struct client *client,
    const struct stamp *stamp)
{
	if (stamp->run != latency->bench->run)
		wrong_answer("client %u received a message of another run",
		    client->number);
	if (stamp->sender >= latency->clients ||
	    stamp->seq >= latency->sent[stamp->sender])
		wrong_answer("client %u received an unknown message",
		    client->number);
}

static void
latency_on_message(struct latency *latency, const struct client *client,
    const struct stamp *stamp)
{
	size_t pair = (size_t)client->number * latency->clients + stamp->sender;
	bool *received =
	    &latency->received[pair * latency->messages + stamp->seq];

	if (*received) {
		latency->duplicates++;
		return;
	}
	*received = true;
	if (stamp->seq < latency->next[pair])
		latency->reorderings++;
	else
		latency->next[pair] = stamp->seq + 1;
	if (stamp->sender == client->number)
		return; /* an own message, echoed in some dialects */
	latency->deliveries++;
	histogram_add(&latency->one_way_ns,
	    latency->crowd.read_ns -
		latency
		    ->due_ns[stamp->sender * latency->messages + stamp->seq]);
}

static void
on_answer(struct latency *latency, const struct client *client)
{
	uint32_t seq = latency->answered[client->number];

	if (seq == latency->sent[client->number])
		wrong_answer("client %u received an answer without a message",
		    client->number);
	latency->answered[client->number]++;
	latency->answers++;
	histogram_add(&latency->round_trip_ns,
	    latency->crowd.read_ns -
		latency->due_ns[client->number * latency->messages + seq]);
}

/* Messages before the client has joined. */
static void
on_join_answer(struct latency *latency, struct client *client, const char *text,
    size_t len)
{
	const struct latency_protocol *protocol = latency->protocol;

	if (protocol->greeting != NULL &&
	    text_contains(text, len, protocol->greeting)) {
		latency_join_room(latency, client);
		return;
	}
	if (!text_contains(text, len, protocol->joined))
		return;
	if (client->number == 0 &&
	    !latency_protocol_room(text, len, latency->room))
		wrong_answer("the room has no id: %.*s", (int)len, text);
	crowd_settle(&latency->crowd, client);
}

static void
latency_on_text(void *arg, struct client *client, const char *text, size_t len)
{
	struct latency *latency = arg;
	struct stamp stamp;

	if (stamp_find(text, len, &latency->stamp_hint, &stamp)) {
		latency_stamp_check(latency, client, &stamp);
		latency_on_message(latency, client, &stamp);
	} else if (text_contains(text, len, "error\""))
		wrong_answer("the server says %.*s", (int)len, text);
	else if (!client->settled)
		on_join_answer(latency, client, text, len);
	else if (text_contains(text, len, latency->protocol->answered))
		on_answer(latency, client);
}

static void
latency_closed(void *arg, struct client *client)
{
	(void)arg;
	wrong_answer("client %u was closed with code %u", client->number,
	    client->close_code);
}

const struct crowd_ops latency_ops = {
	.opened = latency_opened,
	.received = latency_on_text,
	.closed = latency_closed,
};
