#include "cmd/parley-bench/latency.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/parley-bench/fail.h"

#define TIMEOUT_NS \
	2000000000u /* without input, the remaining messages are lost */
#define DRAIN_NS 50000000u
#define PROGRESS_NS 1000000000u

uint64_t
latency_sent(const struct latency *latency)
{
	uint64_t sent = 0;

	for (unsigned i = 0; i < latency->clients; i++)
		sent += latency->sent[i];
	return sent;
}

static uint64_t
due_deliveries(const struct latency *latency)
{
	return latency_sent(latency) * (latency->clients - 1);
}

/* Whether every message was received by all others and answered. */
static bool
latency_is_complete(const struct latency *latency)
{
	return latency->answers == latency_sent(latency) &&
	       latency->deliveries == due_deliveries(latency);
}

/*
 * --- joining and sending --------------------------------------------------
 */

static void
clients_join(struct latency *latency)
{
	struct dial dial = { .to = &latency->bench->addresses,
		.path = latency->protocol->path };

	for (unsigned i = 0; i < latency->clients; i++) {
		client_dial(crowd_add(&latency->crowd), &dial);
		crowd_await_settled(&latency->crowd, 0);
	}
}

/* Due times: evenly spread over time and clients. */
static void
due_times_plan(struct latency *latency, unsigned rate)
{
	uint64_t step_ns = 1000000000u / rate / latency->clients;
	uint64_t now = now_ns();

	for (unsigned i = 0; i < latency->clients; i++)
		for (uint32_t n = 0; n < latency->messages; n++)
			latency->due_ns[i * latency->messages + n] =
			    now + 1000000000u * (uint64_t)n / rate +
			    step_ns * i;
}

static void
message_send_next(struct latency *latency, unsigned number)
{
	struct client *client = &latency->crowd.clients[number];
	struct stamp stamp = { .run = latency->bench->run,
		.sender = number,
		.seq = latency->sent[number]++ };
	char text[LATENCY_SIZE];

	latency->protocol->message(latency->room, &stamp, text);
	client_send(client, text, strlen(text));
	client_flush(client);
}

/* Returns the due time of the next message; 0: all are sent. */
static uint64_t
messages_send_due(struct latency *latency)
{
	uint64_t next = UINT64_MAX;
	uint64_t now = now_ns();

	for (unsigned i = 0; i < latency->clients; i++) {
		const uint64_t *due_ns =
		    &latency->due_ns[i * latency->messages];
		uint32_t *sent = &latency->sent[i];

		while (*sent < latency->messages && due_ns[*sent] <= now)
			message_send_next(latency, i);
		if (*sent < latency->messages && due_ns[*sent] < next)
			next = due_ns[*sent];
	}
	return next == UINT64_MAX ? 0 : next;
}

static double
quantile_us(const struct histogram *histogram, double part)
{
	return (double)histogram_quantile(histogram, part) / 1e3;
}

static void
print_progress(const struct latency *latency, uint64_t passed_ns)
{
	fprintf(stderr,
	    "\r\033[K%.0f of %.0f s: %llu sent, %llu received, one way p50 "
	    "%.0f "
	    "us, p99 %.0f us",
	    (double)passed_ns / 1e9, latency->bench->duration_s,
	    (unsigned long long)latency_sent(latency),
	    (unsigned long long)latency->deliveries,
	    quantile_us(&latency->one_way_ns, 0.5),
	    quantile_us(&latency->one_way_ns, 0.99));
}

static void
messages_send_all(struct latency *latency)
{
	bool watched = isatty(STDERR_FILENO);
	uint64_t begun = now_ns();
	uint64_t progress = begun + PROGRESS_NS;
	uint64_t next;

	while ((next = messages_send_due(latency)) != 0) {
		uint64_t now = now_ns();

		if (watched && now >= progress) {
			print_progress(latency, now - begun);
			progress += PROGRESS_NS;
		}
		if (now < next)
			crowd_turn(&latency->crowd, next - now);
	}
	if (watched)
		fputs("\r\033[K", stderr);
}

static void
input_drain(struct latency *latency)
{
	uint64_t end;

	while (!latency_is_complete(latency))
		if (!crowd_turn(&latency->crowd, TIMEOUT_NS))
			break;
	end = now_ns() + DRAIN_NS;
	for (uint64_t now = now_ns(); now < end; now = now_ns())
		crowd_turn(&latency->crowd, end - now);
}

/*
 * --- life cycle and results -----------------------------------------------
 */

static void
latency_init(struct latency *latency, const struct bench *bench,
    const struct shape *shape)
{
	size_t pairs = (size_t)shape->members * shape->members;

	latency->bench = bench;
	latency->protocol = latency_protocol_find(bench->dialect);
	if (latency->protocol == NULL)
		cannot_run("--dialect is action, command or topic");
	if (shape->members < 2)
		cannot_run("at least two clients are needed");
	latency->clients = shape->members;
	latency->messages = (uint32_t)(shape->rate * bench->duration_s);
	if (latency->messages == 0)
		cannot_run("no message would be sent in so short a time");
	latency->due_ns = need(calloc(shape->members,
	    latency->messages * sizeof(*latency->due_ns)));
	latency->sent = need(calloc(shape->members, sizeof(uint32_t)));
	latency->answered = need(calloc(shape->members, sizeof(uint32_t)));
	latency->next = need(calloc(pairs, sizeof(*latency->next)));
	latency->received = need(calloc(pairs, latency->messages));
	crowd_need_descriptors(shape->members);
	crowd_init(&latency->crowd, shape->members, &latency_ops, latency);
}

static void
latency_fini(struct latency *latency)
{
	crowd_fini(&latency->crowd);
	free(latency->due_ns);
	free(latency->sent);
	free(latency->answered);
	free(latency->next);
	free(latency->received);
}

static void
results_report(const struct latency *latency, const struct shape *shape,
    struct report *report)
{
	uint64_t sent = latency_sent(latency);
	uint64_t dropped = due_deliveries(latency) - latency->deliveries;
	uint64_t unanswered = sent - latency->answers;

	report_add(report, "clients", latency->clients);
	report_add(report, "rate", shape->rate);
	report_add(report, "duration_s", latency->bench->duration_s);
	report_add(report, "sent", (double)sent);
	report_add(report, "received", (double)latency->deliveries);
	report_add(report, "sent_per_s",
	    (double)sent / latency->bench->duration_s);
	report_add(report, "received_per_s",
	    (double)latency->deliveries / latency->bench->duration_s);
	report_add(report, "dropped", (double)dropped);
	report_add(report, "unanswered", (double)unanswered);
	report_add(report, "duplicates", (double)latency->duplicates);
	report_add(report, "reorderings", (double)latency->reorderings);
	report_add_distribution(report, "one_way", &latency->one_way_ns);
	report_add_distribution(report, "round_trip", &latency->round_trip_ns);
	report->wrong =
	    dropped + unanswered + latency->duplicates + latency->reorderings >
	    0;
}

void
run_latency(const struct bench *bench, const struct shape *shape,
    struct report *report)
{
	struct latency *latency = need(calloc(1, sizeof(*latency)));

	latency_init(latency, bench, shape);
	clients_join(latency);
	due_times_plan(latency, shape->rate);
	messages_send_all(latency);
	input_drain(latency);
	results_report(latency, shape, report);
	latency_fini(latency);
	free(latency);
}
