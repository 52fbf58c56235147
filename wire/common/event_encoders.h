/* A dialect's table of event encoders. */
#ifndef WIRE_EVENT_ENCODERS_H
#define WIRE_EVENT_ENCODERS_H

#include <assert.h>

#include "wire/common/wire_text.h"

/* False: this event is not sent. */
typedef bool event_encoder(const struct event *, struct wire_text *);

/* Encodes by a table of all kinds; NULL: this kind is not sent. */
static inline bool
event_encode_by(event_encoder *const table[EVENT_KINDS],
    const struct event *event, struct wire_text *out)
{
	assert(event->kind < EVENT_KINDS);
	return table[event->kind] != NULL && table[event->kind](event, out);
}

#endif
