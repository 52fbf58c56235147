/* Handles the events of the server. */
#include <stdio.h>

#include "cmd/parley/client_internal.h"

#define RETRY_MS 1000 /* where the server gives no time */
/* A client that retries for each token is closed, so wait for several. */
#define RETRY_LEAST_MS 500

static void
event_show(struct client *client, const struct server_event *event)
{
	client->config.ops->on_event(client->config.arg, event);
}

static bool
name_set(char out[CLIENT_NAME_SIZE], struct str name)
{
	if (name.len == 0 || name.len >= CLIENT_NAME_SIZE)
		return false;
	memcpy(out, name.data, name.len);
	out[name.len] = '\0';
	return true;
}

/* --- messages ------------------------------------------------------------- */

/* Requests all messages after the read position; it includes live ones. */
static void
history_request(struct client *client, struct joined_room *room)
{
	struct client_request request = {
		.kind = REQUEST_HISTORY,
		.room = read_position_room(&room->position),
		.epoch = read_position_epoch(&room->position),
		.seq = room->position.seq,
		.limit = 1000,
		.ref = client_queue_ref(&client->queue),
	};

	room->position.behind = true;
	room->page_ref = request.ref;
	client_send(client, &request);
}

static bool
event_is_own(const struct client *client, const struct server_event *event)
{
	struct str id =
	    event->member_id.data != NULL ? event->member_id : event->member;

	return str_equal(id, str_from(client->own));
}

/* In the lobby there is no room. */
static void
message_accept(struct client *client, struct joined_room *room,
    struct server_event *message)
{
	message->kind = SERVER_MESSAGE;
	message->mine = event_is_own(client, message);
	message->elsewhere = room != client->room;
	if (room != NULL) {
		message->room = read_position_room(&room->position);
		message->epoch = read_position_epoch(&room->position);
	}
	if (room == NULL ||
	    read_position_read(&room->position, message->seq) == READ_NEXT)
		event_show(client, message);
}

static void
client_on_message(struct client *client, struct joined_room *room,
    struct server_event *message)
{
	bool numbered = room != NULL && message->seq > 0;

	if (numbered && room->position.behind)
		return; /* the requested page contains it */
	if (numbered && message->seq > room->position.seq + 1)
		history_request(client, room);
	else
		message_accept(client, room, message);
}

/* The seq of the first message in a list; 0: the list is empty. */
static uint64_t
list_first_seq(struct client *client, const struct server_event *event)
{
	size_t used = client->texts.used;
	struct json_reader list;
	struct json_value item;
	struct server_event message = { 0 };

	json_open_array(&list, event->messages, SERVER_EVENT_DEPTH);
	if (json_next_item(&list, &item))
		client_dialect_read_item(client->config.dialect, &client->texts,
		    item.text, &message);
	client->texts.used = used; /* its texts are read again */
	return message.seq;
}

/* Advances the read position; old messages are only shown. */
static void
list_accept(struct client *client, struct joined_room *room,
    const struct server_event *event, bool old)
{
	struct json_reader list;
	struct json_value item;

	json_open_array(&list, event->messages, SERVER_EVENT_DEPTH);
	while (json_next_item(&list, &item)) {
		struct server_event message = { .kind = SERVER_MESSAGE,
			.old = old };

		if (!client_dialect_read_item(client->config.dialect,
			&client->texts, item.text, &message))
			return;
		if (old)
			event_show(client, &message);
		else
			message_accept(client, room, &message);
	}
}

static void
on_history(struct client *client, struct joined_room *room,
    struct server_event *event)
{
	bool page =
	    room != NULL && event->ref != 0 && event->ref == room->page_ref;
	uint64_t first;

	if (event->messages.data == NULL)
		return;
	if (!page) {
		event_show(client, event);
		list_accept(client, room, event, true);
		return;
	}
	first = list_first_seq(client, event);
	room->position.behind = false;
	if (first > room->position.seq + 1)
		read_position_set(&room->position,
		    read_position_epoch(&room->position), first - 1);
	list_accept(client, room, event, false);
	if (event->more && first != 0)
		history_request(client, room);
}

/* --- rooms ---------------------------------------------------------------- */

