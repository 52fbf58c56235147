#include "cmd/parleyd/store_tool/store_stats.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cmd/parleyd/store_tool/store_print.h"

struct stats_room {
	struct stats_room *next;
	struct room room; /* its last record */
	bool is_gone;
	int64_t last_at_ms; /* of its newest message */
	uint64_t messages;
	uint64_t bytes; /* of their bodies */
	uint64_t first_seq, last_seq;
};

static struct str
stats_room_key(const void *entry)
{
	return str_from(((const struct stats_room *)entry)->room.id);
}

void
store_stats_init(struct store_stats *stats)
{
	*stats = (struct store_stats){ 0 };
	stats->last = &stats->first;
	id_map_init(&stats->rooms, stats_room_key);
}

void
store_stats_fini(struct store_stats *stats)
{
	while (stats->first != NULL) {
		struct stats_room *room = stats->first;

		stats->first = room->next;
		free(room);
	}
	id_map_fini(&stats->rooms);
}

static struct stats_room *
stats_add_room(struct store_stats *stats, const struct room *record)
{
	struct stats_room *room = calloc(1, sizeof(*room));

	if (room == NULL)
		return NULL;
	room->room = *record;
	if (!id_map_put(&stats->rooms, room)) {
		free(room);
		return NULL;
	}
	*stats->last = room;
	stats->last = &room->next;
	return room;
}

static void
room_count(const struct room *room, uint64_t lsn, void *arg)
{
	struct store_stats *stats = arg;
	struct stats_room *known =
	    id_map_find(&stats->rooms, str_from(room->id));

	(void)lsn;
	if (known == NULL)
		known = stats_add_room(stats, room);
	if (known == NULL) {
		stats->is_incomplete = true;
		return;
	}
	known->is_gone = false;
	known->room = *room;
}

static void
room_empty(struct store_stats *stats, struct stats_room *room)
{
	stats->messages -= room->messages;
	stats->message_bytes -= room->bytes;
	room->messages = room->bytes = 0;
	room->first_seq = room->last_seq = 0;
}

static void
room_gone_count(struct str id, uint64_t lsn, void *arg)
{
	struct store_stats *stats = arg;
	struct stats_room *room = id_map_find(&stats->rooms, id);

	(void)lsn;
	if (room == NULL)
		return;
	room_empty(stats, room);
	room->is_gone = true;
}

static void
message_count(struct str id, const struct message *message, uint64_t lsn,
    void *arg)
{
	struct store_stats *stats = arg;
	struct stats_room *room = id_map_find(&stats->rooms, id);

	(void)lsn;
	if (room == NULL)
		return;
	if (room->messages++ == 0)
		room->first_seq = message->seq;
	room->last_seq = message->seq;
	room->last_at_ms = message->at_ms;
	room->bytes += message->body.len;
	stats->messages++;
	stats->message_bytes += message->body.len;
}

struct inspector
store_stats_inspector(struct store_stats *stats)
{
	return (struct inspector){ .room = room_count,
		.room_gone = room_gone_count,
		.message = message_count,
		.arg = stats };
}

static void
room_print(const struct stats_room *room, FILE *out)
{
	fprintf(out, "room %s messages %" PRIu64 " bytes %" PRIu64,
	    room->room.id, room->messages, room->bytes);
	if (room->messages > 0)
		fprintf(out, " seq %" PRIu64 "-%" PRIu64, room->first_seq,
		    room->last_seq);
	fputc('\n', out);
}

void
store_stats_print(const struct store_stats *stats, FILE *out)
{
	size_t rooms = 0;

	for (const struct stats_room *room = stats->first; room != NULL;
	     room = room->next)
		rooms += !room->is_gone;
	fprintf(out,
	    "rooms %zu\nmessages %" PRIu64 "\nmessage_bytes %" PRIu64 "\n",
	    rooms, stats->messages, stats->message_bytes);
	if (stats->is_incomplete)
		fputs("incomplete: no memory for all rooms\n", out);
	for (const struct stats_room *room = stats->first; room != NULL;
	     room = room->next)
		if (!room->is_gone)
			room_print(room, out);
}

void
store_stats_print_rooms(const struct store_stats *stats, FILE *out)
{
	for (const struct stats_room *room = stats->first; room != NULL;
	     room = room->next) {
		int64_t active_ms = room->room.active_ms;

		if (room->is_gone)
			continue;
		if (room->last_at_ms > active_ms)
			active_ms = room->last_at_ms;
		store_print_room_summary(out, &room->room, active_ms,
		    room->messages, room->bytes);
	}
}
