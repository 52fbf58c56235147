/* The fields of a message of the native dialect. */
#ifndef WIRE_NATIVE_FIELDS_H
#define WIRE_NATIVE_FIELDS_H

#include "wire/common/scratch.h"
#include "wire/dialect.h"
#include "wire/json/json_reader.h"

/* Longest unescaped text. The commands validate names and ids. */
#define TEXT_BYTES 1024
#define WORD_BYTES 64 /* command, ref, key */

/* X(constant, key, type); the most frequent first */
#define FIELDS(X)                                        \
	X(FIELD_COMMAND, "command", JSON_STRING)         \
	X(FIELD_MESSAGE, "message", TYPE_ANY)            \
	X(FIELD_ROOM, "room", JSON_STRING)               \
	X(FIELD_REF, "ref", TYPE_ANY)                    \
	X(FIELD_KEY, "key", JSON_STRING)                 \
	X(FIELD_RECIPIENT, "recipient", JSON_STRING)     \
	X(FIELD_NAME, "name", JSON_STRING)               \
	X(FIELD_PERSISTENT, "persistent", JSON_BOOLEAN)  \
	X(FIELD_TTL_MS, "ttl_ms", JSON_NUMBER)           \
	X(FIELD_MAX_MEMBERS, "max_members", JSON_NUMBER) \
	X(FIELD_CREATE, "create", JSON_BOOLEAN)          \
	X(FIELD_SINCE, "since", JSON_OBJECT)             \
	X(FIELD_HISTORY, "history", JSON_NUMBER)         \
	X(FIELD_BEFORE, "before", JSON_NUMBER)           \
	X(FIELD_AFTER, "after", TYPE_ANY)                \
	X(FIELD_LIMIT, "limit", JSON_NUMBER)             \
	X(FIELD_IDS, "ids", JSON_BOOLEAN)                \
	X(FIELD_SEQ, "seq", JSON_NUMBER)                 \
	X(FIELD_REACTION, "reaction", JSON_STRING)       \
	X(FIELD_REASON, "reason", JSON_STRING)           \
	X(FIELD_REMOVE, "remove", JSON_BOOLEAN)          \
	X(FIELD_MINE, "mine", JSON_BOOLEAN)              \
	X(FIELD_TOKEN, "token", JSON_STRING)             \
	X(FIELD_MEMBER, "member", JSON_STRING)           \
	X(FIELD_ROLE, "role", JSON_STRING)               \
	X(FIELD_TOPIC, "topic", JSON_STRING)             \
	X(FIELD_PRIVATE, "private", JSON_BOOLEAN)        \
	X(FIELD_MODERATED, "moderated", JSON_BOOLEAN)    \
	X(FIELD_DURATION_MS, "duration_ms", JSON_NUMBER) \
	X(FIELD_SLOW_MS, "slow_ms", JSON_NUMBER)

#define TYPE_ANY (-1) /* checked where the field is decoded */

enum field {
#define X(constant, key, type) constant,
	FIELDS(X)
#undef X
	FIELDS_COUNT
};

/* The state of the decoder for one message. */
struct decoding {
	struct json_value values[FIELDS_COUNT]; /* set if `given` has the bit */
	unsigned seen;                          /* a bit for each field */
	unsigned given; /* the same without null values */
	size_t depth;
	struct scratch *scratch;
	struct failure *why;
};

_Static_assert(sizeof(((struct scratch *)0)->data) >=
		   5 * TEXT_BYTES + 2 * WORD_BYTES,
    "scratch holds every text of a command");

static inline bool
decoding_has(const struct decoding *decoding, enum field field)
{
	return (decoding->given & 1u << field) != 0;
}

static inline bool
decoding_is_true(const struct decoding *decoding, enum field field)
{
	return decoding_has(decoding, field) &&
	       decoding->values[field].text.data[0] == 't';
}

/*
 * Reads a whole message. After an error (CHAT_BAD_JSON) the fields before it
 * are set.
 */
enum chat_error decoding_read(struct decoding *, struct str message);

/* Returns CHAT_BAD_FIELD, with the field's path for the answer. */
enum chat_error decoding_refuse_path(struct decoding *, struct str path);
enum chat_error decoding_refuse(struct decoding *, enum field);

/* CHAT_BAD_FIELD if a field has the wrong type. */
enum chat_error decoding_check_types(struct decoding *);

/*
 * The value of a field, or CHAT_BAD_FIELD. *out does not change if an optional
 * field is missing.
 */
enum chat_error decoding_get_optional(struct decoding *, enum field,
    struct str *out);
enum chat_error decoding_get_needed(struct decoding *, enum field,
    struct str *out);
enum chat_error decoding_get_unsigned(struct decoding *, enum field,
    uint64_t least, uint64_t most, uint64_t *out);

#endif
