/* What a client does about what it hears. */
#include <stdio.h>

#include "cmd/parley/client_internal.h"

#define RETRY_MS 1000 /* where the server names no time */
/* Until several can be said: who is refused for each one is sent away. */
#define RETRY_LEAST_MS 500

static void
show(struct client *client, const struct heard *heard)
{
	client->config.ops->heard(client->config.arg, heard);
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
	struct deed deed = {
		.kind = DEED_HISTORY,
		.room = place_room(&client->place),
		.epoch = place_epoch(&client->place),
		.seq = client->place.seq,
		.limit = 1000,
		.ref = sayings_ref(&client->sayings),
	};

	client->place.behind = true;
	client->page_ref = deed.ref;
	client_send(client, &deed);
}

static bool
is_mine(const struct client *client, const struct heard *heard)
{
	struct str id =
	    heard->member_id.data != NULL ? heard->member_id : heard->member;

	return str_equal(id, str_from(client->own));
}

static void
take_numbered(struct client *client, struct heard *said)
{
	said->kind = HEARD_SAID;
	said->mine = is_mine(client, said);
	said->room = place_room(&client->place);
	said->epoch = place_epoch(&client->place);
	if (place_read(&client->place, said->seq) == PLACE_READ)
		show(client, said);
}

static void
hear_said(struct client *client, struct heard *said)
{
	bool numbered = said->seq > 0;

	if (client->place.behind && numbered)
		return; /* it is on a page that was asked for */
	if (numbered && said->seq > client->place.seq + 1)
		ask_for_page(client);
	else
		take_numbered(client, said);
}

/* Which of the messages in a list is the first; 0: there are none. */
static uint64_t
first_of(struct client *client, const struct heard *heard)
{
	size_t used = client->reading.used;
	struct json_reader list;
	struct json_value item;
	struct heard said = { 0 };

	json_open_array(&list, heard->messages, HEARD_DEPTH);
	if (json_next_item(&list, &item))
		speech_read_item(client->config.speech, &client->reading,
		    item.text, &said);
	client->reading.used = used; /* it is read once more */
	return said.seq;
}

/* Reads them; or only shows them, if they are old. */
static void
take_messages(struct client *client, const struct heard *heard, bool old)
{
	struct json_reader list;
	struct json_value item;

	json_open_array(&list, heard->messages, HEARD_DEPTH);
	while (json_next_item(&list, &item)) {
		struct heard said = { .kind = HEARD_SAID, .old = old };

		if (!speech_read_item(client->config.speech, &client->reading,
			item.text, &said))
			return;
		if (old)
			show(client, &said);
		else
			take_numbered(client, &said);
	}
}

static void
hear_history(struct client *client, struct heard *heard)
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
	client->place.behind = false;
	if (first > client->place.seq + 1)
		place_go_on(&client->place, place_epoch(&client->place),
		    first - 1);
	take_messages(client, heard, false);
	if (heard->more && first != 0)
		ask_for_page(client);
}

/* --- rooms ---------------------------------------------------------------- */

static void
leave_other(struct client *client, struct str room)
{
	struct deed deed = { .kind = DEED_LEAVE };

	deed.room = place_room(&client->place);
	if (client->config.speech->resumes && deed.room.data != NULL &&
	    !str_equal(deed.room, room))
		client_send(client, &deed);
}

static void
hear_joined(struct client *client, struct heard *heard)
{
	uint64_t first = heard->seq;

	leave_other(client, heard->room);
	if (!place_enter(&client->place, heard->room, heard->epoch)) {
		client_give_up(client, CLIENT_PROTOCOL,
		    "the server names no room that can be");
		return;
	}
	if (!client->config.speech->resumes && heard->member.data != NULL)
		set_name(client->own, heard->member);
	show(client, heard);
	if (heard->messages.data != NULL && first_of(client, heard) != 0)
		first = first_of(client, heard) - 1;
	if (!place_go_on(&client->place, heard->epoch, first))
		return;
	if (heard->messages.data != NULL)
		take_messages(client, heard, false);
	if (heard->more && client->place.seq < heard->seq)
		ask_for_page(client);
	client_be_ready(client);
}

static void
hear_created(struct client *client, struct heard *heard)
{
	struct deed deed = { .kind = DEED_JOIN, .room = heard->room };

	show(client, heard);
	client_send(client, &deed); /* `joined` tells the rest */
}

static void
hear_left(struct client *client, struct heard *heard)
{
	struct place was = client->place;

	if (heard->room.data != NULL &&
	    !str_equal(heard->room, place_room(&was)))
		return;
	place_leave(&client->place);
	heard->room = place_room(&was);
	show(client, heard);
}

/* --- answers -------------------------------------------------------------- */

/* With a server that forgets, a room that stays would only be in the way. */
static bool
can_keep(const struct heard *welcome)
{
	return welcome->durability.data != NULL &&
	       !str_equal(welcome->durability, STR("none"));
}

