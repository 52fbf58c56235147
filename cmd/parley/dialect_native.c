/* The native dialect: docs/protocol.md. */
#include "cmd/parley/client_dialect.h"
#include "domain/base/count_of.h"
#include "wire/json/json_fields.h"

/* Writes the fields that every command ends with. */
static void
native_write_end(struct wire_text *out, const struct client_request *request)
{
	if (request->ref != 0)
		json_field_unsigned(out, STR(",\"ref\":"), request->ref);
	wire_text_append(out, STR("}"));
}

static void
native_write_post(struct wire_text *out, const struct client_request *request)
{
	wire_text_append(out, STR("{\"command\":\"broadcast\""));
	json_field_optional(out, STR(",\"room\":"), request->room);
	if (request->is_json) {
		wire_text_append(out, STR(",\"message\":"));
		wire_text_append(out, request->text);
	} else
		json_field_string(out, STR(",\"message\":"), request->text);
	if (request->room.data != NULL)
		json_field_optional(out, STR(",\"key\":"), request->key);
	native_write_end(out, request);
}

static void
native_write_persistent(struct wire_text *out,
    const struct client_request *request)
{
	if (request->persistent)
		wire_text_append(out, STR(",\"persistent\":true"));
}

static void
native_write_join(struct wire_text *out, const struct client_request *request)
{
	wire_text_append(out, STR("{\"command\":\"join\",\"create\":true"));
	native_write_persistent(out, request);
	json_field_string(out, STR(",\"room\":"), request->room);
	if (request->epoch.data != NULL) {
		json_field_string(out, STR(",\"since\":{\"epoch\":"),
		    request->epoch);
		json_field_unsigned(out, STR(",\"seq\":"), request->seq);
		wire_text_append(out, STR("}"));
	}
	json_field_unsigned(out, STR(",\"history\":"), request->limit);
	native_write_end(out, request);
}

static void
native_write_leave(struct wire_text *out, const struct client_request *request)
{
	json_field_string(out, STR("{\"command\":\"leave\",\"room\":"),
	    request->room);
	native_write_end(out, request);
}

static void
native_write_create(struct wire_text *out, const struct client_request *request)
{
	json_field_string(out, STR("{\"command\":\"create\",\"name\":"),
	    request->name);
	native_write_persistent(out, request);
	native_write_end(out, request);
}

static void
native_write_rooms(struct wire_text *out, const struct client_request *request)
{
	wire_text_append(out, STR("{\"command\":\"rooms\""));
	native_write_end(out, request);
}

static void
native_write_list(struct wire_text *out, const struct client_request *request)
{
	wire_text_append(out, STR("{\"command\":\"list\""));
	json_field_optional(out, STR(",\"room\":"), request->room);
	native_write_end(out, request);
}

/* Messages after a seq, or else the newest. */
static void
native_write_history(struct wire_text *out,
    const struct client_request *request)
{
	json_field_string(out, STR("{\"command\":\"history\",\"room\":"),
	    request->room);
	json_field_unsigned(out, STR(",\"limit\":"), request->limit);
	if (request->epoch.data != NULL)
		json_field_unsigned(out, STR(",\"after\":"), request->seq);
	native_write_end(out, request);
}

static void
native_write_dm(struct wire_text *out, const struct client_request *request)
{
	json_field_string(out, STR("{\"command\":\"dm\",\"recipient\":"),
	    request->name);
	json_field_string(out, STR(",\"message\":"), request->text);
	native_write_end(out, request);
}

static void
native_write_name(struct wire_text *out, const struct client_request *request)
{
	json_field_string(out, STR("{\"command\":\"name\",\"name\":"),
	    request->name);
	native_write_end(out, request);
}

/* --- moderation ----------------------------------------------------------- */

static void
native_write_act(struct wire_text *out, const char *command,
    const struct client_request *request, const char *text_field)
{
	json_field_string(out, STR("{\"command\":"), str_from(command));
	json_field_string(out, STR(",\"room\":"), request->room);
	json_field_optional(out, STR(",\"member\":"), request->name);
	if (text_field != NULL && request->text.data != NULL) {
		wire_text_append(out, STR(","));
		json_field_string(out, str_from(text_field), request->text);
	}
	native_write_end(out, request);
}

#define REASON "\"reason\":"

/* A function for a command that is done to a member, or to the room. */
#define NATIVE_WRITE(word, field)                              \
	static void native_write_##word(struct wire_text *out, \
	    const struct client_request *request)              \
	{                                                      \
		native_write_act(out, #word, request, field);  \
	}

NATIVE_WRITE(invite, NULL)
NATIVE_WRITE(kick, REASON)
NATIVE_WRITE(mute, REASON)
NATIVE_WRITE(unmute, NULL)
NATIVE_WRITE(ban, REASON)
NATIVE_WRITE(unban, NULL)
NATIVE_WRITE(role, "\"role\":")
NATIVE_WRITE(topic, "\"topic\":")
NATIVE_WRITE(delete, NULL)

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
	FIELD("topic", FIELD_TEXT, topic),
	FIELD("role", FIELD_TEXT, role),
	FIELD("by", FIELD_TEXT, by),
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
	EVENT_WORD("epoch", SERVER_EPOCH),
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
	EVENT_WORD("invite", SERVER_INVITED),
	EVENT_WORD("kick", SERVER_KICKED),
	EVENT_WORD("role", SERVER_ROLE),
	EVENT_WORD("topic", SERVER_TOPIC),
	EVENT_WORD("deleted", SERVER_DELETED),
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
	    [REQUEST_POST] = native_write_post,
	    [REQUEST_JOIN] = native_write_join,
	    [REQUEST_LEAVE] = native_write_leave,
	    [REQUEST_CREATE] = native_write_create,
	    [REQUEST_ROOMS] = native_write_rooms,
	    [REQUEST_MEMBERS] = native_write_list,
	    [REQUEST_HISTORY] = native_write_history,
	    [REQUEST_DM] = native_write_dm,
	    [REQUEST_NAME] = native_write_name,
	    [REQUEST_INVITE] = native_write_invite,
	    [REQUEST_KICK] = native_write_kick,
	    [REQUEST_MUTE] = native_write_mute,
	    [REQUEST_UNMUTE] = native_write_unmute,
	    [REQUEST_BAN] = native_write_ban,
	    [REQUEST_UNBAN] = native_write_unban,
	    [REQUEST_ROLE] = native_write_role,
	    [REQUEST_TOPIC] = native_write_topic,
	    [REQUEST_DELETE] = native_write_delete,
	},
	.shares_files = true,
	.fields = fields,
	.field_count = COUNT_OF(fields),
	.at_unit_ms = 1,
	.words = words,
};
