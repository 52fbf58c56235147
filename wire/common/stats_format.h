/* The report on the server, spelled for monitors. Public. */
#ifndef WIRE_STATS_FORMAT_H
#define WIRE_STATS_FORMAT_H

#include "wire/dialect.h"

struct report;

/* Appends one JSON object. */
void report_spell_json(struct wire_text *, const struct report *);

/* Appends lines in the text format of Prometheus. */
void report_spell_metrics(struct wire_text *, const struct report *);

#endif
