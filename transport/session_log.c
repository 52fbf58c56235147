#include "transport/session_log.h"

#include <stdio.h>

#include "domain/text/utf8.h"
#include "transport/host.h"
#include "transport/net/conn.h"
#include "transport/session.h"

/* As the ASP.NET server names them; NULL: it is not shown. */
static const char *
logged_type(const struct command *command)
{
	switch (command->kind) {
	case COMMAND_ROOM_CREATE:
		return "createRoom";
	case COMMAND_RENAME:
		return "setUsername";
	case COMMAND_LIST:
		return command->room.data == NULL ? "listUsers" : NULL;
	case COMMAND_DM:
		return "privateMessage";
	case COMMAND_BROADCAST:
		return command->room.data == NULL ? "ChatMessage" : NULL;
	default:
		return NULL;
	}
}

static void
record_keep_text(char *out, size_t size, struct str text)
{
	text = utf8_cut(text, size - 1);
	*str_put(out, text) = '\0';
}

#define TEXT_KEPT 100

/* Of a private message only the recipient is kept. */
static void
record_set_parameters(struct command_record *record,
    const struct command *command)
{
	size_t size = sizeof(record->parameters);
	struct str text = command->body;

	if (command->kind == COMMAND_DM) {
		record_keep_text(record->parameters, size, command->recipient);
	} else if (command->kind == COMMAND_BROADCAST) {
		if (text.len >= 2 && text.data[0] == '"')
			text = str_slice(text.data + 1, text.len - 2);
		snprintf(record->parameters, size, "Message: %.*s, Length: %zu",
		    (int)utf8_cut(text, TEXT_KEPT).len,
		    text.data == NULL ? "" : text.data, text.len);
	} else {
		record_keep_text(record->parameters, size, command->name);
	}
}

static void
record_set_error(struct command_record *record,
    const struct logged_command *logged)
{
	const struct failure *failure = logged->failure;
	struct str text = str_from(chat_error_text(logged->error));

	if (logged->error == CHAT_OK)
		return;
	if (failure->error != CHAT_OK && failure->text.data != NULL)
		text = failure->text;
	record_keep_text(record->error, sizeof(record->error), text);
}

void
session_log_command(const struct session *session, struct command_log *log,
    const struct logged_command *logged)
{
	const struct loop *loop = session->conn->loop;
	const char *type = logged_type(logged->command);
	struct command_record record = {
		.at_ms = clock_wall_ms(loop->clock),
		.took_us = logged->took_us,
	};

	if (type == NULL || loop->host->ops->member_name == NULL ||
	    !loop->host->ops->member_name(session_member(session),
		record.username, loop->host->arg))
		return;
	record_keep_text(record.client_id, sizeof(record.client_id),
	    session_member(session));
	record_keep_text(record.type, sizeof(record.type), str_from(type));
	record_set_parameters(&record, logged->command);
	record_set_error(&record, logged);
	command_log_add(log, &record);
}
