#include "auth/hook_answer.h"

#include <string.h>

#include "auth/rights.h"
#include "wire/json/json_reader.h"

#define ANSWER_DEPTH 8
#define TTL_MOST_S (24 * 60 * 60)
/* The year 9999. */
#define EXPIRES_MOST_S UINT64_C(253402300799)

/* A text without control characters; false: it is none, empty, or too long. */
static bool
text_read(const struct json_value *value, char out[HOOK_TEXT_SIZE])
{
	size_t len;

	if (value->type != JSON_STRING ||
	    !json_string_copy(&value->string, out, HOOK_TEXT_SIZE - 1, &len))
		return false;
	out[len] = '\0';
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)out[i] < ' ' || out[i] == 0x7f)
			return false;
	return len > 0;
}

static bool
seconds_read(const struct json_value *value, uint64_t most, int64_t *out)
{
	uint64_t seconds;

	if (!json_unsigned(value, most, &seconds))
		return false;
	*out = (int64_t)seconds;
	return true;
}

static bool
is_array_of_texts(const struct json_value *value)
{
	struct json_reader reader;
	struct json_value item;

	if (value->type != JSON_ARRAY)
		return false;
	json_open_array(&reader, value->text, ANSWER_DEPTH);
	while (json_next_item(&reader, &item))
		if (item.type != JSON_STRING)
			return false;
	return true;
}

/* NULL: it was read, or is unknown. Else what is wrong with it. */
static const char *
member_take(const struct json_member *member, struct hook_answer *out)
{
	const struct json_string *key = &member->key;
	const struct json_value *value = &member->value;

	if (json_string_is(key, STR("user")))
		return text_read(value, out->user)
			   ? NULL
			   : "user is not a text of 1 to 256 bytes";
	if (json_string_is(key, STR("name")))
		return text_read(value, out->name)
			   ? NULL
			   : "name is not a text of 1 to 256 bytes";
	if (json_string_is(key, STR("can")))
		return is_array_of_texts(value)
			   ? NULL
			   : "can is not an array of texts";
	if (json_string_is(key, STR("rooms")))
		return is_array_of_texts(value)
			   ? NULL
			   : "rooms is not an array of texts";
	if (json_string_is(key, STR("ttl_s")))
		return seconds_read(value, TTL_MOST_S, &out->ttl_s)
			   ? NULL
			   : "ttl_s is not a number from 0 to 86400";
	if (json_string_is(key, STR("exp")))
		return seconds_read(value, EXPIRES_MOST_S, &out->expires_s)
			   ? NULL
			   : "exp is not a Unix time";
	return NULL;
}

/* Both were checked. */
static void
rights_take(struct str json, struct hook_answer *out)
{
	struct principal principal;

	rights_of_claim(json, out->rooms, &principal);
	out->rights = principal.rights;
	out->has_rooms = principal.rooms.data != NULL;
	out->rooms_len = principal.rooms.len;
}

const char *
hook_answer_read(struct str json, struct hook_answer *out)
{
	struct json_reader reader;
	struct json_member member;
	const char *why = NULL;

	memset(out, 0, sizeof(*out));
	json_open(&reader, json, ANSWER_DEPTH, NULL);
	while (why == NULL && json_next(&reader, &member))
		why = member_take(&member, out);
	if (why != NULL)
		return why;
	if (reader.error != JSON_OK)
		return json_error_text(reader.error).data;
	rights_take(json, out);
	return out->user[0] == '\0' ? "user is missing" : NULL;
}

bool
hook_reason_read(struct str json, char out[HOOK_TEXT_SIZE + 1])
{
	struct json_reader reader;
	struct json_member member;
	bool found = false;

	json_open(&reader, json, ANSWER_DEPTH, NULL);
	while (json_next(&reader, &member))
		if (json_string_is(&member.key, STR("reason")))
			found = text_read(&member.value, out);
	if (!found || reader.error != JSON_OK)
		return false;
	strcat(out, "\n");
	return true;
}
