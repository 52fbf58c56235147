#include "cmd/parley-bench/fanout.h"

#include "cmd/parley-bench/fail.h"
#include "cmd/parley-bench/interval.h"

#define TIMEOUT_NS 10000000000u
#define DRAIN_NS 20000000u

void
fanout_list_sender(struct fanout *fanout, struct sender *sender)
{
	if (sender->listed)
		return;
	sender->listed = true;
	fanout->ready_senders[fanout->ready_count++] = sender;
}

static void
send_message(struct fanout *fanout, struct sender *sender, uint64_t sent_ns)
{
	size_t len;

	if (sender->in_flight == IN_FLIGHT_MAX)
		wrong_answer("%d messages of one sender are in flight",
		    IN_FLIGHT_MAX);
	len = fanout->protocol->message(&sender->next, fanout->shape.size,
	    fanout->text);
	client_send(sender->client, fanout->text, len);
	sender->sent_ns[sender->next.seq++ % IN_FLIGHT_MAX] = sent_ns;
	sender->in_flight++;
	fanout->in_flight++;
}

/* So many as were asked for. */
static bool
all_are_sent(const struct fanout *fanout)
{
	uint64_t most = fanout->bench->messages;

	return most > 0 && fanout->result->messages + fanout->in_flight >= most;
}

/* Closed loop: senders whose messages were received send again. */
static void
send_closed_loop(struct fanout *fanout)
{
	uint64_t now = now_ns();

	for (size_t i = 0; i < fanout->ready_count; i++) {
		struct sender *sender = fanout->ready_senders[i];

		sender->listed = false;
		while (sender->in_flight < fanout->shape.window &&
		       !all_are_sent(fanout))
			send_message(fanout, sender, now);
		client_flush(sender->client);
	}
	fanout->ready_count = 0;
}

/*
 * At a rate: latency counts from the due time, so that a late server cannot
 * hide it. Returns the time until the next message is due.
 */
static uint64_t
send_at_rate(struct fanout *fanout)
{
	uint64_t period = 1000000000u / fanout->shape.rate;
	uint64_t now = now_ns();
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < fanout->sender_count; i++) {
		struct sender *sender = &fanout->senders[i];

		while (sender->due_ns <= now) {
			send_message(fanout, sender, sender->due_ns);
			client_flush(sender->client);
			sender->due_ns += period;
		}
		if (sender->due_ns < next)
			next = sender->due_ns;
	}
	return next - now;
}

/* Starts all senders; at a rate, spread over the first period. */
static void
senders_start(struct fanout *fanout)
{
	uint64_t now = now_ns();

	fanout->ready_count = 0;
	for (size_t i = 0; i < fanout->sender_count; i++) {
		struct sender *sender = &fanout->senders[i];

		sender->listed = false;
		fanout_list_sender(fanout, sender);
		if (fanout->shape.rate > 0)
			sender->due_ns = now + i * 1000000000u /
						   (fanout->sender_count *
						       fanout->shape.rate);
	}
}

static void
deliveries_await(struct fanout *fanout)
{
	while (fanout->in_flight > 0)
		if (!crowd_turn(&fanout->crowd, TIMEOUT_NS))
			wrong_answer("%llu messages were not received by all",
			    (unsigned long long)fanout->in_flight);
}

static void
closed_loop_run(struct fanout *fanout, struct interval *interval)
{
	while (fanout->bench->messages > 0 ? !all_are_sent(fanout)
					   : !interval_is_over(interval)) {
		send_closed_loop(fanout);
		if (!crowd_turn(&fanout->crowd, TIMEOUT_NS))
			break;
	}
}

static void
open_loop_run(struct fanout *fanout, const struct interval *interval)
{
	while (interval_wall_ns(interval) < interval->duration_ns)
		crowd_turn(&fanout->crowd, send_at_rate(fanout));
}

void
fanout_run(struct fanout *fanout, uint64_t duration_ns,
    struct fanout_result *result)
{
	struct interval interval;

	fanout->result = result;
	senders_start(fanout);
	interval_begin(&interval, &fanout->bench->meter, duration_ns);
	if (fanout->shape.rate > 0)
		open_loop_run(fanout, &interval);
	else
		closed_loop_run(fanout, &interval);
	deliveries_await(fanout);
	result->cpu_ns += interval_cpu_ns(&interval);
	result->wall_ns += interval_wall_ns(&interval);
}

void
fanout_drain(struct fanout *fanout)
{
	uint64_t end_ns = now_ns() + DRAIN_NS;

	for (uint64_t now = now_ns(); now < end_ns; now = now_ns())
		crowd_turn(&fanout->crowd, end_ns - now);
}
