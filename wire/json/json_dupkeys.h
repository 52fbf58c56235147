/* Detects duplicate keys in a JSON object. Public. */
#ifndef WIRE_JSON_DUPKEYS_H
#define WIRE_JSON_DUPKEYS_H

#include <stddef.h>
#include <stdint.h>

#include "wire/json/json_string.h"

/* Objects with up to this many keys: keys are compared one by one. */
#define JSON_KEYS_NARROW 8
/* The most keys of all wider objects of a document. */
#define JSON_KEYS_WIDE 16384

struct json_key_slot {
	uint32_t object; /* below the table's first_object: free */
	uint32_t hash;
	uint32_t offset; /* of the key's body in the document */
};

/*
 * The keys of all wide objects of one document. Zero at first; the owner keeps
 * it for the next document, which must not begin before this one ends.
 */
struct json_key_table {
	const char *start; /* of the document */
	size_t used;
	uint32_t first_object;
	uint32_t next_object;
	struct json_key_slot slots[JSON_KEYS_WIDE * 2];
};

/* The keys of one object. Zero `count` at first. */
struct json_dupkeys {
	size_t count;
	uint32_t object; /* its number in the table, once it is wide */
	struct json_string narrow[JSON_KEYS_NARROW];
};

enum json_key_result {
	JSON_KEY_NEW,
	JSON_KEY_DUPLICATE,
	JSON_KEY_NO_ROOM /* more than JSON_KEYS_WIDE, or chosen to collide */
};

/* A secret seed for the hashes of all tables, once at start-up. */
void json_dupkeys_seed(uint64_t seed);

/* Begins a document. */
void json_key_table_begin(struct json_key_table *, const char *start);

/*
 * Adds a key, a slice of the document. Without a table (NULL) only the first
 * JSON_KEYS_NARROW keys of an object are compared.
 */
enum json_key_result json_dupkeys_add(struct json_dupkeys *,
    struct json_key_table *, struct json_string key);

#endif
