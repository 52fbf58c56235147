/* Finds out whether a key stands twice in an object. Public. */
#ifndef WIRE_JSON_DUPKEYS_H
#define WIRE_JSON_DUPKEYS_H

#include <stddef.h>
#include <stdint.h>

#include "wire/json/json_string.h"

/* Up to so many keys are compared one by one … */
#define JSON_KEYS_NARROW 8
/* … and a document may have so many in all objects that are wider. */
#define JSON_KEYS_WIDE 16384

/* The keys of one object. Zero `count` to begin. */
struct json_dupkeys {
	size_t count;
	uint64_t object; /* its number, once it is wide */
	struct json_string narrow[JSON_KEYS_NARROW];
};

enum json_key_result {
	JSON_KEY_NEW,
	JSON_KEY_DUPLICATE,
	JSON_KEY_NO_ROOM /* more wide objects than a document may have */
};

/* Chance that nobody outside can know, for the order of the table. */
void json_dupkeys_seed(uint64_t seed);

/*
 * A new document begins; what was known of the last one is forgotten. The
 * table of wide objects is one for the program: only one document can be
 * read at a time.
 */
void json_dupkeys_begin(void);

/* Adds a key, which is borrowed until the next json_dupkeys_begin(). */
enum json_key_result json_dupkeys_add(struct json_dupkeys *,
    struct json_string key);

#endif
