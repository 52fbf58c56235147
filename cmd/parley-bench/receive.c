#include "cmd/parley-bench/fanout.h"

#include <string.h>

#include "cmd/parley-bench/fail.h"

/* Ends the run unless this is just what the client has to hear next. */
static struct sender *
check_stamp(struct fanout *fanout, const struct client *client,
    const struct stamp *stamp)
{
	struct sender *sender;
	uint32_t *expected;

	if (stamp->run != fanout->bench->run)
		wrong_answer("member %u heard a message of another run",
		    client->number);
	if (stamp->room != client->room)
		wrong_answer("member %u of room %u heard a message of room %u",
		    client->number, client->room, stamp->room);
	if (stamp->sender >= fanout->shape.senders)
		wrong_answer("member %u heard speaker %u, who does not exist",
		    client->number, stamp->sender);
	sender =
	    &fanout
		 ->senders[stamp->room * fanout->shape.senders + stamp->sender];
	expected = fanout_expected(fanout, client, stamp->sender);
	if (stamp->seq < *expected)
		wrong_answer("member %u heard message %u of speaker %u again "
			     "(or out of order): %u was next",
		    client->number, stamp->seq, stamp->sender, *expected);
	if (stamp->seq > *expected)
		wrong_answer("member %u lost messages %u to %u of speaker %u "
			     "(or they are out of order)",
		    client->number, *expected, stamp->seq - 1, stamp->sender);
	if (stamp->seq >= sender->next.seq)
		wrong_answer("member %u heard what nobody said",
		    client->number);
	++*expected;
	return sender;
}

static void
count_delivery(struct fanout *fanout, struct sender *sender, uint32_t seq,
    size_t len)
{
	uint32_t slot = seq % IN_FLIGHT_MAX;

	fanout->result->deliveries++;
	fanout->result->bytes += len + (len < 126 ? 2 : 4);
	histogram_add(&fanout->result->latency_ns,
	    fanout->crowd.read_ns - sender->sent_ns[slot]);
	if (++sender->received_by[slot] < fanout_listeners(&fanout->shape))
		return;
	sender->received_by[slot] = 0;
	sender->in_flight--;
	fanout->in_flight--;
	fanout->result->messages++;
	fanout_list_sender(fanout, sender);
}

/* What is no message: the answer to joining, presence, an error. */
static void
heard_notice(struct fanout *fanout, struct client *client, const char *text,
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
fanout_heard(void *arg, struct client *client, const char *text, size_t len)
{
	struct fanout *fanout = arg;
	struct stamp stamp;
	struct sender *sender;

	if (!stamp_find(text, len, &fanout->stamp_hint, &stamp)) {
		heard_notice(fanout, client, text, len);
		return;
	}
	sender = check_stamp(fanout, client, &stamp);
	if (!fanout_is_stalled(fanout, client))
		count_delivery(fanout, sender, stamp.seq, len);
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
	.received = fanout_heard,
	.closed = fanout_closed,
};
