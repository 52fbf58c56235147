/* The header Upload-Metadata of tus 1.0: keys, and values in Base64. Pure. */
#ifndef TRANSPORT_TUS_METADATA_H
#define TRANSPORT_TUS_METADATA_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/base/str.h"

enum tus_value {
	TUS_ABSENT,
	TUS_FOUND,
	TUS_INVALID /* not Base64, with a NUL, or too long */
};

/*
 * Decodes the value of a key into `out`, with a NUL: "" unless it was found.
 * "filename YS50eHQ=,is_confidential": a key alone has an empty value.
 */
enum tus_value tus_metadata_find(struct str header, const char *key, char *out,
    size_t size);

#endif
