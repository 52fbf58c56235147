#include "auth/rights.h"

#include <assert.h>
#include <string.h>

#include "domain/base/count_of.h"
#include "wire/json/json_reader.h"
#include "wire/json/json_writer.h"

#define RIGHTS_DEPTH 8

/* Words and patterns of other lengths are not valid. */
#define WORD_BYTES 72

/* The value of a string that is short enough; absent: it is neither. */
static struct str
word_of(const struct json_value *value, char out[WORD_BYTES])
{
	size_t len;

	if (value->type != JSON_STRING ||
	    !json_string_copy(&value->string, out, WORD_BYTES, &len))
		return STR_ABSENT;
	return str_slice(out, len);
}

static const struct {
	struct str word;
	unsigned rights;
} roles[] = {
	[USER_ROLE_GUEST] = { { "guest", 5 },
	    RIGHT_CONNECT | RIGHT_LIST | RIGHT_JOIN | RIGHT_READ | RIGHT_POST },
	[USER_ROLE_USER] = { { "user", 4 }, RIGHTS_USUAL },
	[USER_ROLE_MODERATOR] = { { "moderator", 9 },
	    RIGHTS_USUAL | RIGHT_MODERATE },
	[USER_ROLE_ADMIN] = { { "admin", 5 },
	    RIGHTS_USUAL | RIGHT_MODERATE | RIGHT_ADMIN },
};

bool
user_role_read(struct str word, enum user_role *out)
{
	for (unsigned i = 0; i < COUNT_OF(roles); i++) {
		if (str_equal(roles[i].word, word)) {
			*out = (enum user_role)i;
			return true;
		}
	}
	return false;
}

struct str
user_role_word(enum user_role role)
{
	assert((unsigned)role < COUNT_OF(roles));
	return roles[role].word;
}

unsigned
user_role_rights(enum user_role role)
{
	assert((unsigned)role < COUNT_OF(roles));
	return roles[role].rights;
}

unsigned
rights_read(struct str list)
{
	struct json_reader reader;
	struct json_value item;
	char word[WORD_BYTES];
	unsigned rights = 0;

	json_open_array(&reader, list, RIGHTS_DEPTH);
	while (json_next_item(&reader, &item))
		rights |= rights_of_word(word_of(&item, word));
	return rights;
}

/*
 * Writes the valid patterns, each with a space behind it, as far as there may
 * be so many: what is left out matches no room.
 */
static struct str
rooms_read(struct str list, char out[ROOM_PATTERNS_BYTES])
{
	struct json_reader reader;
	struct json_value item;
	char word[WORD_BYTES];
	size_t count = 0, len = 0;

	json_open_array(&reader, list, RIGHTS_DEPTH);
	while (json_next_item(&reader, &item)) {
		struct str pattern = word_of(&item, word);

		if (!room_pattern_is_valid(pattern) ||
		    ++count > ROOM_PATTERNS_MOST ||
		    len + pattern.len + 1 > ROOM_PATTERNS_BYTES)
			continue;
		memcpy(out + len, pattern.data, pattern.len);
		len += pattern.len;
		out[len++] = ' ';
	}
	return str_slice(out, len);
}

void
rights_of_claim(struct str claim, char rooms[ROOM_PATTERNS_BYTES],
    struct principal *out)
{
	struct json_reader reader;
	struct json_member member;

	out->rights = RIGHTS_USUAL;
	out->rooms = STR_ABSENT;
	if (claim.data == NULL)
		return;
	json_open(&reader, claim, RIGHTS_DEPTH, NULL);
	while (json_next(&reader, &member)) {
		bool is_list = member.value.type == JSON_ARRAY;

		if (json_string_is(&member.key, STR("can")))
			out->rights =
			    is_list ? rights_read(member.value.text) : 0;
		else if (json_string_is(&member.key, STR("rooms")))
			out->rooms = is_list
					 ? rooms_read(member.value.text, rooms)
					 : str_slice(rooms, 0);
	}
}

void
rights_write(unsigned rights, struct wire_text *out)
{
	struct str before = STR("[");

	for (unsigned bit = 1; bit <= rights; bit <<= 1) {
		if (!(rights & bit))
			continue;
		wire_text_append(out, before);
		json_put_string(out, right_word(bit));
		before = STR(",");
	}
	wire_text_append_if(out, before.data[0] == '[', before);
	wire_text_append(out, STR("]"));
}
