/* Message ids, for dialects that have them. */
#ifndef WIRE_MESSAGE_ID_H
#define WIRE_MESSAGE_ID_H

#include <stdint.h>

#include "domain/base/str.h"
#include "domain/id_source.h"

/* A secret seed, once at start-up: ids differ from run to run. */
void message_id_seed(uint64_t seed);

/*
 * A UUID (RFC 9562, version 4), computed from room, seq and time: a message and
 * its acknowledgement get the same one without storing it. The time
 * distinguishes two rooms that had the same name.
 */
void message_id_write(struct str room, uint64_t seq, int64_t at_ms,
    char out[ID_SIZE]);

#endif
