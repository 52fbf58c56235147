/* Texts of a command that are not in the message as they are meant. */
#ifndef WIRE_SCRATCH_H
#define WIRE_SCRATCH_H

#include "wire/dialect.h"
#include "wire/json/json_reader.h"

/*
 * What a string means, in its document or in keep; false: that is more than
 * `most` bytes. keep has to have room for so many.
 */
bool keep_string(struct keep *, const struct json_string *, size_t most,
    struct str *out);

/* The same, but of a longer one the beginning. Needs 4 bytes more. */
struct str keep_string_cut(struct keep *, const struct json_string *,
    size_t most);

/* What any value means as a text: the string that it is, or else its JSON. */
struct str keep_value_cut(struct keep *, const struct json_value *,
    size_t most);

/* A text of our own among those that came. */
struct str keep_text(struct keep *, struct str text);

/* The same, with its ASCII letters small. */
struct str keep_lower(struct keep *, struct str text);

#endif
