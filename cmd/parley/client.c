#include "cmd/parley/client.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "cmd/parley/client_internal.h"
#include "cmd/parley/connection.h"

#define RETRY_MOST_MS (5 * 60 * 1000)

static uint64_t
client_random(void)
{
	uint64_t chance = 0;

	if (getrandom(&chance, sizeof(chance), 0) != (ssize_t)sizeof(chance))
		abort(); /* cannot happen on Linux */
	return chance;
}

static void
set_timer(struct event *timer, uint64_t ms)
{
	struct timeval after;

	if (ms > RETRY_MOST_MS)
		ms = RETRY_MOST_MS;
	after.tv_sec = (time_t)(ms / 1000);
	after.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	event_add(timer, &after);
}

/*
 * --- timers ---------------------------------------------------------------
 */

static void
wait_cb(evutil_socket_t fd, short what, void *arg)
{
	struct client *client = arg;

	(void)fd;
	(void)what;
	client->waiting = false;
	if (client->online)
		client_flush(client);
	else if (client->connection != NULL)
		client_join_all(client);
}

void
client_pause(struct client *client, uint64_t ms)
{
	client->waiting = true;
	set_timer(client->wait, ms);
}

void
client_set_ready(struct client *client)
{
	bool again = client->was_online;

	for (const struct joined_room *room = client->rooms; room != NULL;
	     room = room->next)
		if (!room->is_joined)
			return;
	if (client->online)
		return;
	client->online = client->was_online = true;
	client->put_off = false;
	client->backoff.failures = 0;
	client->return_after_ms = 0;
	client->config.ops->on_ready(client->config.arg, again);
	client_flush(client);
}

/* --- the connection ------------------------------------------------------- */

static void
client_on_opened(void *arg)
{
	struct client *client = arg;

	if (!client->config.dialect->join_required)
		return; /* the server sends its greeting first */
	client_join_all(client);
	client_set_ready(client);
}

static void
client_on_text(void *arg, struct str frame)
{
	client_receive(arg, frame);
}

static void
client_on_alive(void *arg)
{
	struct client *client = arg;
	struct client_request request = { .kind = REQUEST_KEEPALIVE };

	if (client->config.dialect->write[REQUEST_KEEPALIVE] != NULL)
		client_send(client, &request);
}

/* Close codes after which a reconnect is pointless. */
static bool
close_code_is_final(unsigned code)
{
	return (code >= 1002 && code <= 1009 && code != 1005 && code != 1006) ||
	       (code >= 4000 && code <= 4099);
}

/* The token is not valid, or not valid any more. */
static bool
is_denied(const struct connection_end *end)
{
	return end->fault == CONNECTION_REFUSED &&
	       (end->code == 401 || end->code == 403);
}

static enum client_status
connection_end_status(const struct connection_end *end)
{
	if (end->fault == CONNECTION_PROTOCOL)
		return CLIENT_PROTOCOL;
	if (is_denied(end))
		return CLIENT_FORBIDDEN;
	if (end->fault == CONNECTION_REFUSED)
		return end->code >= 500 ? CLIENT_UNAVAILABLE : CLIENT_PROTOCOL;
	if (end->fault != CONNECTION_CLOSED || !close_code_is_final(end->code))
		return CLIENT_UNAVAILABLE;
	return end->code == 1008 || end->code >= 4000 ? CLIENT_FORBIDDEN
						      : CLIENT_PROTOCOL;
}

void
client_give_up(struct client *client, enum client_status status,
    const char *why)
{
	if (client->is_over)
		return;
	client->ending = client->is_over = true;
	client->online = false;
	client->config.ops->on_end(client->config.arg, status, why);
}

/* A message without a key may have been delivered: it is not sent again. */
static void
client_unsend(struct client *client)
{
	struct queued_message *first = client->queue.first;

	if (first == NULL || !first->in_flight)
		return;
	first->in_flight = false;
	if (first->key[0] == '\0')
		client_confirm(client, false);
}

/* The first attempt failed: the address may be wrong, so name it. */
static void
client_give_up_at_address(struct client *client,
    const struct connection_end *end)
{
	const struct url *url = &client->config.url;
	char why[sizeof(end->text) + URL_HOST_SIZE + 32];

	snprintf(why, sizeof(why), "cannot connect to %s port %s: %s",
	    url->host, url->port, end->text);
	client_give_up(client, connection_end_status(end), why);
}

static void
client_schedule_reconnect(struct client *client)
{
	uint64_t wait_ms =
	    backoff_next_ms(&client->backoff, (uint32_t)client_random());

	if (client->return_after_ms > wait_ms)
		wait_ms = client->return_after_ms;
	client->return_after_ms = 0;
	set_timer(client->dial, wait_ms);
}

