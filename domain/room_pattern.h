/* Patterns of room ids, to which a client may be limited. Public. */
#ifndef DOMAIN_ROOM_PATTERN_H
#define DOMAIN_ROOM_PATTERN_H

#include <stdbool.h>

#include "domain/base/str.h"

#define ROOM_PATTERNS_MOST 32
/* Of all patterns of a client: each ends with a space. */
#define ROOM_PATTERNS_BYTES 1024

/* An id, the beginning of ids and a star ("builds-*"), or the star alone. */
bool room_pattern_is_valid(struct str pattern);

/*
 * Whether one of the patterns, each followed by a space, matches the id. Absent
 * patterns match every id, empty ones none.
 */
bool room_patterns_match(struct str patterns, struct str room_id);

#endif
