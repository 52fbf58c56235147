#include "wire/common/scratch.h"

#include <assert.h>

#include "domain/text/utf8.h"

/* No character takes more. */
#define CHARACTER_MAX 4

static char *
free_room(struct scratch *keep, size_t size)
{
	assert(size <= sizeof(keep->data) - keep->used);
	return keep->data + keep->used;
}

bool
scratch_string(struct scratch *keep, const struct json_string *string,
    size_t most, struct str *out)
{
	size_t len;

	if (!string->escaped) {
		*out = string->body;
		return out->len <= most;
	}
	if (!json_string_copy(string, free_room(keep, most), most, &len))
		return false;
	*out = str_slice(keep->data + keep->used, len);
	keep->used += len;
	return true;
}

/* One character more than needed is unescaped, to see where the cut is. */
struct str
scratch_string_cut(struct scratch *keep, const struct json_string *string,
    size_t most)
{
	char *room;
	struct str cut;
	size_t len;

	if (!string->escaped)
		return utf8_cut(string->body, most);
	room = free_room(keep, most + CHARACTER_MAX);
	json_string_copy(string, room, most + CHARACTER_MAX, &len);
	cut = utf8_cut(str_slice(room, len), most);
	keep->used += cut.len;
	return cut;
}

struct str
scratch_value_cut(struct scratch *keep, const struct json_value *value,
    size_t most)
{
	if (value->type == JSON_STRING)
		return scratch_string_cut(keep, &value->string, most);
	return utf8_cut(value->text, most);
}

struct str
scratch_text(struct scratch *keep, struct str text)
{
	char *room = free_room(keep, text.len);

	memcpy(room, text.data, text.len);
	keep->used += text.len;
	return str_slice(room, text.len);
}

struct str
scratch_lower(struct scratch *keep, struct str text)
{
	struct str lower = scratch_text(keep, text);
	char *at = keep->data + keep->used - lower.len;

	for (size_t i = 0; i < lower.len; i++)
		if (at[i] >= 'A' && at[i] <= 'Z')
			at[i] = (char)(at[i] | 0x20);
	return lower;
}
