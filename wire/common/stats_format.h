/* Server statistics as JSON and in the Prometheus format. Public. */
#ifndef WIRE_STATS_FORMAT_H
#define WIRE_STATS_FORMAT_H

#include "wire/dialect.h"

struct server_stats;
struct stats_history;

/* Appends one JSON object. */
void stats_write_json(struct wire_text *, const struct server_stats *);

/* Appends lines in the text format of Prometheus. */
void stats_write_metrics(struct wire_text *, const struct server_stats *);

/* Appends one JSON object, whose samples have keys of stats_write_json(). */
void stats_history_write_json(struct wire_text *, const struct stats_history *);

#endif