static void
client_on_closed(void *arg, const struct connection_end *answer)
{
	struct client *client = arg;
	struct connection_end end = *answer;
	enum client_status status = connection_end_status(&end);
	bool was_online = client->online;

	connection_destroy(client->connection);
	client->connection = NULL;
	client->online = client->waiting = false;
	for (struct joined_room *room = client->rooms; room != NULL;
	     room = room->next)
		room->is_joined = room->position.behind = false;
	event_del(client->wait);
	client_unsend(client);
	if (client->ending) {
		client_give_up(client, CLIENT_DONE, "");
		return;
	}
	if (!client->was_online && end.fault == CONNECTION_UNREACHABLE) {
		client_give_up_at_address(client, &end);
		return;
	}
	if (!client->was_online || is_denied(&end) ||
	    (end.fault == CONNECTION_CLOSED && close_code_is_final(end.code))) {
		client_give_up(client, status, end.text);
		return;
	}
	if (was_online)
		client->config.ops->on_lost(client->config.arg,
		    end.text[0] == '\0' ? "closed by the server" : end.text);
	client_schedule_reconnect(client);
}

static const struct connection_ops connection_ops = {
	.opened = client_on_opened,
	.text = client_on_text,
	.closed = client_on_closed,
	.alive = client_on_alive,
};

static void
dial_cb(evutil_socket_t fd, short what, void *arg)
{
	struct client *client = arg;
	struct url url = client->config.url;

	(void)fd;
	(void)what;
	if (client->config.dialect->named && client->name[0] != '\0')
		url_add_query(&url, "name", str_from(client->name));
	client->connection = connection_create(client->config.base, &url,
	    client->config.tls, client->config.token, &connection_ops, client);
	if (client->connection == NULL)
		client_give_up(client, CLIENT_NO_MEMORY, "no memory");
}

/*
 * --- life cycle -----------------------------------------------------------
 */

struct joined_room *
client_find_room(const struct client *client, struct str room)
{
	for (struct joined_room *at = client->rooms; at != NULL; at = at->next)
		if (str_equal(read_position_room(&at->position), room))
			return at;
	return NULL;
}

void
client_forget_room(struct client *client, struct joined_room *room)
{
	struct joined_room **link = &client->rooms;

	while (*link != room)
		link = &(*link)->next;
	*link = room->next;
	if (client->room == room)
		client->room = room->next != NULL ? room->next : client->rooms;
	free(room);
}

static struct joined_room *
joined_room_add(struct client *client)
{
	struct joined_room **link = &client->rooms;
	struct joined_room *room = calloc(1, sizeof(*room));

	while (*link != NULL)
		link = &(*link)->next;
	*link = room;
	return room;
}

struct joined_room *
client_enter_room(struct client *client, struct str id, struct str epoch)
{
	struct joined_room *room = client_find_room(client, id);

	if (room == NULL && !client->config.dialect->resumes)
		room = client->rooms;
	if (room == NULL)
		room = joined_room_add(client);
	if (room == NULL)
		return NULL;
	if (!read_position_enter(&room->position, id, epoch)) {
		client_forget_room(client, room);
		return NULL;
	}
	client->room = room;
	return room;
}

static bool
client_set_identity(struct client *client, const struct client_config *config)
{
	if (config->name.len >= sizeof(client->name))
		return false;
	if (config->name.len > 0)
		memcpy(client->name, config->name.data, config->name.len);
	if (config->room.data == NULL)
		return true;
	return client_enter_room(client, config->room, config->epoch) != NULL &&
	       read_position_set(&client->room->position, config->epoch,
		   config->seq);
}

struct client *
client_create(const struct client_config *config)
{
	struct client *client = calloc(1, sizeof(*client));

	if (client == NULL)
		return NULL;
	client->config = *config;
	text_buffer_init(&client->texts);
	wire_text_init(&client->out);
	client_queue_init(&client->queue, client_random());
	client->dial = evtimer_new(config->base, dial_cb, client);
	client->wait = evtimer_new(config->base, wait_cb, client);
	if (client->dial == NULL || client->wait == NULL ||
	    !client_set_identity(client, config)) {
		client_destroy(client);
		return NULL;
	}
	set_timer(client->dial, 0);
	return client;
}

void
client_destroy(struct client *client)
{
	if (client == NULL)
		return;
	connection_destroy(client->connection);
	if (client->dial != NULL)
		event_free(client->dial);
	if (client->wait != NULL)
		event_free(client->wait);
	while (client->rooms != NULL)
		client_forget_room(client, client->rooms);
	client_queue_fini(&client->queue);
	wire_text_fini(&client->out);
	text_buffer_fini(&client->texts);
	free(client);
}

void
client_end(struct client *client)
{
	if (client->ending)
		return;
	client->ending = true;
	if (client->connection != NULL)
		connection_close(client->connection);
	else
		client_give_up(client, CLIENT_DONE, "");
}

struct str
client_room(const struct client *client)
{
	return client->room != NULL
		   ? read_position_room(&client->room->position)
		   : STR_ABSENT;
}

bool
client_is_online(const struct client *client)
{
	return client->online;
}
