/* The native dialect: docs/protocol.md. */
#include "cmd/parley/client_dialect.h"
#include "domain/base/count_of.h"
#include "wire/json/json_fields.h"

/* Ends what every command ends with. */
static void
end(struct wire_text *out, const struct client_request *deed)
{
	if (deed->ref != 0)
		json_field_unsigned(out, STR(",\"ref\":"), deed->ref);
	wire_text_append(out, STR("}"));
}

static void
say(struct wire_text *out, const struct client_request *deed)
{
	wire_text_append(out, STR("{\"command\":\"broadcast\""));
	json_field_optional(out, STR(",\"room\":"), deed->room);
	json_field_string(out, STR(",\"message\":"), deed->text);
	if (deed->room.data != NULL)
		json_field_optional(out, STR(",\"key\":"), deed->key);
	end(out, deed);
}

static void
put_if_persistent(struct wire_text *out, const struct client_request *deed)
{
	if (deed->persistent)
		wire_text_append(out, STR(",\"persistent\":true"));
}

static void
join(struct wire_text *out, const struct client_request *deed)
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
leave(struct wire_text *out, const struct client_request *deed)
{
	json_field_string(out, STR("{\"command\":\"leave\",\"room\":"),
	    deed->room);
	end(out, deed);
}

static void
create(struct wire_text *out, const struct client_request *deed)
{
	json_field_string(out, STR("{\"command\":\"create\",\"name\":"),
	    deed->name);
	put_if_persistent(out, deed);
	end(out, deed);
}

static void
rooms(struct wire_text *out, const struct client_request *deed)
{
	wire_text_append(out, STR("{\"command\":\"rooms\""));
	end(out, deed);
}

static void
members(struct wire_text *out, const struct client_request *deed)
{
	wire_text_append(out, STR("{\"command\":\"list\""));
	json_field_optional(out, STR(",\"room\":"), deed->room);
	end(out, deed);
}

/* Behind a number, or else the newest. */
static void
history(struct wire_text *out, const struct client_request *deed)
{
	json_field_string(out, STR("{\"command\":\"history\",\"room\":"),
	    deed->room);
	json_field_unsigned(out, STR(",\"limit\":"), deed->limit);
	if (deed->epoch.data != NULL)
		json_field_unsigned(out, STR(",\"after\":"), deed->seq);
	end(out, deed);
}

static void
dm(struct wire_text *out, const struct client_request *deed)
{
	json_field_string(out, STR("{\"command\":\"dm\",\"recipient\":"),
	    deed->name);
	json_field_string(out, STR(",\"message\":"), deed->text);
	end(out, deed);
}

static void
name(struct wire_text *out, const struct client_request *deed)
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

static const struct event_word words[] = {
	EVENT_WORD("me", SERVER_WELCOME),
	EVENT_WORD("broadcast", SERVER_MESSAGE),
	EVENT_WORD("ack", SERVER_ACK),
	EVENT_WORD("error", SERVER_ERROR),
	EVENT_WORD("joined", SERVER_JOINED),
	EVENT_WORD("left", SERVER_LEFT),
	EVENT_WORD("created", SERVER_CREATED),
	EVENT_WORD("join", SERVER_JOIN),
	EVENT_WORD("leave", SERVER_LEAVE),
	EVENT_WORD("count", SERVER_COUNT),
	EVENT_WORD("named", SERVER_NAMED),
	EVENT_WORD("renamed", SERVER_RENAMED),
	EVENT_WORD("list", SERVER_MEMBERS),
	EVENT_WORD("rooms", SERVER_ROOMS),
	EVENT_WORD("history", SERVER_HISTORY),
	EVENT_WORD("dm", SERVER_DM),
	EVENT_WORD("dm_sent", SERVER_DM_SENT),
	EVENT_WORD("bye", SERVER_BYE),
	{ STR_ABSENT, SERVER_NOTHING },
};

const struct client_dialect client_dialect_native = {
	.name = "command",
	.path = "/ws/command",
	.lobby = true,
	.resumes = true,
	.named = true,
	.write = {
	    [REQUEST_POST] = say,
	    [REQUEST_JOIN] = join,
	    [REQUEST_LEAVE] = leave,
	    [REQUEST_CREATE] = create,
	    [REQUEST_ROOMS] = rooms,
	    [REQUEST_MEMBERS] = members,
	    [REQUEST_HISTORY] = history,
	    [REQUEST_DM] = dm,
	    [REQUEST_NAME] = name,
	},
	.fields = fields,
	.field_count = COUNT_OF(fields),
	.at_unit_ms = 1,
	.words = words,
};
