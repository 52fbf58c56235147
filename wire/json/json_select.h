/* Picks out of a JSON object what is looked for. Public. */
#ifndef WIRE_JSON_SELECT_H
#define WIRE_JSON_SELECT_H

#include "wire/json/json_reader.h"

/*
 * The values of so many keys, in their order; where a key is not there the
 * text of its value is absent. The whole text is checked; what was found
 * before an error stays found.
 */
enum json_error json_select(struct str text, size_t depth,
    const struct str keys[], struct json_value out[], size_t count);

/* Whether it is there and is not null. */
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
