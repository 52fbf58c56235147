/* Sends messages and requests. */
#include <assert.h>

#include "cmd/parley/client_internal.h"
#include "cmd/parley/connection.h"

/* With its envelope it stays below the frame limit of 1 MiB. */
#define MESSAGE_SIZE_MAX ((size_t)960 << 10)
#define QUEUED_MAX 1000

bool
client_send(struct client *client, const struct client_request *request)
{
	const struct client_dialect *dialect = client->config.dialect;

	if (client->connection == NULL)
		return false;
	wire_text_reset(&client->out);
	dialect->write[request->kind](&client->out, request);
	return !client->out.failed &&
	       connection_send(client->connection,
		   str_slice(client->out.data, client->out.len));
}

void
client_flush(struct client *client)
{
	struct queued_message *first = client->queue.first;
	struct client_request request = { .kind = REQUEST_POST };

	if (!client->online || client->waiting || first == NULL ||
	    first->in_flight)
		return;
	request.ref = first->ref;
	request.room = first->room;
	request.text = first->text;
	request.is_json = first->is_json;
	if (first->key[0] != '\0')
		request.key = str_from(first->key);
	first->in_flight = client_send(client, &request);
}

void
client_confirm(struct client *client, bool taken)
{
	struct queued_message *first = client->queue.first;

	client->config.ops->on_posted(client->config.arg, first->text, taken);
	client_queue_drop(&client->queue);
	client_flush(client);
}

static enum client_post_result
client_post_to(struct client *client, struct str room, struct str text,
    bool is_json)
{
	const struct client_dialect *dialect = client->config.dialect;
	struct queued_message *message = NULL;

	if (room.data == NULL && !dialect->lobby)
		return CLIENT_NOT_IN_ROOM;
	wire_text_reset(&client->out);
	json_put_string(&client->out, text);
	if (client->out.len > MESSAGE_SIZE_MAX)
		return CLIENT_TOO_LONG;
	if (client->queue.count < QUEUED_MAX && !client->out.failed)
		message = client_queue_add(&client->queue, room, text,
		    dialect->resumes && room.data != NULL);
	if (message == NULL)
		return CLIENT_TOO_MANY;
	message->is_json = is_json;
	client_flush(client);
	return CLIENT_POSTED;
}

enum client_post_result
client_post(struct client *client, struct str text)
{
	return client_post_to(client, client_room(client), text, false);
}

enum client_post_result
client_post_json(struct client *client, struct str room, struct str json)
{
	assert(client->config.dialect->shares_files);
	return client_post_to(client, room, json, true);
}

size_t
client_unacknowledged(const struct client *client)
{
	return client->queue.count;
}

/* After the last message that was read there. */
static void
client_join(struct client *client, struct joined_room *room)
{
	struct client_request request = {
		.kind = REQUEST_JOIN,
		.room = read_position_room(&room->position),
		.name = str_from(client->name),
		.epoch = read_position_epoch(&room->position),
		.seq = room->position.seq,
		.limit = client->was_online ? 0 : client->config.history,
		.persistent = client->keeps,
		.ref = client_queue_ref(&client->queue),
	};

	room->join_ref = request.ref;
	client_send(client, &request);
}

void
client_join_all(struct client *client)
{
	for (struct joined_room *room = client->rooms; room != NULL;
	     room = room->next)
		if (!room->is_joined)
			client_join(client, room);
}

/* Requests whose room defaults to the joined one. */
static bool
request_needs_room(enum request_kind kind)
{
	return kind == REQUEST_LEAVE || kind == REQUEST_HISTORY ||
	       (kind >= REQUEST_INVITE && kind <= REQUEST_DELETE);
}

/* False: it is not joined. */
static bool
client_switch_room(struct client *client, struct str id)
{
	struct joined_room *room = client_find_room(client, id);
	struct server_event event = { .kind = SERVER_SWITCHED, .room = id };

	if (room == NULL)
		return false;
	client->room = room;
	client->config.ops->on_event(client->config.arg, &event);
	return true;
}

enum client_request_result
client_request(struct client *client, const struct client_request *wish)
{
	const struct client_dialect *dialect = client->config.dialect;
	struct client_request request = *wish,
			      leave = { .kind = REQUEST_LEAVE };

	if (dialect->write[request.kind] == NULL)
		return CLIENT_UNSUPPORTED;
	if (!client->online)
		return CLIENT_OFFLINE;
	if (request.kind == REQUEST_JOIN && dialect->resumes &&
	    client_switch_room(client, request.room))
		return CLIENT_REQUESTED;
	if (request.room.data == NULL)
		request.room = client_room(client);
	if (request.room.data == NULL && request_needs_room(request.kind))
		return CLIENT_NO_ROOM;
	request.ref = client_queue_ref(&client->queue);
	request.persistent = client->keeps;
	if (request.kind == REQUEST_JOIN && dialect->join_required) {
		request.name = str_from(client->name);
		if (client->room != NULL)
			client_send(client, &leave);
	}
	return client_send(client, &request) ? CLIENT_REQUESTED
					     : CLIENT_OFFLINE;
}
