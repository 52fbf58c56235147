/* `parley rooms`: prints the rooms, one per line. */
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>

#include "cmd/parley/sanitize.h"
#include "cmd/parley/subcommand.h"

struct rooms {
	const struct subcommand *mode;
	struct client *client;
	bool printed;
	int status;
};

static void
print_room(const struct server_event *room)
{
	struct wire_text line;

	wire_text_init(&line);
	sanitize_line(&line, room->room);
	wire_text_append(&line, STR("\t"));
	sanitize_line(&line, room->name);
	if (!line.failed)
		printf("%.*s\t%" PRIu64 "\t%s\n", (int)line.len, line.data,
		    room->count, room->persistent ? "persistent" : "-");
	wire_text_fini(&line);
}

static void
print_rooms(const struct client_dialect *dialect, struct str rooms)
{
	struct text_buffer texts;
	struct json_reader list;
	struct json_value item;

	text_buffer_init(&texts);
	json_open_array(&list, rooms, SERVER_EVENT_DEPTH);
	while (json_next_item(&list, &item)) {
		struct server_event room = { 0 };

		if (text_buffer_begin(&texts, item.text.len) &&
		    client_dialect_read_item(dialect, &texts, item.text, &room))
			print_room(&room);
	}
	text_buffer_fini(&texts);
}

static void
rooms_on_event(void *arg, const struct server_event *event)
{
	struct rooms *rooms = arg;

	if (event->kind != SERVER_ROOMS || event->rooms.data == NULL)
		return;
	print_rooms(rooms->mode->args->dialect, event->rooms);
	rooms->printed = true;
	client_end(rooms->client);
}

static void
rooms_on_ready(void *arg, bool again)
{
	struct rooms *rooms = arg;
	struct client_request request = { .kind = REQUEST_ROOMS };

	(void)again;
	client_request(rooms->client, &request);
}

static void
rooms_on_lost(void *arg, const char *why)
{
	struct rooms *rooms = arg;

	report_error("%s", why);
	client_end(rooms->client);
}

static void
rooms_on_end(void *arg, enum client_status status, const char *why)
{
	struct rooms *rooms = arg;

	if (status != CLIENT_DONE)
		report_error("%s", why);
	if (!rooms->printed)
		rooms->status =
		    status == CLIENT_DONE ? CLIENT_UNAVAILABLE : (int)status;
	event_base_loopbreak(rooms->mode->base);
}

static const struct client_ops client_ops = {
	.on_event = rooms_on_event,
	.on_ready = rooms_on_ready,
	.on_lost = rooms_on_lost,
	.on_end = rooms_on_end,
};

int
rooms_run(const struct subcommand *mode)
{
	struct rooms rooms = { .mode = mode, .status = CLIENT_DONE };

	rooms.client = subcommand_client(mode, false, &client_ops, &rooms);
	if (rooms.client == NULL)
		return CLIENT_NO_MEMORY;
	event_base_dispatch(mode->base);
	client_destroy(rooms.client);
	return rooms.status;
}
