#include "wire/json/json_dupkeys.h"

#include <string.h>

/*
 * Objects are numbered through all documents: a slot of a lower number than the
 * first of this document is free. So nothing is cleared between documents, and
 * documents without wide objects do not touch the table.
 *
 * At most half of the slots are used, so a free one is found after a few
 * probes, unless a peer guesses the seed and chooses keys that collide. That
 * ends after PROBES_MAX, with a refusal.
 */
#define SLOTS ((size_t)JSON_KEYS_WIDE * 2)
#define PROBES_MAX 64

static uint64_t hash_seed;

void
json_dupkeys_seed(uint64_t seed)
{
	hash_seed = seed;
}

void
json_key_table_begin(struct json_key_table *table, const char *start)
{
	/* A document has fewer wide objects than JSON_KEYS_WIDE. */
	if (table->next_object >= UINT32_MAX - JSON_KEYS_WIDE) {
		memset(table->slots, 0, sizeof(table->slots));
		table->next_object = 0;
	}
	if (table->next_object == 0)
		table->next_object = 1;
	table->first_object = table->next_object;
	table->start = start;
	table->used = 0;
}

/*
 * FNV-1a from a secret seed, over the unescaped key; then mixed. The object is
 * part of it: a list of objects has the same keys in each.
 */
static uint32_t
json_key_hash(const struct json_string *key, uint32_t object)
{
	const char *at = key->body.data, *end = at + key->body.len;
	uint64_t hash =
	    hash_seed ^ UINT64_C(0xcbf29ce484222325) ^ (uint64_t)object << 32;

	while (at < end) {
		char bytes[4];
		size_t len = json_string_next(&at, bytes);

		for (size_t i = 0; i < len; i++) {
			hash ^= (unsigned char)bytes[i];
			hash *= UINT64_C(0x100000001b3);
		}
	}
	hash ^= hash >> 33;
	hash *= UINT64_C(0xff51afd7ed558ccd);
	return (uint32_t)(hash >> 32);
}

/* Whether the key of a slot, which the reader has validated, is this one. */
static bool
json_key_is_at(const char *body, const struct json_string *key)
{
	struct json_string other = { { body, 0 }, false };

	while (body[other.body.len] != '"') {
		bool escape = body[other.body.len] == '\\';

		other.escaped |= escape;
		other.body.len += escape ? 2 : 1;
	}
	return json_string_equal(&other, key);
}

static enum json_key_result
json_key_table_add(struct json_key_table *table, uint32_t object,
    const struct json_string *key)
{
	uint32_t hash = json_key_hash(key, object);
	size_t at = hash % SLOTS;

	if (table->used == JSON_KEYS_WIDE)
		return JSON_KEY_NO_ROOM;
	for (size_t probe = 1; probe <= PROBES_MAX; probe++) {
		struct json_key_slot *slot = &table->slots[at];

		if (slot->object < table->first_object) {
			*slot = (struct json_key_slot){ object, hash,
				(uint32_t)(key->body.data - table->start) };
			table->used++;
			return JSON_KEY_NEW;
		}
		if (slot->hash == hash && slot->object == object &&
		    json_key_is_at(table->start + slot->offset, key))
			return JSON_KEY_DUPLICATE;
		at = (at + probe) % SLOTS;
	}
	return JSON_KEY_NO_ROOM;
}

/* Moves the first keys, which are known to differ, to the table. */
static enum json_key_result
json_dupkeys_widen(struct json_dupkeys *keys, struct json_key_table *table)
{
	keys->object = table->next_object++;
	for (size_t i = 0; i < JSON_KEYS_NARROW; i++) {
		enum json_key_result result =
		    json_key_table_add(table, keys->object, &keys->narrow[i]);

		if (result != JSON_KEY_NEW)
			return result;
	}
	return JSON_KEY_NEW;
}

enum json_key_result
json_dupkeys_add(struct json_dupkeys *keys, struct json_key_table *table,
    struct json_string key)
{
	if (keys->count < JSON_KEYS_NARROW) {
		for (size_t i = 0; i < keys->count; i++)
			if (json_string_equal(&keys->narrow[i], &key))
				return JSON_KEY_DUPLICATE;
		keys->narrow[keys->count++] = key;
		return JSON_KEY_NEW;
	}
	if (table == NULL)
		return JSON_KEY_NEW;
	if (keys->count++ == JSON_KEYS_NARROW) {
		enum json_key_result result = json_dupkeys_widen(keys, table);

		if (result != JSON_KEY_NEW)
			return result;
	}
	return json_key_table_add(table, keys->object, &key);
}
