#include "wire/json/json_dupkeys.h"

/*
 * The table holds the keys of all wide objects of a document together, each
 * with the number of its object. Numbers are never used again, so whatever
 * is below `first_object` is from an earlier document and counts as empty:
 * nothing is cleared between documents, and small ones never touch it.
 *
 * At most half of the slots are used, so a free one is found after a few
 * probes unless the keys were chosen to collide. Then PROBES_MAX ends it:
 * whoever chose them gets a refusal, and nobody has waited.
 */
#define SLOTS ((size_t)JSON_KEYS_WIDE * 2)
#define PROBES_MAX 64

struct slot {
	struct json_string key;
	uint64_t hash;
	uint64_t object;
};

static struct slot slots[SLOTS];
static size_t used;
static uint64_t first_object = 1, next_object = 1;
static uint64_t hash_seed;

void
json_dupkeys_seed(uint64_t seed)
{
	hash_seed = seed;
}

void
json_dupkeys_begin(void)
{
	first_object = next_object;
	used = 0;
}

/*
 * FNV-1a from a secret start, over what the key means; then well mixed. The
 * object is part of it, since a list of objects has the same keys in each.
 */
static uint64_t
hash_of(const struct json_string *key, uint64_t object)
{
	const char *at = key->body.data, *end = at + key->body.len;
	uint64_t hash = hash_seed ^ UINT64_C(0xcbf29ce484222325) ^ object << 32;

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
	return hash ^ hash >> 33;
}

static enum json_key_result
add_wide(uint64_t object, const struct json_string *key)
{
	uint64_t hash = hash_of(key, object);
	size_t at = hash % SLOTS;

	if (used == JSON_KEYS_WIDE)
		return JSON_KEY_NO_ROOM;
	for (size_t probe = 1; probe <= PROBES_MAX; probe++) {
		struct slot *slot = &slots[at];

		if (slot->object < first_object) {
			*slot = (struct slot){ *key, hash, object };
			used++;
			return JSON_KEY_NEW;
		}
		if (slot->hash == hash && slot->object == object &&
		    json_string_equal(&slot->key, key))
			return JSON_KEY_DUPLICATE;
		at = (at + probe) % SLOTS;
	}
	return JSON_KEY_NO_ROOM;
}

/* The first keys, known to differ, move into the table. */
static enum json_key_result
widen(struct json_dupkeys *keys)
{
	keys->object = next_object++;
	for (size_t i = 0; i < JSON_KEYS_NARROW; i++) {
		enum json_key_result result =
		    add_wide(keys->object, &keys->narrow[i]);

		if (result != JSON_KEY_NEW)
			return result;
	}
	return JSON_KEY_NEW;
}

enum json_key_result
json_dupkeys_add(struct json_dupkeys *keys, struct json_string key)
{
	if (keys->count < JSON_KEYS_NARROW) {
		for (size_t i = 0; i < keys->count; i++)
			if (json_string_equal(&keys->narrow[i], &key))
				return JSON_KEY_DUPLICATE;
		keys->narrow[keys->count++] = key;
		return JSON_KEY_NEW;
	}
	if (keys->count++ == JSON_KEYS_NARROW) {
		enum json_key_result result = widen(keys);

		if (result != JSON_KEY_NEW)
			return result;
	}
	return add_wide(keys->object, &key);
}
