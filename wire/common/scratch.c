#include "wire/common/scratch.h"

#include <assert.h>

#include "domain/text/utf8.h"

/* Bytes of a character in UTF-8. */
#define CHARACTER_MAX 4

/* Asserts: the callers' limits add up to less than the size of the scratch. */
static char *
scratch_reserve(struct scratch *scratch, size_t size)
{
	assert(size <= sizeof(scratch->data) - scratch->used);
	return scratch->data + scratch->used;
}

bool
scratch_string(struct scratch *scratch, const struct json_string *string,
    size_t most, struct str *out)
{
	size_t len;

	if (!string->escaped) {
		*out = string->body;
		return out->len <= most;
	}
	if (!json_string_copy(string, scratch_reserve(scratch, most), most,
		&len))
		return false;
	*out = str_slice(scratch->data + scratch->used, len);
	scratch->used += len;
	return true;
}

/* Unescapes one character more than needed, to find where to cut. */
struct str
scratch_string_cut(struct scratch *scratch, const struct json_string *string,
    size_t most)
{
	char *room;
	struct str cut;
	size_t len;

	if (!string->escaped)
		return utf8_cut(string->body, most);
	room = scratch_reserve(scratch, most + CHARACTER_MAX);
	json_string_copy(string, room, most + CHARACTER_MAX, &len);
	cut = utf8_cut(str_slice(room, len), most);
	scratch->used += cut.len;
	return cut;
}

struct str
scratch_value_cut(struct scratch *scratch, const struct json_value *value,
    size_t most)
{
	if (value->type == JSON_STRING)
		return scratch_string_cut(scratch, &value->string, most);
	return utf8_cut(value->text, most);
}

struct str
scratch_text(struct scratch *scratch, struct str text)
{
	char *room = scratch_reserve(scratch, text.len);

	memcpy(room, text.data, text.len);
	scratch->used += text.len;
	return str_slice(room, text.len);
}

struct str
scratch_lower(struct scratch *scratch, struct str text)
{
	struct str lower = scratch_text(scratch, text);
	char *at = scratch->data + scratch->used - lower.len;

	for (size_t i = 0; i < lower.len; i++)
		if (at[i] >= 'A' && at[i] <= 'Z')
			at[i] = (char)(at[i] | 0x20);
	return lower;
}
