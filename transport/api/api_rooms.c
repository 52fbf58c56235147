/* Rooms, members, and what the server is. */
#include <assert.h>
#include <string.h>

#include "transport/api/api_internal.h"
#include "transport/fanout/hub.h"
#include "transport/session.h"
#include "transport/ws/ws_conn.h"
#include "wire/common/wire_text.h"
#include "wire/json/json_fields.h"

#define ENTRIES_MOST 1000
#define ENTRIES_PRESET 100

static void
room_ask(struct api_call *call, enum command_kind kind)
{
	struct command command = {
		.kind = kind,
		.room = api_call_subject(call),
	};

	api_call_ask(call, &command, STR("0"));
}

/* --- one room ------------------------------------------------------------- */

static void
room_get_run(struct api_call *call)
{
	room_ask(call, COMMAND_ROOM_INFO);
}

const struct api_operation operation_room_get = {
	.run = room_get_run,
	.receive = api_call_put,
	.param = "room",
};

/* The answer is the room as it is then. The commands have one author, so the
 * second one waits for the first. */
static void
room_call_create(struct api_call *call)
{
	struct api_body body = api_call_body(call);
	struct str room = STR_ABSENT;
	struct command command;
	struct failure why;

	if (call->operation->param != NULL)
		room = api_call_subject(call);
	if (api_decode_room(&body, room, &command, &why) != CHAT_OK)
		api_call_fail(call, &why);
	else
		api_call_ask(call, &command, STR("0"));
}

static void
room_receive_created(struct api_call *call, const struct event *event)
{
	assert(event->room.len < sizeof(call->subject));
	memcpy(call->subject, event->room.data, event->room.len);
	call->subject[event->room.len] = '\0';
	call->has_created = true;
	room_ask(call, COMMAND_ROOM_INFO);
}

static void
room_create_receive(struct api_call *call, const struct event *event)
{
	bool may_exist = call->operation == &operation_room_put;

	if (event->kind == EVENT_ROOM_CREATED)
		room_receive_created(call, event);
	else if (event->kind == EVENT_FAILED && may_exist &&
		 event->failure.error == CHAT_ROOM_EXISTS)
		room_ask(call, COMMAND_ROOM_INFO);
	else
		api_call_put(call, event);
	if (event->kind == EVENT_ROOM_INFO && call->has_created)
		call->status = 201;
}

const struct api_operation operation_room_post = {
	.run = room_call_create,
	.receive = room_create_receive,
};

const struct api_operation operation_room_put = {
	.run = room_call_create,
	.receive = room_create_receive,
	.param = "room",
};

/* The answer is the room as it is then, or why one of the changes failed. */
static void
room_patch_run(struct api_call *call)
{
	struct api_body body = api_call_body(call);
	struct command topic, slow;
	struct failure why;

	if (api_decode_change(&body, api_call_subject(call), &topic, &slow,
		&why) != CHAT_OK) {
		api_call_fail(call, &why);
		return;
	}
	if (topic.kind == COMMAND_TOPIC)
		api_call_ask(call, &topic, STR("0"));
	if (slow.kind == COMMAND_SLOW)
		api_call_ask(call, &slow, STR("0"));
	room_ask(call, COMMAND_ROOM_INFO);
}

static void
room_patch_receive(struct api_call *call, const struct event *event)
{
	if (event->kind != EVENT_DONE && call->status == 0)
		api_call_put(call, event);
}

const struct api_operation operation_room_patch = {
	.run = room_patch_run,
	.receive = room_patch_receive,
	.param = "room",
};

/* --- what has no other answer --------------------------------------------- */

static void
done_receive(struct api_call *call, const struct event *event)
{
	if (event->kind == EVENT_DONE)
		call->status = 204;
	else
		api_call_put(call, event);
}

static void
room_delete_call_run(struct api_call *call)
{
	room_ask(call, COMMAND_ROOM_DELETE);
}

const struct api_operation operation_room_delete = {
	.run = room_delete_call_run,
	.receive = done_receive,
	.param = "room",
};

static void
moderation_run(struct api_call *call)
{
	struct api_body body = api_call_body(call);
	struct command command;
	struct failure why;

	if (api_decode_moderation(&body, call->operation->kind,
		api_call_subject(call), &command, &why) != CHAT_OK)
		api_call_fail(call, &why);
	else
		api_call_ask(call, &command, STR("0"));
}

#define MODERATION(name, command_kind)                  \
	const struct api_operation operation_##name = { \
		.run = moderation_run,                  \
		.receive = done_receive,                \
		.kind = command_kind,                   \
		.param = "room",                        \
	}

