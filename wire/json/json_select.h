/* Selects values of a JSON object by key. Public. */
#ifndef WIRE_JSON_SELECT_H
#define WIRE_JSON_SELECT_H

#include "wire/json/json_reader.h"

/*
 * The values of `count` keys, in their order; the text of a missing value is
 * absent. Validates the whole text; values before an error are set.
 */
enum json_error json_select(struct str text, size_t depth,
    struct json_key_table *, const struct str keys[], struct json_value out[],
    size_t count);

/* Whether the key exists and its value is not null. */
static inline bool
json_is_given(const struct json_value *value)
{
	return value->text.data != NULL && value->type != JSON_NULL;
}

static inline bool
json_is_string(const struct json_value *value)
{
	return value->text.data != NULL && value->type == JSON_STRING;
}

#endif
