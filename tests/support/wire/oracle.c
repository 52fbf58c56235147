#include "tests/support/wire/oracle.h"

#include <jansson.h>
#include <stdio.h>

struct verdict
oracle_judge(struct str text)
{
	struct verdict verdict = { .is_object = false };
	json_error_t why;
	json_t *json = json_loadb(text.data, text.len,
	    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL,
	    &why);

	if (json == NULL) {
		verdict.unable =
		    json_error_code(&why) == json_error_numeric_overflow ||
		    json_error_code(&why) == json_error_null_byte_in_key;
		snprintf(verdict.why, sizeof(verdict.why), "%s", why.text);
	}
	verdict.is_object = json_is_object(json);
	verdict.members = json_object_size(json);
	json_decref(json);
	return verdict;
}

struct str
oracle_string(struct str text, char *out, size_t size)
{
	json_t *json = json_loadb(text.data, text.len, JSON_ALLOW_NUL, NULL);
	json_t *value = json_object_get(json, "v");
	size_t len = json_string_length(value);
	bool fits = json_is_string(value) && len <= size;

	if (fits)
		memcpy(out, json_string_value(value), len);
	json_decref(json);
	return fits ? str_slice(out, len) : (struct str){ 0 };
}