MODERATION(invite, COMMAND_INVITE);
MODERATION(role, COMMAND_ROLE);
MODERATION(kick, COMMAND_KICK);
MODERATION(mute, COMMAND_MUTE);
MODERATION(unmute, COMMAND_UNMUTE);
MODERATION(ban, COMMAND_BAN);
MODERATION(unban, COMMAND_UNBAN);

static void
redaction_run(struct api_call *call)
{
	struct command command = {
		.kind = COMMAND_REDACT,
		.room = api_call_subject(call),
		.from_seq = call->number,
	};

	api_call_ask(call, &command, STR("0"));
}

const struct api_operation operation_redact = {
	.run = redaction_run,
	.receive = done_receive,
	.param = "room",
	.number = "seq",
};

/* --- lists ---------------------------------------------------------------- */

/* A page of a list: ?after=…&limit=… */
static void
page_ask(struct api_call *call, struct command *command)
{
	struct http_request request;
	char after[API_SUBJECT_SIZE];
	uint64_t limit = ENTRIES_PRESET;

	http_exchange_request(call->exchange, &request);
	if (!api_query_text(call, &request, "after", after, sizeof(after)) ||
	    !api_query_number(call, &request, "limit", ENTRIES_MOST, &limit,
		NULL))
		return;
	if (limit == 0) {
		api_call_fail_field(call, "limit");
		return;
	}
	if (after[0] != '\0')
		command->after = str_from(after);
	command->limit = (uint32_t)limit;
	api_call_ask(call, command, STR("0"));
}

static void
rooms_run(struct api_call *call)
{
	struct command command = {
		.kind = COMMAND_ROOM_LIST,
		.flags = COMMAND_WITH_COUNTS,
	};

	page_ask(call, &command);
}

const struct api_operation operation_rooms = {
	.run = rooms_run,
	.receive = api_call_put,
};

static void
members_call_run(struct api_call *call)
{
	struct command command = { .kind = COMMAND_MEMBERS };

	if (call->operation->param != NULL)
		command.room = api_call_subject(call);
	page_ask(call, &command);
}

const struct api_operation operation_members = {
	.run = members_call_run,
	.receive = api_call_put,
};

const struct api_operation operation_room_members = {
	.run = members_call_run,
	.receive = api_call_put,
	.param = "room",
};

/* --- one member ----------------------------------------------------------- */

static void
member_end_run(struct api_call *call)
{
	struct failure failure = { .error = CHAT_MEMBER_NOT_FOUND };

	if (hub_end(call->api->config.hub, api_call_subject(call),
		WS_CLOSE_FORBIDDEN, "disconnected"))
		call->status = 204;
	else
		api_call_fail(call, &failure);
}

const struct api_operation operation_member_end = {
	.run = member_end_run,
	.param = "member",
};

/* --- connections ---------------------------------------------------------- */

static void
connection_put(const struct session *session, void *arg)
{
	struct wire_text *out = arg;

	wire_text_append_if(out, out->data[out->len - 1] == '}', STR(","));
	json_field_unsigned(out, STR("{\"connection\":"),
	    session->conn->number);
	json_field_string(out, STR(",\"dialect\":"),
	    str_from(session->dialect->name));
	wire_text_append(out, STR("}"));
}

static void
connections_run(struct api_call *call)
{
	struct failure failure = { .error = CHAT_MEMBER_NOT_FOUND };

	wire_text_append(&call->out, STR("{\"connections\":["));
	if (call->out.failed)
		return;
	if (!hub_each_connection(call->api->config.hub, api_call_subject(call),
		connection_put, &call->out)) {
		api_call_fail(call, &failure);
		return;
	}
	wire_text_append(&call->out, STR("]}"));
	call->status = 200;
}

const struct api_operation operation_connections = {
	.run = connections_run,
	.param = "member",
};

/* A WebSocket: requests end by themselves. NULL: there is none. */
static struct conn *
websocket_find(const struct loop *loop, uint64_t number)
{
	struct conn *conn = loop->conns;

	while (conn != NULL &&
	       (conn->number != number || !ws_conn_is_websocket(conn) ||
		   !ws_conn_is_open(conn)))
		conn = conn->next;
	return conn;
}

static void
connection_end_run(struct api_call *call)
{
	struct failure failure = {
		.error = CHAT_MEMBER_NOT_FOUND,
		.text = STR("No WebSocket has this number"),
	};
	struct conn *conn =
	    websocket_find(call->exchange->conn->loop, call->number);

	if (conn == NULL) {
		api_call_fail(call, &failure);
		return;
	}
	ws_conn_end(conn, WS_CLOSE_FORBIDDEN, "disconnected");
	call->status = 204;
}

