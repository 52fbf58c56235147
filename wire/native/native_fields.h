/* A message of the `command` dialect as fields, not yet a command. */
#ifndef WIRE_NATIVE_FIELDS_H
#define WIRE_NATIVE_FIELDS_H

#include "wire/common/scratch.h"
#include "wire/dialect.h"
#include "wire/json/json_reader.h"

/*
 * What a text that is unescaped may have at most. Whether it is a good name
 * or a good id is judged by the commands.
 */
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
	X(FIELD_LIMIT, "limit", JSON_NUMBER)

#define TYPE_ANY (-1) /* checked where the field is read */

enum field {
#define X(constant, key, type) constant,
	FIELDS(X)
#undef X
	FIELDS_COUNT
};

/* A message on its way to becoming a command. */
struct decoding {
	struct json_value values[FIELDS_COUNT]; /* where `given` has the bit */
	unsigned seen;                          /* a bit for each field */
	unsigned given; /* the same without those that are null */
	size_t depth;
	struct scratch *keep;
	struct failure *why;
};

_Static_assert(sizeof(((struct scratch *)0)->data) >=
		   5 * TEXT_BYTES + 2 * WORD_BYTES,
    "keep has room for every text of a command");

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
 * Reads a message to its end. What was known before an error stays known.
 * CHAT_BAD_JSON.
 */
enum chat_error decoding_read(struct decoding *, struct str message);

/* CHAT_BAD_FIELD, with the path of the field for the answer. */
enum chat_error decoding_refuse_path(struct decoding *, struct str path);
enum chat_error decoding_refuse(struct decoding *, enum field);

/* Whether every field that is given has the type it should have. */
enum chat_error decoding_check_types(struct decoding *);

/*
 * The value of a field, or CHAT_BAD_FIELD. If an optional one is not there,
 * *out stays as it is.
 */
enum chat_error decoding_take_optional(struct decoding *, enum field,
    struct str *out);
enum chat_error decoding_take_needed(struct decoding *, enum field,
    struct str *out);
enum chat_error decoding_take_unsigned(struct decoding *, enum field,
    uint64_t least, uint64_t most, uint64_t *out);

#endif
