/* Texts of a command that are not in the message as they are meant. */
#ifndef WIRE_SCRATCH_H
#define WIRE_SCRATCH_H

#include "wire/dialect.h"
#include "wire/json/json_reader.h"

/*
 * What a string means, in its document or in keep; false: that is more than
 * `most` bytes. keep has to have room for so many.
 */
bool scratch_string(struct scratch *, const struct json_string *, size_t most,
    struct str *out);

/* The same, but of a longer one the beginning. Needs 4 bytes more. */
struct str scratch_string_cut(struct scratch *, const struct json_string *,
    size_t most);

/* What any value means as a text: the string that it is, or else its JSON. */
struct str scratch_value_cut(struct scratch *, const struct json_value *,
    size_t most);

/* A text of our own among those that came. */
struct str scratch_text(struct scratch *, struct str text);

/* The same, with its ASCII letters small. */
struct str scratch_lower(struct scratch *, struct str text);

#endif
