/* Event by event: how a dialect spells it. */
#ifndef WIRE_EVENT_ENCODERS_H
#define WIRE_EVENT_ENCODERS_H

#include <assert.h>

#include "wire/common/wire_text.h"

/* False: nothing is said about this one. */
typedef bool event_encoder(const struct event *, struct wire_text *);

/* By a table of all kinds; NULL there is silence. */
static inline bool
encode_by(event_encoder *const table[EVENT_KINDS], const struct event *event,
    struct wire_text *out)
{
	assert(event->kind < EVENT_KINDS);
	return table[event->kind] != NULL && table[event->kind](event, out);
}

#endif
