/* Printing which rooms there are, a line for each. */
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>

#include "cmd/parley/mode.h"
#include "cmd/parley/plain.h"

struct rooms {
	const struct mode *mode;
	struct client *client;
	bool printed;
	int status;
};

static void
print_room(const struct heard *room)
{
	struct wire_text line;

	wire_text_init(&line);
	plain_put(&line, room->room);
	wire_text_append(&line, STR("\t"));
	plain_put(&line, room->name);
	if (!line.failed)
		printf("%.*s\t%" PRIu64 "\t%s\n", (int)line.len, line.data,
		    room->count, room->persistent ? "persistent" : "-");
	wire_text_fini(&line);
}

static void
print_all(const struct speech *speech, struct str rooms)
{
	struct reading reading;
	struct json_reader list;
	struct json_value item;

	reading_init(&reading);
	json_open_array(&list, rooms, HEARD_DEPTH);
	while (json_next_item(&list, &item)) {
		struct heard room = { 0 };

		if (reading_begin(&reading, item.text.len) &&
		    speech_read_item(speech, &reading, item.text, &room))
			print_room(&room);
	}
	reading_fini(&reading);
}

static void
heard(void *arg, const struct heard *heard)
{
	struct rooms *rooms = arg;

	if (heard->kind != HEARD_ROOMS || heard->rooms.data == NULL)
		return;
	print_all(rooms->mode->args->speech, heard->rooms);
	rooms->printed = true;
	client_end(rooms->client);
}

static void
ready(void *arg, bool again)
{
	struct rooms *rooms = arg;
	struct deed deed = { .kind = DEED_ROOMS };

	(void)again;
	client_do(rooms->client, &deed);
}

static void
lost(void *arg, const char *why)
{
	struct rooms *rooms = arg;

	mode_complain("%s", why);
	client_end(rooms->client);
}

static void
over(void *arg, enum client_status status, const char *why)
{
	struct rooms *rooms = arg;

	if (status != CLIENT_DONE)
		mode_complain("%s", why);
	if (!rooms->printed)
		rooms->status =
		    status == CLIENT_DONE ? CLIENT_UNAVAILABLE : (int)status;
	event_base_loopbreak(rooms->mode->base);
}

static const struct client_ops client_ops = {
	.heard = heard,
	.ready = ready,
	.lost = lost,
	.over = over,
};

int
rooms_run(const struct mode *mode)
{
	struct rooms rooms = { .mode = mode, .status = CLIENT_DONE };

	rooms.client = mode_client(mode, false, &client_ops, &rooms);
	if (rooms.client == NULL)
		return CLIENT_NO_MEMORY;
	event_base_dispatch(mode->base);
	client_destroy(rooms.client);
	return rooms.status;
}
