/* Moments as dialects write them, from milliseconds since 1970. */
#ifndef WIRE_TIMESTAMPS_H
#define WIRE_TIMESTAMPS_H

#include "wire/common/wire_text.h"

/* 1795241301 */
void put_seconds(struct wire_text *, struct str head, int64_t at_ms);

/* 1795241301.123 */
void put_seconds_exactly(struct wire_text *, struct str head, int64_t at_ms);

/* "2026-11-21T06:08:21.123000": UTC, in ISO 8601. Until the year 9999. */
void put_date(struct wire_text *, struct str head, int64_t at_ms);

#endif
