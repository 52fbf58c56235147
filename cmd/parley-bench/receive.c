#include "cmd/parley-bench/fanout.h"

#include <string.h>

#include "cmd/parley-bench/fail.h"

/* Exits unless this is the next message for the client. */
static struct sender *
fanout_stamp_check(struct fanout *fanout, const struct client *client,
    const struct stamp *stamp)
{
	struct sender *sender;
	uint32_t *expected;

	if (stamp->run != fanout->bench->run)
		wrong_answer("member %u received a message of another run",
		    client->number);
	if (stamp->room != client->room)
		wrong_answer(
		    "member %u of room %u received a message of room %u",
		    client->number, client->room, stamp->room);
	if (stamp->sender >= fanout->shape.senders)
		wrong_answer(
		    "member %u received a message of unknown sender %u",
		    client->number, stamp->sender);
	sender =
	    &fanout
		 ->senders[stamp->room * fanout->shape.senders + stamp->sender];
	expected = fanout_expected(fanout, client, stamp->sender);
	if (stamp->seq < *expected)
		wrong_answer("member %u received message %u of sender %u again "
			     "(or out of order): %u was next",
		    client->number, stamp->seq, stamp->sender, *expected);
	if (stamp->seq > *expected)
		wrong_answer("member %u lost messages %u to %u of sender %u "
			     "(or they are out of order)",
		    client->number, *expected, stamp->seq - 1, stamp->sender);
	if (stamp->seq >= sender->next.seq)
		wrong_answer("member %u received an unknown message",
		    client->number);
	++*expected;
	return sender;
}

static void
count_delivery(struct fanout *fanout, struct sender *sender, uint32_t seq,
    size_t len)
{
	uint32_t slot = seq % IN_FLIGHT_MAX;

	fanout->result->deliveries +=
	    fanout_listeners(&fanout->shape) / fanout_readers(&fanout->shape);
	fanout->result->bytes += client_frame_size(len, false);
	histogram_add(&fanout->result->latency_ns,
	    fanout->crowd.read_ns - sender->sent_ns[slot]);
	if (++sender->received_by[slot] < fanout_readers(&fanout->shape))
		return;
	sender->received_by[slot] = 0;
	sender->in_flight--;
	fanout->in_flight--;
	fanout->result->messages++;
	fanout_list_sender(fanout, sender);
}

/* Other frames: the answer to a join, presence, errors. */
static void
on_other_frame(struct fanout *fanout, struct client *client, const char *text,
    size_t len)
{
	const struct protocol *protocol = fanout_protocol(fanout, client);

	if (memmem(text, len, "error\"", 6) != NULL)
		wrong_answer("the server says %.*s", (int)len, text);
	if (!client->settled && protocol->settled != NULL &&
	    memmem(text, len, protocol->settled, strlen(protocol->settled)) !=
		NULL)
		crowd_settle(&fanout->crowd, client);
}

static void
message_received(struct fanout *fanout, struct client *client, const char *text,
    size_t len)
{
	struct stamp stamp;
	struct sender *sender;

	if (!stamp_find(text, len, &fanout->stamp_hint, &stamp)) {
		on_other_frame(fanout, client, text, len);
		return;
	}
	sender = fanout_stamp_check(fanout, client, &stamp);
	if (!fanout_is_stalled(fanout, client))
		count_delivery(fanout, sender, stamp.seq, len);
}

static void
fanout_received(void *arg, struct client *client, const char *text, size_t len)
{
	struct fanout *fanout = arg;
	const char *end = text + len, *line_end;

	if (!fanout_protocol(fanout, client)->lines) {
		message_received(fanout, client, text, len);
		return;
	}
	for (; text < end; text = line_end + 1) {
		line_end = memchr(text, '\n', (size_t)(end - text));
		if (line_end == NULL)
			line_end = end;
		message_received(fanout, client, text,
		    (size_t)(line_end - text));
	}
}

static void
fanout_opened(void *arg, struct client *client)
{
	struct fanout *fanout = arg;
	const struct protocol *protocol = fanout_protocol(fanout, client);
	char text[PROTOCOL_SIZE];

	if (protocol->settled == NULL)
		crowd_settle(&fanout->crowd, client);
	if (protocol->join == NULL)
		return;
	client_send(client, text, protocol->join(client->room, text));
	client_flush(client);
}

static void
fanout_closed(void *arg, struct client *client)
{
	struct fanout *fanout = arg;

	if (!client->settled || !fanout_is_stalled(fanout, client))
		wrong_answer("member %u was closed with code %u",
		    client->number, client->close_code);
}

const struct crowd_ops fanout_ops = {
	.opened = fanout_opened,
	.received = fanout_received,
	.closed = fanout_closed,
};
