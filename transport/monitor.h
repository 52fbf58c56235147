/* What monitors ask for: figures as JSON, or as Prometheus reads them. */
#ifndef TRANSPORT_MONITOR_H
#define TRANSPORT_MONITOR_H

struct http_response;
struct server_stats;
struct worker;
struct wire_text;

/* How a report is spelled, and as what. */
struct monitor_format {
	const char *type;
	void (*spell)(struct wire_text *, const struct server_stats *);
};

extern const struct monitor_format monitor_json;
extern const struct monitor_format monitor_metrics;

/* The body is good until the next answer of this service. */
void monitor_answer(struct worker *, const struct monitor_format *,
    struct http_response *);

/* Answers with the curves of the last hour, as JSON. */
void monitor_answer_history(struct worker *, struct http_response *);

/* Once a second: keeps a sample for the curves when it is due. */
void monitor_tick(struct worker *);

#endif
