#include "tests/support/transport/session_rig.h"

#include <assert.h>
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "domain/principal.h"
#include "domain/publisher.h"

struct session_rig session_rig;

/* assert(): unlike Check's own it needs no memory, of which there may be none.
 */
void
session_rig_copy(char *out, size_t size, struct str text)
{
	assert(text.len < size);
	if (text.len > 0)
		memcpy(out, text.data, text.len);
	out[text.len] = '\0';
}

static enum chat_error
member_attach(const struct command *command)
{
	struct publisher *publisher = hub_publisher(session_rig.hub);
	char id[ID_SIZE];
	enum chat_error error;

	if (session_rig.connect_result != CHAT_OK)
		return session_rig.connect_result;
	snprintf(id, sizeof(id), "member-%u", session_rig.attached++);
	session_rig.connection = command->connection;
	if (command->principal->member_id.data != NULL)
		session_rig_copy(id, sizeof(id), command->principal->member_id);
	error = publisher_attach(publisher, command->peer, str_from(id),
	    command->connection);
	if (error != CHAT_OK || (command->flags & COMMAND_NO_LOBBY))
		return error;
	/* A member that cannot be added to the lobby is still a member. */
	return publisher_enter(publisher, str_from(id), 0, STR_ABSENT);
}

static void
post_twice(struct str author)
{
	struct publisher *publisher = hub_publisher(session_rig.hub);
	char body[8192];
	struct event event = {
		.member = STR("margaret"),
		.member_id = STR("elsewhere"),
		.body = { body, 0 },
	};

	for (int i = 0; i < 2; i++) {
		event.kind = i == 0 ? EVENT_MESSAGE : EVENT_DM;
		event.body.len =
		    (size_t)snprintf(body, sizeof(body), "\"%*s#%u\"",
			(int)session_rig.padding, "", ++session_rig.message);
		publisher_publish(publisher, &event,
		    i == 0 ? audience_lobby() : audience_one(author));
	}
}

static void
post_unstored(void)
{
	struct event event = {
		.kind = EVENT_TYPING,
		.room = STR("room"),
		.member = STR("margaret"),
		.member_id = STR("elsewhere"),
	};

	publisher_publish(hub_publisher(session_rig.hub), &event,
	    audience_lobby());
}

static enum chat_error
session_command_handle(struct command_handler *handler,
    const struct command *command)
{
	(void)handler;
	session_rig.kind = command->kind;
	session_rig.commands++;
	switch (command->kind) {
	case COMMAND_CONNECT:
		session_rig.peer = command->peer;
		session_rig.rights = command->rights;
		session_rig.has_name = command->name.data != NULL;
		session_rig_copy(session_rig.name, sizeof(session_rig.name),
		    command->name);
		return member_attach(command);
	case COMMAND_DISCONNECT:
		session_rig.disconnects++;
		publisher_leave(hub_publisher(session_rig.hub), command->author,
		    STR_ABSENT);
		return CHAT_OK;
	case COMMAND_BROADCAST:
		session_rig_copy(session_rig.body, sizeof(session_rig.body),
		    command->body);
		if (session_rig.broadcast_result == CHAT_OK)
			post_twice(command->author);
		return session_rig.broadcast_result;
	case COMMAND_TYPING:
		post_unstored();
		return CHAT_OK;
	default:
		session_rig.rights = command->rights;
		return CHAT_OK;
	}
}

static bool
session_is_in_room(struct command_handler *handler, struct str member_id)
{
	(void)handler;
	ck_assert(!str_is_empty(member_id));
	return session_rig.in_room;
}

static const struct command_handler_ops session_rig_handler = {
	session_command_handle, session_is_in_room
};

void
session_rig_begin(void)
{
	struct sessions_config config;

	memset(&session_rig, 0, sizeof(session_rig));
	session_rig.handler.ops = &session_rig_handler;
	session_rig.hub = hub_create();
	config = (struct sessions_config){
		.hub = session_rig.hub,
		.handler = &session_rig.handler,
		.limits = &session_rig.rig.limits,
	};
	session_rig.sessions = sessions_create(&config);
	rig_init(&session_rig.rig, sessions_endpoint(session_rig.sessions));
	session_rig.rig.limits.patience_ms =
	    0; /* no patience: refused at once */
}

void
session_rig_open(int sndbuf)
{
	for (int i = 0; i < SESSION_RIG_CLIENTS; i++) {
		client_connect(&session_rig.clients[i], &session_rig.rig,
		    sndbuf);
		client_open(&session_rig.clients[i], &session_rig.rig, "/ws");
	}
}

void
session_rig_end(void)
{
	rig_fini(&session_rig.rig);
	for (int i = 0; i < SESSION_RIG_CLIENTS; i++)
		if (session_rig.clients[i].data != NULL)
			client_fini(&session_rig.clients[i]);
	sessions_destroy(session_rig.sessions);
	hub_destroy(session_rig.hub);
}

void
session_rig_send(int i, const char *text)
{
	client_send_frame(&session_rig.clients[i], WS_TEXT, text, strlen(text));
}

void
session_rig_turn(int i)
{
	rig_turn(&session_rig.rig);
	client_receive(&session_rig.clients[i]);
}

/* The next text as a string; NULL: there is none. */
const char *
session_rig_take(int i)
{
	static char text[16384];
	uint8_t opcode;
	const char *data;
	size_t len;

	if (!client_take_frame(&session_rig.clients[i], &opcode, &data, &len) ||
	    opcode != WS_TEXT)
		return NULL;
	session_rig_copy(text, sizeof(text), str_slice(data, len));
	return text;
}

void
session_rig_check(int i, const char *part)
{
	const char *text = session_rig_take(i);

	ck_assert_ptr_nonnull(text);
	ck_assert_msg(strstr(text, part) != NULL, "no %s in %s", part, text);
}
