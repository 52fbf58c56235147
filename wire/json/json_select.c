#include "wire/json/json_select.h"

enum json_error
json_select(struct str text, size_t depth, struct json_key_table *table,
    const struct str keys[], struct json_value out[], size_t count)
{
	struct json_reader reader;
	struct json_member member;

	for (size_t i = 0; i < count; i++)
		out[i] = (struct json_value){ 0 };
	json_open(&reader, text, depth, table);
	while (json_next(&reader, &member))
		for (size_t i = 0; i < count; i++)
			if (json_string_is(&member.key, keys[i]))
				out[i] = member.value;
	return reader.error;
}
