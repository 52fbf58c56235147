/* Timestamp fields, from milliseconds since 1970. */
#ifndef WIRE_TIMESTAMPS_H
#define WIRE_TIMESTAMPS_H

#include "wire/common/wire_text.h"

/* 1795241301 */
void timestamp_put_seconds(struct wire_text *, struct str head, int64_t at_ms);

/* 1795241301.123 */
void timestamp_put_fractional(struct wire_text *, struct str head,
    int64_t at_ms);

/* "2026-11-21T06:08:21.123000": UTC, ISO 8601. Years 1970 to 9999. */
void timestamp_put_iso8601(struct wire_text *, struct str head, int64_t at_ms);

/* "2026-11-21T06:08:21.123Z": the same, without zeros at the end. */
void timestamp_put_utc(struct wire_text *, struct str head, int64_t at_ms);

/* Reads a date as in "2026-11-21", perhaps with a time as in
 * "2026-11-21T06:08:21Z", in UTC. False: it is none. */
bool timestamp_read(struct str text, int64_t *at_ms);

#endif