static void
on_joined(struct client *client, struct server_event *event)
{
	struct joined_room *current = client->room;
	bool again = client_find_room(client, event->room) != NULL;
	struct joined_room *room =
	    client_enter_room(client, event->room, event->epoch);
	uint64_t first = event->seq;

	if (room == NULL) {
		client_give_up(client, CLIENT_PROTOCOL,
		    "the server sent an invalid room id");
		return;
	}
	room->is_joined = true;
	/* After a reconnect all are joined again. */
	if (again && current != NULL)
		client->room = current;
	if (!client->config.dialect->resumes && event->member.data != NULL)
		name_set(client->own, event->member);
	event->elsewhere = room != client->room;
	event_show(client, event);
	if (event->messages.data != NULL && list_first_seq(client, event) != 0)
		first = list_first_seq(client, event) - 1;
	if (!read_position_set(&room->position, event->epoch, first))
		return;
	if (event->messages.data != NULL)
		list_accept(client, room, event, false);
	if (event->more && room->position.seq < event->seq)
		history_request(client, room);
	client_set_ready(client);
}

static void
on_created(struct client *client, struct server_event *event)
{
	struct client_request request = { .kind = REQUEST_JOIN,
		.room = event->room };

	event_show(client, event);
	client_send(client, &request); /* `joined` completes it */
}

static void
on_left(struct client *client, struct joined_room *room,
    struct server_event *event)
{
	struct read_position was;

	if (room == NULL)
		return;
	was = room->position;
	client_forget_room(client, room);
	event->room = read_position_room(&was);
	event->elsewhere = false;
	event_show(client, event);
}

/* --- answers -------------------------------------------------------------- */

/* Without a store a persistent room would only occupy a place. */
static bool
server_has_store(const struct server_event *welcome)
{
	return welcome->durability.data != NULL &&
	       !str_equal(welcome->durability, STR("none"));
}

static void
on_welcome(struct client *client, struct server_event *event)
{
	client->keeps = !client->config.transient && server_has_store(event);
	name_set(client->own,
	    event->member_id.data != NULL ? event->member_id : event->member);
	if (!client->online)
		event_show(client, event);
	client_join_all(client);
	client_set_ready(client);
}

/* Dialects without refs answer in the order of the messages. */
static bool
answer_is_for_first(const struct client *client,
    const struct server_event *event)
{
	const struct queued_message *first = client->queue.first;

	if (first == NULL || !first->in_flight)
		return false;
	return !client->config.dialect->resumes || event->ref == first->ref;
}

static void
on_ack(struct client *client)
{
	struct server_event own = { .kind = SERVER_MESSAGE, .mine = true };

	if (client->config.dialect->no_own_echo) {
		own.member = str_from(client->own);
		own.text = client->queue.first->text;
		event_show(client, &own);
	}
	client_confirm(client, true);
}

static bool
error_is_temporary(const struct server_event *error)
{
	return error->retry_after_ms > 0 ||
	       str_equal(error->code, STR("rate_limited")) ||
	       str_equal(error->code, STR("unavailable")) ||
	       str_equal(error->code, STR("store_failed"));
}

static uint64_t
error_retry_ms(const struct server_event *error)
{
	if (error->retry_after_ms == 0)
		return RETRY_MS;
	return error->retry_after_ms < RETRY_LEAST_MS ? RETRY_LEAST_MS
						      : error->retry_after_ms;
}

static void
on_message_refused(struct client *client, struct server_event *event)
{
	if (!error_is_temporary(event)) {
		event_show(client, event);
		client_confirm(client, false);
		return;
	}
	client->queue.first->in_flight = false;
	client_pause(client, error_retry_ms(event));
}

/* Joining or rejoining a room failed. */
static void
on_join_refused(struct client *client, struct joined_room *room,
    struct server_event *event)
{
	char why[256];

	if (error_is_temporary(event)) {
		if (!client->put_off)
			event_show(client, event);
		client->put_off = true;
		client_pause(client, error_retry_ms(event));
		return;
	}
	client_forget_room(client, room);
	if (client->config.needs_room) {
		snprintf(why, sizeof(why), "%.*s", (int)event->text.len,
		    event->text.data);
		client_give_up(client, CLIENT_UNAVAILABLE, why);
		return;
	}
	event_show(client, event);
	client_set_ready(client);
}

/* The room that this join, or history page, is about; NULL: none. */
static struct joined_room *
room_of_ref(const struct client *client, uint64_t ref)
{
	struct joined_room *room = client->rooms;

	if (!client->config.dialect->resumes)
		return room;
	while (room != NULL &&
	       (ref == 0 || (room->join_ref != ref && room->page_ref != ref)))
		room = room->next;
	return room;
}

