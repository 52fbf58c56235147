/* The dialect of the FastAPI server: docs/protocol-topic.md. */
#include "cmd/parley/speech.h"
#include "wire/json_fields.h"

static void
say(struct wire_text *out, const struct deed *deed)
{
	put_text(out, STR("{\"type\":\"message\",\"message\":"), deed->text);
	wire_text_append(out, STR("}"));
}

static void
join(struct wire_text *out, const struct deed *deed)
{
	put_text(out, STR("{\"type\":\"join\",\"username\":"), deed->name);
	put_text(out, STR(",\"topic\":"), deed->room);
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

#define WORD(word, kind)                            \
	{                                           \
		{ "" word, sizeof(word) - 1 }, kind \
	}

static const struct speech_word words[] = {
	WORD("joined", HEARD_JOINED),
	WORD("left", HEARD_LEFT),
	WORD("message", HEARD_SAID),
	WORD("ack", HEARD_ACK),
	WORD("list", HEARD_ROOMS),
	WORD("error", HEARD_ERROR),
};

static bool
read_item(struct reading *reading, struct str item, struct heard *out)
{
	return heard_fill(out, reading, item, fields,
	    sizeof(fields) / sizeof(fields[0]));
}

static bool
read(struct reading *reading, struct str frame, struct heard *out)
{
	if (!read_item(reading, frame, out))
		return false;
	out->kind =
	    speech_kind(words, sizeof(words) / sizeof(words[0]), out->word);
	out->at *= 1000;
	return true;
}

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
	.read = read,
	.read_item = read_item,
};