const struct api_operation operation_connection_end = {
	.run = connection_end_run,
	.number = "connection",
};

/* --- tokens --------------------------------------------------------------- */

/* A line of the file auth.revoked. */
static void
revocation_write(const struct api_revocation *revocation, struct wire_text *out)
{
	if (revocation->jti.data != NULL) {
		wire_text_append(out, STR("jti "));
		wire_text_append(out, revocation->jti);
		return;
	}
	if (revocation->has_before)
		json_field_unsigned(out, STR("before "), revocation->before_s);
	else
		wire_text_append(out, STR("sub"));
	wire_text_append_if(out, revocation->sub.data != NULL, STR(" "));
	wire_text_append(out, revocation->sub);
}

static bool
call_revoke(struct api_call *call, const struct api_revocation *revocation,
    const char **why)
{
	struct admission *admission =
	    call->exchange->conn->loop->websockets->admission;
	struct wire_text line = { 0 };
	bool is_done = false;

	*why = NULL;
	revocation_write(revocation, &line);
	if (admission == NULL || admission->ops->revoke == NULL)
		*why = "There are no tokens";
	else if (!line.failed)
		is_done = admission->ops->revoke(admission,
		    str_slice(line.data, line.len), why);
	wire_text_fini(&line);
	return is_done;
}

static void
revoke_run(struct api_call *call)
{
	struct api_body body = api_call_body(call);
	struct api_revocation revocation;
	struct failure failure;
	const char *why;

	if (api_decode_revocation(&body, &revocation, &failure) != CHAT_OK) {
		api_call_fail(call, &failure);
	} else if (call_revoke(call, &revocation, &why)) {
		call->status = 204;
	} else {
		failure.error =
		    why != NULL ? CHAT_FORBIDDEN : CHAT_STORE_FAILED;
		if (why != NULL)
			failure.text = str_from(why);
		api_call_fail(call, &failure);
	}
}

const struct api_operation operation_revoke = {
	.run = revoke_run,
};

/* --- the server ----------------------------------------------------------- */

static void
info_run(struct api_call *call)
{
	const struct profile *profile = call->api->config.profile;
	const struct loop *loop = call->exchange->conn->loop;
	struct wire_text *out = &call->out;

	json_field_string(out, STR("{\"server\":"), profile->server);
	json_field_string(out, STR(",\"durability\":"), profile->durability);
	json_field_unsigned(out, STR(",\"connections\":"),
	    loop->websockets->open_count);
	json_field_signed(out, STR(",\"uptime_ms\":"), loop->now_ms);
	json_field_unsigned(out, STR(",\"limits\":{\"message_bytes\":"),
	    profile->message_bytes);
	json_field_unsigned(out, STR(",\"body_bytes\":"),
	    call->api->config.limits->body_bytes);
	json_field_unsigned(out, STR(",\"batch\":"), API_BATCH_MOST);
	wire_text_append(out, STR("}}"));
	call->status = 200;
}

const struct api_operation operation_info = {
	.run = info_run,
};

static void
node_put(const struct node_stats *node, void *arg)
{
	struct wire_text *out = arg;
	bool is_first = out->data[out->len - 1] == '[';

	json_field_string(out, is_first ? STR("{\"id\":") : STR(",{\"id\":"),
	    node->id);
	json_field_string(out, STR(",\"url\":"), node->url);
	json_field_string(out, STR(",\"version\":"), node->version);
	json_field_boolean(out, STR(",\"self\":"), node->is_self);
	json_field_boolean(out, STR(",\"alive\":"), node->is_alive);
	json_field_unsigned(out, STR(",\"connections\":"), node->connections);
	json_field_unsigned(out, STR(",\"rooms\":"), node->rooms);
	json_field_unsigned(out, STR(",\"lag_ms\":"), node->lag_ms);
	if (node->seen_ms >= 0)
		json_field_signed(out, STR(",\"seen_ms\":"), node->seen_ms);
	wire_text_append(out, STR("}"));
}

static void
nodes_run(struct api_call *call)
{
	const struct host *host = call->exchange->conn->loop->host;

	wire_text_append(&call->out, STR("{\"nodes\":["));
	if (host->ops->each_node != NULL && !call->out.failed)
		host->ops->each_node(node_put, &call->out, host->arg);
	wire_text_append(&call->out, STR("]}"));
	call->status = 200;
}

const struct api_operation operation_nodes = {
	.run = nodes_run,
};
