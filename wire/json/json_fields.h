/*
 * Writes the fields of a JSON object. The head of a field is a literal that
 * holds whatever stands before the value: STR(",\"seq\":"). Public.
 */
#ifndef WIRE_JSON_FIELDS_H
#define WIRE_JSON_FIELDS_H

#include <assert.h>

#include "wire/json/json_writer.h"

static inline void
put_text(struct wire_text *out, struct str head, struct str text)
{
	assert(text.data != NULL);
	wire_text_append(out, head);
	json_put_string(out, text);
}

/* An absent text leaves no field. */
static inline void
put_text_if_given(struct wire_text *out, struct str head, struct str text)
{
	if (text.data != NULL)
		put_text(out, head, text);
}

/* JSON text is written as it is. */
static inline void
put_json(struct wire_text *out, struct str head, struct str json)
{
	assert(json.data != NULL);
	wire_text_append(out, head);
	wire_text_append(out, json);
}

static inline void
put_unsigned(struct wire_text *out, struct str head, uint64_t number)
{
	wire_text_append(out, head);
	json_put_unsigned(out, number);
}

static inline void
put_signed(struct wire_text *out, struct str head, int64_t number)
{
	wire_text_append(out, head);
	json_put_signed(out, number);
}

static inline void
put_boolean(struct wire_text *out, struct str head, bool value)
{
	wire_text_append(out, head);
	wire_text_append(out, value ? STR("true") : STR("false"));
}

static inline void
put_if(struct wire_text *out, bool condition, struct str field)
{
	if (condition)
		wire_text_append(out, field);
}

#endif
