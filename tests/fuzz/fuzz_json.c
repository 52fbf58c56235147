/* Reads any bytes as JSON. */
#include <stdint.h>
#include <stdlib.h>

#include "wire/json/json_number.h"
#include "wire/json/json_reader.h"

static struct json_key_table table;

#define CHECK(condition) ((condition) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A member is a slice of the text and can be unescaped. */
static void
json_member_check(const struct json_member *member, struct str text)
{
	const struct json_value *value = &member->value;
	char copy[64];
	size_t len;

	CHECK(member->key.body.data > text.data);
	CHECK(value->text.data > member->key.body.data);
	CHECK(value->text.len > 0);
	CHECK(value->text.data + value->text.len <= text.data + text.len);
	if (json_string_copy(&member->key, copy, sizeof(copy), &len))
		CHECK(json_string_is(&member->key, str_slice(copy, len)));
	if (value->type == JSON_STRING &&
	    json_string_copy(&value->string, copy, sizeof(copy), &len))
		CHECK(json_string_is(&value->string, str_slice(copy, len)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_slice((const char *)data, size);
	struct json_reader reader;
	struct json_member member;

	json_open(&reader, text, 32, &table);
	while (json_next(&reader, &member))
		json_member_check(&member, text);
	CHECK(reader.error_offset <= size);
	CHECK(reader.error != JSON_OK || json_numbers_are_portable(text));
	return 0;
}
