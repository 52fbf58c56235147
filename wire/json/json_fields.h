/*
 * Writes the fields of a JSON object. The head of a field is a literal of all
 * that precedes the value: STR(",\"seq\":"). Public.
 */
#ifndef WIRE_JSON_FIELDS_H
#define WIRE_JSON_FIELDS_H

#include <assert.h>

#include "wire/json/json_number.h"
#include "wire/json/json_writer.h"

static inline void
json_field_string(struct wire_text *out, struct str head, struct str text)
{
	assert(text.data != NULL);
	wire_text_append(out, head);
	json_put_string(out, text);
}

/* Omits the field if the text is absent. */
static inline void
json_field_optional(struct wire_text *out, struct str head, struct str text)
{
	if (text.data != NULL)
		json_field_string(out, head, text);
}

/* The value is JSON text. */
static inline void
json_field_raw(struct wire_text *out, struct str head, struct str json)
{
	assert(json.data != NULL);
	wire_text_append(out, head);
	wire_text_append(out, json);
}

/*
 * A message body, which may come from a store older than the bounds on numbers
 * (json_number.h): then the value is a string with its JSON text.
 */
static inline void
json_field_message(struct wire_text *out, struct str head, struct str json)
{
	assert(json.len > 0);
	if (json.data[0] == '"' || json_numbers_are_portable(json)) {
		json_field_raw(out, head, json);
	} else {
		json_field_string(out, head, json);
		wire_text_append(out, STR(",\"as_text\":true"));
	}
}

static inline void
json_field_unsigned(struct wire_text *out, struct str head, uint64_t number)
{
	wire_text_append(out, head);
	json_put_unsigned(out, number);
}

static inline void
json_field_signed(struct wire_text *out, struct str head, int64_t number)
{
	wire_text_append(out, head);
	json_put_signed(out, number);
}

static inline void
json_field_boolean(struct wire_text *out, struct str head, bool value)
{
	wire_text_append(out, head);
	wire_text_append(out, value ? STR("true") : STR("false"));
}

#endif
