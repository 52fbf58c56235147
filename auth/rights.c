#include "auth/rights.h"

#include "domain/base/count_of.h"
#include "wire/json/json_reader.h"
#include "wire/json/json_writer.h"

#define RIGHTS_DEPTH 8

static const struct {
	struct str word;
	enum right right;
} right_words[] = {
	{ { "read", 4 }, RIGHT_READ },
	{ { "post", 4 }, RIGHT_POST },
	{ { "create", 6 }, RIGHT_CREATE_ROOMS },
	{ { "rename", 6 }, RIGHT_RENAME },
};

unsigned
rights_read(struct str list)
{
	struct json_reader reader;
	struct json_value item;
	unsigned rights = 0;

	json_open_array(&reader, list, RIGHTS_DEPTH);
	while (json_next_item(&reader, &item))
		for (size_t i = 0; i < COUNT_OF(right_words); i++)
			if (item.type == JSON_STRING &&
			    json_string_is(&item.string, right_words[i].word))
				rights |= right_words[i].right;
	return rights;
}

unsigned
rights_of_claim(struct str claim)
{
	struct json_reader reader;
	struct json_member member;
	unsigned rights = RIGHTS_ALL;

	if (claim.data == NULL)
		return rights;
	json_open(&reader, claim, RIGHTS_DEPTH, NULL);
	while (json_next(&reader, &member))
		if (json_string_is(&member.key, STR("can")))
			rights = member.value.type == JSON_ARRAY
				     ? rights_read(member.value.text)
				     : 0;
	return rights;
}

void
rights_write(unsigned rights, struct wire_text *out)
{
	struct str before = STR("[");

	for (size_t i = 0; i < COUNT_OF(right_words); i++) {
		if (!(rights & right_words[i].right))
			continue;
		wire_text_append(out, before);
		json_put_string(out, right_words[i].word);
		before = STR(",");
	}
	wire_text_append_if(out, before.data[0] == '[', before);
	wire_text_append(out, STR("]"));
}
