#include "cmd/parley-bench/fanout.h"

#include "cmd/parley-bench/fail.h"

#define PATIENCE_NS 10000000000u
#define SLOW_CONSUMER 4102

static uint32_t
said_in_first_room(const struct fanout *fanout)
{
	return fanout->speakers[0].next.seq;
}

void
fanout_add_deaf(struct fanout *fanout)
{
	size_t first = fanout->crowd.count;

	for (unsigned i = 0; i < fanout->shape.deaf; i++) {
		struct client *client = fanout_dial(fanout, 0, true);

		*fanout_expected(fanout, client, 0) =
		    said_in_first_room(fanout);
	}
	crowd_await_settled(&fanout->crowd, 0);
	for (size_t i = first; i < fanout->crowd.count; i++)
		client_listen(&fanout->crowd.clients[i], false);
}

/* Whether there is nothing more to come for this one. */
static bool
count_fate(struct fanout *fanout, const struct client *client,
    struct fanout_fates *fates)
{
	if (*fanout_expected(fanout, client, 0) == said_in_first_room(fanout))
		fates->heard_all++;
	else if (client->close_code == SLOW_CONSUMER)
		fates->sent_off++;
	else if (client->state == CLIENT_CLOSED &&
		 client->close_code == CLOSE_NONE)
		fates->cut_off++;
	else
		return false;
	return true;
}

static bool
count_fates(struct fanout *fanout, struct fanout_fates *fates)
{
	bool all = true;

	*fates = (struct fanout_fates){ 0 };
	for (size_t i = 0; i < fanout->crowd.count; i++) {
		const struct client *client = &fanout->crowd.clients[i];

		if (fanout_is_deaf(fanout, client) &&
		    !count_fate(fanout, client, fates))
			all = false;
	}
	return all;
}

void
fanout_wake_deaf(struct fanout *fanout, struct fanout_fates *fates)
{
	for (size_t i = 0; i < fanout->crowd.count; i++) {
		struct client *client = &fanout->crowd.clients[i];

		if (fanout_is_deaf(fanout, client) &&
		    client->state == CLIENT_OPEN)
			client_listen(client, true);
	}
	while (!count_fates(fanout, fates))
		if (!crowd_turn(&fanout->crowd, PATIENCE_NS))
			wrong_answer("members who stopped reading for a while "
				     "neither heard all nor were closed");
}
