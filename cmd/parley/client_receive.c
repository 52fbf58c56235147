/* What a client does about what it hears. */
#include <stdio.h>

#include "cmd/parley/client_internal.h"

#define RETRY_MS 1000 /* where the server names no time */
/* Until several can be said: who is refused for each one is sent away. */
#define RETRY_LEAST_MS 500

static void
show(struct client *client, const struct server_event *heard)
{
	client->config.ops->on_event(client->config.arg, heard);
}

static bool
set_name(char out[CLIENT_NAME_SIZE], struct str name)
{
	if (name.len == 0 || name.len >= CLIENT_NAME_SIZE)
		return false;
	memcpy(out, name.data, name.len);
	out[name.len] = '\0';
	return true;
}

/* --- messages ------------------------------------------------------------- */

/* Everything behind what has been read; live ones are in it, too. */
static void
ask_for_page(struct client *client)
{
	struct client_request deed = {
		.kind = REQUEST_HISTORY,
		.room = read_position_room(&client->position),
		.epoch = read_position_epoch(&client->position),
		.seq = client->position.seq,
		.limit = 1000,
		.ref = client_queue_ref(&client->queue),
	};

	client->position.behind = true;
	client->page_ref = deed.ref;
	client_send(client, &deed);
}

static bool
is_mine(const struct client *client, const struct server_event *heard)
{
	struct str id =
	    heard->member_id.data != NULL ? heard->member_id : heard->member;

	return str_equal(id, str_from(client->own));
}

static void
take_numbered(struct client *client, struct server_event *said)
{
	said->kind = SERVER_MESSAGE;
	said->mine = is_mine(client, said);
	said->room = read_position_room(&client->position);
	said->epoch = read_position_epoch(&client->position);
	if (read_position_read(&client->position, said->seq) == READ_NEXT)
		show(client, said);
}

static void
hear_said(struct client *client, struct server_event *said)
{
	bool numbered = said->seq > 0;

	if (client->position.behind && numbered)
		return; /* it is on a page that was asked for */
	if (numbered && said->seq > client->position.seq + 1)
		ask_for_page(client);
	else
		take_numbered(client, said);
}

/* Which of the messages in a list is the first; 0: there are none. */
static uint64_t
first_of(struct client *client, const struct server_event *heard)
{
	size_t used = client->reading.used;
	struct json_reader list;
	struct json_value item;
	struct server_event said = { 0 };

	json_open_array(&list, heard->messages, SERVER_EVENT_DEPTH);
	if (json_next_item(&list, &item))
		client_dialect_read_item(client->config.dialect,
		    &client->reading, item.text, &said);
	client->reading.used = used; /* it is read once more */
	return said.seq;
}

/* Reads them; or only shows them, if they are old. */
static void
take_messages(struct client *client, const struct server_event *heard, bool old)
{
	struct json_reader list;
	struct json_value item;

	json_open_array(&list, heard->messages, SERVER_EVENT_DEPTH);
	while (json_next_item(&list, &item)) {
		struct server_event said = { .kind = SERVER_MESSAGE,
			.old = old };

		if (!client_dialect_read_item(client->config.dialect,
			&client->reading, item.text, &said))
			return;
		if (old)
			show(client, &said);
		else
			take_numbered(client, &said);
	}
}

static void
hear_history(struct client *client, struct server_event *heard)
{
	bool page = heard->ref != 0 && heard->ref == client->page_ref;
	uint64_t first;

	if (heard->messages.data == NULL)
		return;
	if (!page) {
		show(client, heard);
		take_messages(client, heard, true);
		return;
	}
	first = first_of(client, heard);
	client->position.behind = false;
	if (first > client->position.seq + 1)
		read_position_set(&client->position,
		    read_position_epoch(&client->position), first - 1);
	take_messages(client, heard, false);
	if (heard->more && first != 0)
		ask_for_page(client);
}

/* --- rooms ---------------------------------------------------------------- */

static void
leave_other(struct client *client, struct str room)
{
	struct client_request deed = { .kind = REQUEST_LEAVE };

	deed.room = read_position_room(&client->position);
	if (client->config.dialect->resumes && deed.room.data != NULL &&
	    !str_equal(deed.room, room))
		client_send(client, &deed);
}

static void
hear_joined(struct client *client, struct server_event *heard)
{
	uint64_t first = heard->seq;

	leave_other(client, heard->room);
	if (!read_position_enter(&client->position, heard->room,
		heard->epoch)) {
		client_give_up(client, CLIENT_PROTOCOL,
		    "the server names no room that can be");
		return;
	}
	if (!client->config.dialect->resumes && heard->member.data != NULL)
		set_name(client->own, heard->member);
	show(client, heard);
	if (heard->messages.data != NULL && first_of(client, heard) != 0)
		first = first_of(client, heard) - 1;
	if (!read_position_set(&client->position, heard->epoch, first))
		return;
	if (heard->messages.data != NULL)
		take_messages(client, heard, false);
	if (heard->more && client->position.seq < heard->seq)
		ask_for_page(client);
	client_set_ready(client);
}

static void
hear_created(struct client *client, struct server_event *heard)
{
	struct client_request deed = { .kind = REQUEST_JOIN,
		.room = heard->room };

	show(client, heard);
	client_send(client, &deed); /* `joined` tells the rest */
}

static void
hear_left(struct client *client, struct server_event *heard)
{
	struct read_position was = client->position;

	if (heard->room.data != NULL &&
	    !str_equal(heard->room, read_position_room(&was)))
		return;
	read_position_leave(&client->position);
	heard->room = read_position_room(&was);
	show(client, heard);
}

