#include <string.h>

#include "cmd/parley-bench/fail.h"
#include "cmd/parley-bench/latency.h"

static bool
contains(const char *text, size_t len, const char *mark)
{
	return memmem(text, len, mark, strlen(mark)) != NULL;
}

static void
say(struct client *client, const char *text)
{
	client_say(client, text, strlen(text));
	client_flush(client);
}

static void
come_in(const struct latency *latency, struct client *client)
{
	char text[TALK_SIZE];

	if (client->number == 0)
		latency->talk->create(text);
	else
		latency->talk->join(client->number, latency->room, text);
	say(client, text);
}

static void
latency_opened(void *arg, struct client *client)
{
	const struct latency *latency = arg;

	if (latency->talk->greeting == NULL)
		come_in(latency, client);
}

static void
check_stamp(const struct latency *latency, const struct client *client,
    const struct stamp *stamp)
{
	if (stamp->run != latency->bench->run)
		wrong_answer("client %u heard a message of another run",
		    client->number);
	if (stamp->speaker >= latency->clients ||
	    stamp->seq >= latency->said[stamp->speaker])
		wrong_answer("client %u heard what nobody said",
		    client->number);
}

static void
heard_message(struct latency *latency, const struct client *client,
    const struct stamp *stamp)
{
	size_t pair =
	    (size_t)client->number * latency->clients + stamp->speaker;
	bool *heard = &latency->heard[pair * latency->messages + stamp->seq];

	if (*heard) {
		latency->duplicates++;
		return;
	}
	*heard = true;
	if (stamp->seq < latency->next[pair])
		latency->reorderings++;
	else
		latency->next[pair] = stamp->seq + 1;
	if (stamp->speaker == client->number)
		return; /* some dialects let authors hear themselves */
	latency->deliveries++;
	histogram_add(&latency->one_way_ns,
	    latency->crowd.read_ns -
		latency
		    ->due_ns[stamp->speaker * latency->messages + stamp->seq]);
}

static void
heard_answer(struct latency *latency, const struct client *client)
{
	uint32_t seq = latency->answered[client->number];

	if (seq == latency->said[client->number])
		wrong_answer("client %u was answered what it never said",
		    client->number);
	latency->answered[client->number]++;
	latency->answers++;
	histogram_add(&latency->round_trip_ns,
	    latency->crowd.read_ns -
		latency->due_ns[client->number * latency->messages + seq]);
}

/* What comes before one is in. */
static void
heard_while_coming(struct latency *latency, struct client *client,
    const char *text, size_t len)
{
	const struct talk *talk = latency->talk;

	if (talk->greeting != NULL && contains(text, len, talk->greeting)) {
		come_in(latency, client);
		return;
	}
	if (!contains(text, len, talk->joined))
		return;
	if (client->number == 0 && !talk_room(text, len, latency->room))
		wrong_answer("the room has no id: %.*s", (int)len, text);
	crowd_settle(&latency->crowd, client);
}

static void
latency_heard(void *arg, struct client *client, const char *text, size_t len)
{
	struct latency *latency = arg;
	struct stamp stamp;

	if (stamp_find(text, len, &latency->stamp_hint, &stamp)) {
		check_stamp(latency, client, &stamp);
		heard_message(latency, client, &stamp);
	} else if (contains(text, len, "error\""))
		wrong_answer("the server says %.*s", (int)len, text);
	else if (!client->settled)
		heard_while_coming(latency, client, text, len);
	else if (contains(text, len, latency->talk->answered))
		heard_answer(latency, client);
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
	.heard = latency_heard,
	.closed = latency_closed,
};