static void
client_on_error(struct client *client, struct server_event *event)
{
	bool named = client->config.dialect->resumes;
	struct joined_room *room = room_of_ref(client, event->ref);

	if (answer_is_for_first(client, event)) {
		on_message_refused(client, event);
	} else if (!client->online && room != NULL && !room->is_joined &&
		   (named || !client->config.dialect->join_required)) {
		on_join_refused(client, room, event);
	} else if (named && room != NULL && room->position.behind &&
		   event->ref == room->page_ref) {
		/* the next message requests it again */
		room->position.behind = false;
	} else {
		event_show(client, event);
	}
}

static void
on_named(struct client *client, struct server_event *event)
{
	name_set(client->name, event->member);
	event_show(client, event);
}

/* The room of an event; NULL: the lobby, or one that is not joined. */
static struct joined_room *
room_of_event(const struct client *client, const struct server_event *event)
{
	return client->config.dialect->lobby
		   ? client_find_room(client, event->room)
		   : client->room;
}

/* Events of a room that was left, or of the lobby while a room is joined. */
static bool
event_is_of_other_room(const struct client *client,
    const struct joined_room *room, const struct server_event *event)
{
	switch (event->kind) {
	case SERVER_MESSAGE:
	case SERVER_JOIN:
	case SERVER_LEAVE:
	case SERVER_COUNT:
	case SERVER_RENAMED:
	case SERVER_KICKED:
	case SERVER_ROLE:
	case SERVER_TOPIC:
	case SERVER_DELETED:
		return client->config.dialect->lobby && room == NULL &&
		       (event->room.data != NULL || client->rooms != NULL);
	default:
		return false;
	}
}

/* Whether this member has to leave the room. */
static bool
event_ends_stay(const struct client *client, const struct server_event *event)
{
	if (event->kind == SERVER_DELETED)
		return true;
	return event_is_own(client, event) &&
	       (event->kind == SERVER_KICKED ||
		   str_equal(event->role, STR("banned")));
}

static void
on_moderated(struct client *client, struct joined_room *room,
    struct server_event *event)
{
	bool ends = event_ends_stay(client, event);

	event->mine = event_is_own(client, event);
	event_show(client, event);
	if (ends) {
		event->kind = SERVER_LEFT;
		on_left(client, room, event);
	}
}

static void
event_handle(struct client *client, struct joined_room *room,
    struct server_event *event)
{
	switch (event->kind) {
	case SERVER_NOTHING:
		break;
	case SERVER_WELCOME:
		on_welcome(client, event);
		break;
	case SERVER_MESSAGE:
		client_on_message(client, room, event);
		break;
	case SERVER_ACK:
		if (answer_is_for_first(client, event))
			on_ack(client);
		break;
	case SERVER_ERROR:
		client_on_error(client, event);
		break;
	case SERVER_JOINED:
		on_joined(client, event);
		break;
	case SERVER_EPOCH:
		if (room != NULL)
			read_position_set_epoch(&room->position, event->epoch);
		break;
	case SERVER_LEFT:
		on_left(client, room, event);
		break;
	case SERVER_CREATED:
		on_created(client, event);
		break;
	case SERVER_NAMED:
		on_named(client, event);
		break;
	case SERVER_HISTORY:
		on_history(client, room, event);
		break;
	case SERVER_KICKED:
	case SERVER_ROLE:
	case SERVER_DELETED:
		on_moderated(client, room, event);
		break;
	case SERVER_BYE:
		client->return_after_ms = event->retry_after_ms;
		break;
	default:
		event_show(client, event);
	}
}

/* Before the first greeting the server may be of another kind. */
static void
on_invalid_frame(struct client *client)
{
	struct server_event error = {
		.kind = SERVER_ERROR,
		.text = STR("the server sent an invalid frame"),
	};

	if (client->was_online)
		event_show(client, &error);
	else
		client_give_up(client, CLIENT_PROTOCOL,
		    "the server sent an invalid frame");
}

void
client_receive(struct client *client, struct str frame)
{
	struct server_event event = { 0 };
	struct joined_room *room;

	if (client->is_over)
		return;
	if (!text_buffer_begin(&client->texts, frame.len))
		client_give_up(client, CLIENT_NO_MEMORY, "no memory");
	else if (!client_dialect_read(client->config.dialect, &client->texts,
		     frame, &event))
		on_invalid_frame(client);
	else {
		room = room_of_event(client, &event);
		event.elsewhere = room != NULL && room != client->room;
		if (!event_is_of_other_room(client, room, &event))
			event_handle(client, room, &event);
	}
}