/* --- answers -------------------------------------------------------------- */

/* With a server that forgets, a room that stays would only be in the way. */
static bool
can_keep(const struct server_event *welcome)
{
	return welcome->durability.data != NULL &&
	       !str_equal(welcome->durability, STR("none"));
}

static void
hear_welcome(struct client *client, struct server_event *heard)
{
	client->keeps = !client->config.transient && can_keep(heard);
	set_name(client->own,
	    heard->member_id.data != NULL ? heard->member_id : heard->member);
	if (!client->online)
		show(client, heard);
	if (client->position.room[0] != '\0')
		client_join(client);
	else
		client_set_ready(client);
}

/* Where answers name nothing, they come in the order of what was said. */
static bool
is_about_first(const struct client *client, const struct server_event *heard)
{
	const struct queued_message *first = client->queue.first;

	if (first == NULL || !first->in_flight)
		return false;
	return !client->config.dialect->resumes || heard->ref == first->ref;
}

static void
hear_ack(struct client *client)
{
	struct server_event own = { .kind = SERVER_MESSAGE, .mine = true };

	if (client->config.dialect->no_own_echo) {
		own.member = str_from(client->own);
		own.text = client->queue.first->text;
		show(client, &own);
	}
	client_confirm(client, true);
}

static bool
is_for_now(const struct server_event *error)
{
	return error->retry_after_ms > 0 ||
	       str_equal(error->code, STR("rate_limited")) ||
	       str_equal(error->code, STR("unavailable")) ||
	       str_equal(error->code, STR("store_failed"));
}

static uint64_t
retry_ms(const struct server_event *error)
{
	if (error->retry_after_ms == 0)
		return RETRY_MS;
	return error->retry_after_ms < RETRY_LEAST_MS ? RETRY_LEAST_MS
						      : error->retry_after_ms;
}

static void
hear_refusal(struct client *client, struct server_event *heard)
{
	if (!is_for_now(heard)) {
		show(client, heard);
		client_confirm(client, false);
		return;
	}
	client->queue.first->in_flight = false;
	client_pause(client, retry_ms(heard));
}

/* The room where it was, or should be at first, cannot be had. */
static void
hear_no_room(struct client *client, struct server_event *heard)
{
	char why[256];

	if (is_for_now(heard)) {
		if (!client->put_off)
			show(client, heard);
		client->put_off = true;
		client_pause(client, retry_ms(heard));
		return;
	}
	read_position_leave(&client->position);
	if (client->config.needs_room) {
		snprintf(why, sizeof(why), "%.*s", (int)heard->text.len,
		    heard->text.data);
		client_give_up(client, CLIENT_UNAVAILABLE, why);
		return;
	}
	show(client, heard);
	client_set_ready(client);
}

static void
hear_error(struct client *client, struct server_event *heard)
{
	bool named = client->config.dialect->resumes;

	if (is_about_first(client, heard)) {
		hear_refusal(client, heard);
	} else if (!client->online &&
		   (named ? heard->ref == client->join_ref
			  : !client->config.dialect->join_required)) {
		hear_no_room(client, heard);
	} else if (named && client->position.behind &&
		   heard->ref == client->page_ref) {
		client->position.behind = false; /* the next one asks again */
	} else {
		show(client, heard);
	}
}

static void
hear_named(struct client *client, struct server_event *heard)
{
	set_name(client->name, heard->member);
	show(client, heard);
}

/* Where it is said that others are in the lobby, or in a room that was left. */
static bool
is_elsewhere(const struct client *client, const struct server_event *heard)
{
	switch (heard->kind) {
	case SERVER_MESSAGE:
	case SERVER_JOIN:
	case SERVER_LEAVE:
	case SERVER_COUNT:
	case SERVER_RENAMED:
		return client->config.dialect->lobby &&
		       !str_equal(heard->room,
			   read_position_room(&client->position));
	default:
		return false;
	}
}

static void
react(struct client *client, struct server_event *heard)
{
	switch (heard->kind) {
	case SERVER_NOTHING:
		break;
	case SERVER_WELCOME:
		hear_welcome(client, heard);
		break;
	case SERVER_MESSAGE:
		hear_said(client, heard);
		break;
	case SERVER_ACK:
		if (is_about_first(client, heard))
			hear_ack(client);
		break;
	case SERVER_ERROR:
		hear_error(client, heard);
		break;
	case SERVER_JOINED:
		hear_joined(client, heard);
		break;
	case SERVER_LEFT:
		hear_left(client, heard);
		break;
	case SERVER_CREATED:
		hear_created(client, heard);
		break;
	case SERVER_NAMED:
		hear_named(client, heard);
		break;
	case SERVER_HISTORY:
		hear_history(client, heard);
		break;
	case SERVER_BYE:
		client->return_after_ms = heard->retry_after_ms;
		break;
	default:
		show(client, heard);
	}
}

void
client_receive(struct client *client, struct str frame)
{
	struct server_event heard = { 0 };

	if (client->is_over)
		return;
	if (!text_buffer_begin(&client->reading, frame.len))
		client_give_up(client, CLIENT_NO_MEMORY, "no memory");
	else if (!client_dialect_read(client->config.dialect, &client->reading,
		     frame, &heard))
		client_give_up(client, CLIENT_PROTOCOL,
		    "what the server says is not of this dialect");
	else if (!is_elsewhere(client, &heard))
		react(client, &heard);
}