static void
hear_welcome(struct client *client, struct heard *heard)
{
	client->keeps = !client->config.transient && can_keep(heard);
	set_name(client->own,
	    heard->member_id.data != NULL ? heard->member_id : heard->member);
	if (!client->online)
		show(client, heard);
	if (client->place.room[0] != '\0')
		client_join(client);
	else
		client_be_ready(client);
}

/* Where answers name nothing, they come in the order of what was said. */
static bool
is_about_first(const struct client *client, const struct heard *heard)
{
	const struct saying *first = client->sayings.first;

	if (first == NULL || !first->in_flight)
		return false;
	return !client->config.speech->resumes || heard->ref == first->ref;
}

static void
hear_ack(struct client *client)
{
	struct heard own = { .kind = HEARD_SAID, .mine = true };

	if (client->config.speech->deaf_to_oneself) {
		own.member = str_from(client->own);
		own.text = client->sayings.first->text;
		show(client, &own);
	}
	client_settle(client, true);
}

static bool
is_for_now(const struct heard *error)
{
	return error->retry_after_ms > 0 ||
	       str_equal(error->code, STR("rate_limited")) ||
	       str_equal(error->code, STR("unavailable")) ||
	       str_equal(error->code, STR("store_failed"));
}

static uint64_t
retry_ms(const struct heard *error)
{
	if (error->retry_after_ms == 0)
		return RETRY_MS;
	return error->retry_after_ms < RETRY_LEAST_MS ? RETRY_LEAST_MS
						      : error->retry_after_ms;
}

static void
hear_refusal(struct client *client, struct heard *heard)
{
	if (!is_for_now(heard)) {
		show(client, heard);
		client_settle(client, false);
		return;
	}
	client->sayings.first->in_flight = false;
	client_pause(client, retry_ms(heard));
}

/* The room where it was, or should be at first, cannot be had. */
static void
hear_no_room(struct client *client, struct heard *heard)
{
	char why[256];

	if (is_for_now(heard)) {
		if (!client->put_off)
			show(client, heard);
		client->put_off = true;
		client_pause(client, retry_ms(heard));
		return;
	}
	place_leave(&client->place);
	if (client->config.needs_room) {
		snprintf(why, sizeof(why), "%.*s", (int)heard->text.len,
		    heard->text.data);
		client_give_up(client, CLIENT_UNAVAILABLE, why);
		return;
	}
	show(client, heard);
	client_be_ready(client);
}

static void
hear_error(struct client *client, struct heard *heard)
{
	bool named = client->config.speech->resumes;

	if (is_about_first(client, heard)) {
		hear_refusal(client, heard);
	} else if (!client->online &&
		   (named ? heard->ref == client->join_ref
			  : !client->config.speech->joins_first)) {
		hear_no_room(client, heard);
	} else if (named && client->place.behind &&
		   heard->ref == client->page_ref) {
		client->place.behind = false; /* the next one asks again */
	} else {
		show(client, heard);
	}
}

static void
hear_named(struct client *client, struct heard *heard)
{
	set_name(client->name, heard->member);
	show(client, heard);
}

/* Where it is said that others are in the lobby, or in a room that was left. */
static bool
is_elsewhere(const struct client *client, const struct heard *heard)
{
	switch (heard->kind) {
	case HEARD_SAID:
	case HEARD_CAME:
	case HEARD_WENT:
	case HEARD_COUNT:
	case HEARD_RENAMED:
		return client->config.speech->lobby &&
		       !str_equal(heard->room, place_room(&client->place));
	default:
		return false;
	}
}

static void
react(struct client *client, struct heard *heard)
{
	switch (heard->kind) {
	case HEARD_NOTHING:
		break;
	case HEARD_WELCOME:
		hear_welcome(client, heard);
		break;
	case HEARD_SAID:
		hear_said(client, heard);
		break;
	case HEARD_ACK:
		if (is_about_first(client, heard))
			hear_ack(client);
		break;
	case HEARD_ERROR:
		hear_error(client, heard);
		break;
	case HEARD_JOINED:
		hear_joined(client, heard);
		break;
	case HEARD_LEFT:
		hear_left(client, heard);
		break;
	case HEARD_CREATED:
		hear_created(client, heard);
		break;
	case HEARD_NAMED:
		hear_named(client, heard);
		break;
	case HEARD_HISTORY:
		hear_history(client, heard);
		break;
	case HEARD_BYE:
		client->return_after_ms = heard->retry_after_ms;
		break;
	default:
		show(client, heard);
	}
}

void
client_hear(struct client *client, struct str frame)
{
	struct heard heard = { 0 };

	if (client->is_over)
		return;
	if (!reading_begin(&client->reading, frame.len))
		client_give_up(client, CLIENT_NO_MEMORY, "no memory");
	else if (!speech_read(client->config.speech, &client->reading, frame,
		     &heard))
		client_give_up(client, CLIENT_PROTOCOL,
		    "what the server says is not of this dialect");
	else if (!is_elsewhere(client, &heard))
		react(client, &heard);
}
