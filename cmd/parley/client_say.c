/* What a client sends: what is said, and what is to be done. */
#include "cmd/parley/client_internal.h"
#include "cmd/parley/link.h"

/* With what goes around it, a frame that servers take: 1 MiB at most. */
#define SAYING_MAX ((size_t)960 << 10)
#define SAYINGS_MAX 1000

bool
client_send(struct client *client, const struct deed *deed)
{
	const struct speech *speech = client->config.speech;

	if (client->link == NULL)
		return false;
	wire_text_reset(&client->out);
	speech->write[deed->kind](&client->out, deed);
	return !client->out.failed &&
	       link_send(client->link,
		   str_slice(client->out.data, client->out.len));
}

void
client_flush(struct client *client)
{
	struct saying *first = client->sayings.first;
	struct deed deed = { .kind = DEED_SAY };

	if (!client->online || client->waiting || first == NULL ||
	    first->in_flight)
		return;
	deed.ref = first->ref;
	deed.room = first->room;
	deed.text = first->text;
	if (first->key[0] != '\0')
		deed.key = str_from(first->key);
	first->in_flight = client_send(client, &deed);
}

void
client_settle(struct client *client, bool taken)
{
	struct saying *first = client->sayings.first;

	client->config.ops->said(client->config.arg, first->text, taken);
	sayings_drop(&client->sayings);
	client_flush(client);
}

enum client_saying
client_say(struct client *client, struct str text)
{
	const struct speech *speech = client->config.speech;
	struct str room = place_room(&client->place);

	if (room.data == NULL && !speech->lobby)
		return CLIENT_NOWHERE;
	wire_text_reset(&client->out);
	json_put_string(&client->out, text);
	if (client->out.len > SAYING_MAX)
		return CLIENT_TOO_LONG;
	if (client->sayings.count >= SAYINGS_MAX || client->out.failed ||
	    !sayings_add(&client->sayings, room, text,
		speech->resumes && room.data != NULL))
		return CLIENT_TOO_MANY;
	client_flush(client);
	return CLIENT_SAID;
}

size_t
client_unsaid(const struct client *client)
{
	return client->sayings.count;
}

void
client_join(struct client *client)
{
	struct deed deed = {
		.kind = DEED_JOIN,
		.room = place_room(&client->place),
		.name = str_from(client->name),
		.epoch = place_epoch(&client->place),
		.seq = client->place.seq,
		.limit = client->was_online ? 0 : client->config.history,
		.persistent = client->keeps,
		.ref = sayings_ref(&client->sayings),
	};

	client->join_ref = deed.ref;
	client_send(client, &deed);
}

/* The room where one is, if none is named. */
static bool
needs_room(enum deed_kind kind)
{
	return kind == DEED_LEAVE || kind == DEED_HISTORY;
}

enum client_doing
client_do(struct client *client, const struct deed *wish)
{
	const struct speech *speech = client->config.speech;
	struct deed deed = *wish, leave = { .kind = DEED_LEAVE };

	if (speech->write[deed.kind] == NULL)
		return CLIENT_NO_WORD;
	if (!client->online)
		return CLIENT_OFFLINE;
	if (deed.room.data == NULL)
		deed.room = place_room(&client->place);
	if (deed.room.data == NULL && needs_room(deed.kind))
		return CLIENT_NO_ROOM;
	deed.ref = sayings_ref(&client->sayings);
	deed.persistent = client->keeps;
	if (deed.kind == DEED_JOIN && speech->joins_first) {
		deed.name = str_from(client->name);
		if (client->place.room[0] != '\0')
			client_send(client, &leave);
	}
	return client_send(client, &deed) ? CLIENT_DID : CLIENT_OFFLINE;
}
