/* The dialect of the FastAPI server: docs/protocol-topic.md. */
#include "cmd/parley/speech.h"
#include "domain/base/count_of.h"
#include "wire/json/json_fields.h"

static void
say(struct wire_text *out, const struct deed *deed)
{
	json_field_string(out, STR("{\"type\":\"message\",\"message\":"),
	    deed->text);
	wire_text_append(out, STR("}"));
}

static void
join(struct wire_text *out, const struct deed *deed)
{
	json_field_string(out, STR("{\"type\":\"join\",\"username\":"),
	    deed->name);
	json_field_string(out, STR(",\"topic\":"), deed->room);
	wire_text_append(out, STR("}"));
}

static void
leave(struct wire_text *out, const struct deed *deed)
{
	(void)deed;
	wire_text_append(out, STR("{\"type\":\"leave\"}"));
}

static void
rooms(struct wire_text *out, const struct deed *deed)
{
	(void)deed;
	wire_text_append(out, STR("{\"type\":\"list\"}"));
}

static void
alive(struct wire_text *out, const struct deed *deed)
{
	(void)deed;
	wire_text_append(out, STR("{\"type\":\"heartbeat\"}"));
}

static const struct field fields[] = {
	FIELD("type", FIELD_TEXT, word), FIELD("username", FIELD_TEXT, member),
	FIELD("topic", FIELD_TEXT, room),
	FIELD("message", FIELD_MESSAGE, message),
	FIELD("topics", FIELD_JSON, rooms),
	FIELD("user_count", FIELD_NUMBER, count),
	FIELD("timestamp", FIELD_NUMBER, at), /* in seconds */
};

static const struct speech_word words[] = {
	SPEECH_WORD("joined", HEARD_JOINED),
	SPEECH_WORD("left", HEARD_LEFT),
	SPEECH_WORD("message", HEARD_SAID),
	SPEECH_WORD("ack", HEARD_ACK),
	SPEECH_WORD("list", HEARD_ROOMS),
	SPEECH_WORD("error", HEARD_ERROR),
	{ STR_ABSENT, HEARD_NOTHING },
};

const struct speech speech_topic = {
	.name = "topic",
	.path = "/ws/topic",
	.joins_first = true,
	.default_room = "general",
	.write = {
	    [DEED_SAY] = say,
	    [DEED_JOIN] = join,
	    [DEED_LEAVE] = leave,
	    [DEED_ROOMS] = rooms,
	    [DEED_ALIVE] = alive,
	},
	.fields = fields,
	.field_count = COUNT_OF(fields),
	.at_unit_ms = 1000,
	.words = words,
};
