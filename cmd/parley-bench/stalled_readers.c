#include "cmd/parley-bench/fanout.h"

#include "cmd/parley-bench/fail.h"

#define TIMEOUT_NS 10000000000u
#define SLOW_CONSUMER 4102

static uint32_t
sent_in_first_room(const struct fanout *fanout)
{
	return fanout->senders[0].next.seq;
}

void
fanout_add_stalled(struct fanout *fanout)
{
	size_t first = fanout->crowd.count;

	for (unsigned i = 0; i < fanout->shape.stalled; i++) {
		struct client *client = fanout_dial(fanout, 0, true);

		*fanout_expected(fanout, client, 0) =
		    sent_in_first_room(fanout);
	}
	crowd_await_settled(&fanout->crowd, 0);
	for (size_t i = first; i < fanout->crowd.count; i++)
		client_set_reading(&fanout->crowd.clients[i], false);
}

/* Whether the client has received everything or is closed. */
static bool
outcome_count(struct fanout *fanout, const struct client *client,
    struct stalled_outcome *outcome)
{
	if (*fanout_expected(fanout, client, 0) == sent_in_first_room(fanout))
		outcome->complete++;
	else if (client->close_code == SLOW_CONSUMER)
		outcome->closed_4102++;
	else if (client->state == CLIENT_CLOSED &&
		 client->close_code == CLOSE_NONE)
		outcome->closed_abruptly++;
	else
		return false;
	return true;
}

static bool
outcome_count_all(struct fanout *fanout, struct stalled_outcome *outcome)
{
	bool all = true;

	*outcome = (struct stalled_outcome){ 0 };
	for (size_t i = 0; i < fanout->crowd.count; i++) {
		const struct client *client = &fanout->crowd.clients[i];

		if (fanout_is_stalled(fanout, client) &&
		    !outcome_count(fanout, client, outcome))
			all = false;
	}
	return all;
}

void
fanout_resume_stalled(struct fanout *fanout, struct stalled_outcome *outcome)
{
	for (size_t i = 0; i < fanout->crowd.count; i++) {
		struct client *client = &fanout->crowd.clients[i];

		if (fanout_is_stalled(fanout, client) &&
		    client->state == CLIENT_OPEN)
			client_set_reading(client, true);
	}
	while (!outcome_count_all(fanout, outcome))
		if (!crowd_turn(&fanout->crowd, TIMEOUT_NS))
			wrong_answer(
			    "stalled readers "
			    "neither received everything nor were closed");
}
