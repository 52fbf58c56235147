/* Ids of messages, for dialects that have some. */
#ifndef WIRE_MESSAGE_ID_H
#define WIRE_MESSAGE_ID_H

#include <stdint.h>

#include "domain/base/str.h"
#include "domain/id_source.h"

/* Chance that nobody outside can know; other ids in every life. */
void message_id_seed(uint64_t seed);

/*
 * A UUID (RFC 9562, version 4). The same place in a room has the same one, so
 * that a message and its acknowledgement agree and nobody has to keep it; the
 * time tells two rooms of one name apart.
 */
void message_id_write(struct str room, uint64_t seq, int64_t at_ms,
    char out[ID_SIZE]);

#endif
