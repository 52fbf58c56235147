/* The dialect of the Python servers: docs/protocol-action.md. */
#include "cmd/parley/speech.h"
#include "domain/base/count_of.h"
#include "wire/json/json_fields.h"

static void
say(struct wire_text *out, const struct deed *deed)
{
	json_field_string(out, STR("{\"action\":\"message\",\"body\":"),
	    deed->text);
	wire_text_append(out, STR("}"));
}

static void
join(struct wire_text *out, const struct deed *deed)
{
	json_field_string(out,
	    STR("{\"action\":\"join\",\"body\":{\"room_id\":"), deed->room);
	wire_text_append(out, STR("}}"));
}

static void
leave(struct wire_text *out, const struct deed *deed)
{
	(void)deed;
	wire_text_append(out, STR("{\"action\":\"leave\",\"body\":{}}"));
}

static void
create(struct wire_text *out, const struct deed *deed)
{
	json_field_string(out,
	    STR("{\"action\":\"create\",\"body\":{\"room_name\":"), deed->name);
	wire_text_append(out, STR("}}"));
}

static const struct field fields[] = {
	FIELD("status", FIELD_TEXT, word),
	FIELD("client_id", FIELD_TEXT, member),
	FIELD("room_id", FIELD_TEXT, room),
	FIELD("message", FIELD_TEXT, text),
	FIELD("from", FIELD_TEXT, member),
	FIELD("body", FIELD_MESSAGE, message),
};

/* The answers differ in what they say to people, and in nothing else. */
static enum heard_kind
kind_of_success(const struct heard *heard)
{
	if (heard->room.data != NULL)
		return HEARD_JOINED;
	return str_equal(heard->text, STR("Left room")) ? HEARD_LEFT
							: HEARD_ACK;
}

static enum heard_kind
kind_of(const struct heard *heard)
{
	if (heard->word.data == NULL)
		return heard->member.data == NULL ? HEARD_NOTHING : HEARD_SAID;
	if (str_equal(heard->word, STR("connected")))
		return HEARD_WELCOME;
	if (str_equal(heard->word, STR("success")))
		return kind_of_success(heard);
	return str_equal(heard->word, STR("error")) ? HEARD_ERROR
						    : HEARD_NOTHING;
}

const struct speech speech_action = {
	.name = "action",
	.path = "/ws/action",
	.deaf_to_oneself = true,
	.bare_words = true,
	.write = {
	    [DEED_SAY] = say,
	    [DEED_JOIN] = join,
	    [DEED_LEAVE] = leave,
	    [DEED_CREATE] = create,
	},
	.fields = fields,
	.field_count = COUNT_OF(fields),
	.at_unit_ms = 1,
	.kind_of = kind_of,
};
