/* The native dialect: docs/protocol.md. */
#include "cmd/parley/speech.h"
#include "domain/base/count_of.h"
#include "wire/json/json_fields.h"

/* Ends what every command ends with. */
static void
end(struct wire_text *out, const struct deed *deed)
{
	if (deed->ref != 0)
		json_field_unsigned(out, STR(",\"ref\":"), deed->ref);
	wire_text_append(out, STR("}"));
}

static void
say(struct wire_text *out, const struct deed *deed)
{
	wire_text_append(out, STR("{\"command\":\"broadcast\""));
	json_field_optional(out, STR(",\"room\":"), deed->room);
	json_field_string(out, STR(",\"message\":"), deed->text);
	if (deed->room.data != NULL)
		json_field_optional(out, STR(",\"key\":"), deed->key);
	end(out, deed);
}

static void
put_if_persistent(struct wire_text *out, const struct deed *deed)
{
	if (deed->persistent)
		wire_text_append(out, STR(",\"persistent\":true"));
}

static void
join(struct wire_text *out, const struct deed *deed)
{
	wire_text_append(out, STR("{\"command\":\"join\",\"create\":true"));
	put_if_persistent(out, deed);
	json_field_string(out, STR(",\"room\":"), deed->room);
	if (deed->epoch.data != NULL) {
		json_field_string(out, STR(",\"since\":{\"epoch\":"),
		    deed->epoch);
		json_field_unsigned(out, STR(",\"seq\":"), deed->seq);
		wire_text_append(out, STR("}"));
	}
	json_field_unsigned(out, STR(",\"history\":"), deed->limit);
	end(out, deed);
}

static void
leave(struct wire_text *out, const struct deed *deed)
{
	json_field_string(out, STR("{\"command\":\"leave\",\"room\":"),
	    deed->room);
	end(out, deed);
}

static void
create(struct wire_text *out, const struct deed *deed)
{
	json_field_string(out, STR("{\"command\":\"create\",\"name\":"),
	    deed->name);
	put_if_persistent(out, deed);
	end(out, deed);
}

static void
rooms(struct wire_text *out, const struct deed *deed)
{
	wire_text_append(out, STR("{\"command\":\"rooms\""));
	end(out, deed);
}

static void
members(struct wire_text *out, const struct deed *deed)
{
	wire_text_append(out, STR("{\"command\":\"list\""));
	json_field_optional(out, STR(",\"room\":"), deed->room);
	end(out, deed);
}

/* Behind a number, or else the newest. */
static void
history(struct wire_text *out, const struct deed *deed)
{
	json_field_string(out, STR("{\"command\":\"history\",\"room\":"),
	    deed->room);
	json_field_unsigned(out, STR(",\"limit\":"), deed->limit);
	if (deed->epoch.data != NULL)
		json_field_unsigned(out, STR(",\"after\":"), deed->seq);
	end(out, deed);
}

static void
dm(struct wire_text *out, const struct deed *deed)
{
	json_field_string(out, STR("{\"command\":\"dm\",\"recipient\":"),
	    deed->name);
	json_field_string(out, STR(",\"message\":"), deed->text);
	end(out, deed);
}

static void
name(struct wire_text *out, const struct deed *deed)
{
	json_field_string(out, STR("{\"command\":\"name\",\"name\":"),
	    deed->name);
	end(out, deed);
}

static const struct field fields[] = {
	FIELD("event", FIELD_TEXT, word),
	FIELD("room", FIELD_TEXT, room),
	FIELD("name", FIELD_TEXT, name),
	FIELD("member", FIELD_TEXT, member),
	FIELD("member_id", FIELD_TEXT, member_id),
	FIELD("id", FIELD_TEXT, member_id),
	FIELD("was", FIELD_TEXT, was),
	FIELD("epoch", FIELD_TEXT, epoch),
	FIELD("durability", FIELD_TEXT, durability),
	FIELD("code", FIELD_TEXT, code),
	FIELD("reason", FIELD_TEXT, text),
	FIELD("message", FIELD_MESSAGE, message),
	FIELD("members", FIELD_JSON, members),
	FIELD("members", FIELD_NUMBER, count),
	FIELD("rooms", FIELD_JSON, rooms),
	FIELD("messages", FIELD_JSON, messages),
	FIELD("missing", FIELD_JSON, missing),
	FIELD("ref", FIELD_NUMBER, ref),
	FIELD("seq", FIELD_NUMBER, seq),
	FIELD("at", FIELD_NUMBER, at),
	FIELD("count", FIELD_NUMBER, count),
	FIELD("retry_after_ms", FIELD_NUMBER, retry_after_ms),
	FIELD("recovered", FIELD_BOOLEAN, recovered),
	FIELD("more", FIELD_BOOLEAN, more),
	FIELD("epoch_changed", FIELD_BOOLEAN, epoch_changed),
	FIELD("persistent", FIELD_BOOLEAN, persistent),
};

static const struct speech_word words[] = {
	SPEECH_WORD("me", HEARD_WELCOME),
	SPEECH_WORD("broadcast", HEARD_SAID),
	SPEECH_WORD("ack", HEARD_ACK),
	SPEECH_WORD("error", HEARD_ERROR),
	SPEECH_WORD("joined", HEARD_JOINED),
	SPEECH_WORD("left", HEARD_LEFT),
	SPEECH_WORD("created", HEARD_CREATED),
	SPEECH_WORD("join", HEARD_CAME),
	SPEECH_WORD("leave", HEARD_WENT),
	SPEECH_WORD("count", HEARD_COUNT),
	SPEECH_WORD("named", HEARD_NAMED),
	SPEECH_WORD("renamed", HEARD_RENAMED),
	SPEECH_WORD("list", HEARD_MEMBERS),
	SPEECH_WORD("rooms", HEARD_ROOMS),
	SPEECH_WORD("history", HEARD_HISTORY),
	SPEECH_WORD("dm", HEARD_DM),
	SPEECH_WORD("dm_sent", HEARD_DM_SENT),
	SPEECH_WORD("bye", HEARD_BYE),
	{ STR_ABSENT, HEARD_NOTHING },
};

const struct speech speech_command = {
	.name = "command",
	.path = "/ws/command",
	.lobby = true,
	.resumes = true,
	.named = true,
	.write = {
	    [DEED_SAY] = say,
	    [DEED_JOIN] = join,
	    [DEED_LEAVE] = leave,
	    [DEED_CREATE] = create,
	    [DEED_ROOMS] = rooms,
	    [DEED_MEMBERS] = members,
	    [DEED_HISTORY] = history,
	    [DEED_DM] = dm,
	    [DEED_NAME] = name,
	},
	.fields = fields,
	.field_count = COUNT_OF(fields),
	.at_unit_ms = 1,
	.words = words,
};
