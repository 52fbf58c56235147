#include "cmd/parley-bench/fanout.h"

#include <string.h>

#include "cmd/parley-bench/fail.h"

/* Ends the run unless this is just what the client has to hear next. */
static struct speaker *
check_stamp(struct fanout *fanout, const struct client *client,
    const struct stamp *stamp)
{
	struct speaker *speaker;
	uint32_t *expected;

	if (stamp->run != fanout->bench->run)
		wrong_answer("member %u heard a message of another run",
		    client->number);
	if (stamp->room != client->room)
		wrong_answer("member %u of room %u heard a message of room %u",
		    client->number, client->room, stamp->room);
	if (stamp->speaker >= fanout->shape.speakers)
		wrong_answer("member %u heard speaker %u, who does not exist",
		    client->number, stamp->speaker);
	speaker = &fanout->speakers[stamp->room * fanout->shape.speakers +
				    stamp->speaker];
	expected = fanout_expected(fanout, client, stamp->speaker);
	if (stamp->seq < *expected)
		wrong_answer("member %u heard message %u of speaker %u again "
			     "(or out of order): %u was next",
		    client->number, stamp->seq, stamp->speaker, *expected);
	if (stamp->seq > *expected)
		wrong_answer("member %u lost messages %u to %u of speaker %u "
			     "(or they are out of order)",
		    client->number, *expected, stamp->seq - 1, stamp->speaker);
	if (stamp->seq >= speaker->next.seq)
		wrong_answer("member %u heard what nobody said",
		    client->number);
	++*expected;
	return speaker;
}

static void
count_delivery(struct fanout *fanout, struct speaker *speaker, uint32_t seq,
    size_t len)
{
	uint32_t slot = seq % UNDER_WAY_MAX;

	fanout->result->deliveries++;
	fanout->result->bytes += len + (len < 126 ? 2 : 4);
	histogram_add(&fanout->result->latency_ns,
	    fanout->crowd.read_ns - speaker->said_ns[slot]);
	if (++speaker->heard_by[slot] < fanout_listeners(&fanout->shape))
		return;
	speaker->heard_by[slot] = 0;
	speaker->under_way--;
	fanout->under_way--;
	fanout->result->messages++;
	fanout_list_speaker(fanout, speaker);
}

/* What is no message: the answer to joining, presence, an error. */
static void
heard_notice(struct fanout *fanout, struct client *client, const char *text,
    size_t len)
{
	const struct speech *speech = fanout_speech(fanout, client);

	if (memmem(text, len, "error\"", 6) != NULL)
		wrong_answer("the server says %.*s", (int)len, text);
	if (!client->settled && speech->settled != NULL &&
	    memmem(text, len, speech->settled, strlen(speech->settled)) != NULL)
		crowd_settle(&fanout->crowd, client);
}

static void
fanout_heard(void *arg, struct client *client, const char *text, size_t len)
{
	struct fanout *fanout = arg;
	struct stamp stamp;
	struct speaker *speaker;

	if (!stamp_find(text, len, &fanout->stamp_hint, &stamp)) {
		heard_notice(fanout, client, text, len);
		return;
	}
	speaker = check_stamp(fanout, client, &stamp);
	if (!fanout_is_deaf(fanout, client))
		count_delivery(fanout, speaker, stamp.seq, len);
}

static void
fanout_opened(void *arg, struct client *client)
{
	struct fanout *fanout = arg;
	const struct speech *speech = fanout_speech(fanout, client);
	char text[SPEECH_SIZE];

	if (speech->settled == NULL)
		crowd_settle(&fanout->crowd, client);
	if (speech->join == NULL)
		return;
	client_say(client, text, speech->join(client->room, text));
	client_flush(client);
}

static void
fanout_closed(void *arg, struct client *client)
{
	struct fanout *fanout = arg;

	if (!client->settled || !fanout_is_deaf(fanout, client))
		wrong_answer("member %u was closed with code %u",
		    client->number, client->close_code);
}

const struct crowd_ops fanout_ops = {
	.opened = fanout_opened,
	.heard = fanout_heard,
	.closed = fanout_closed,
};
