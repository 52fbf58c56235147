/* What operators see of rooms. */
#include <stdio.h>
#include <string.h>

#include "wire/common/timestamps.h"
#include "wire/dotnet/dotnet_monitor_internal.h"
#include "wire/json/json_fields.h"

/* Of all rooms, while they are visited. */
struct rooms_figures {
	const struct monitored *chat;
	struct wire_text *out; /* NULL: they are only counted */
	size_t put;
	size_t count;
	size_t members;
	size_t empty;
	struct room most_popular;
	struct room recent[TOP_MOST]; /* newest first */
	size_t recent_count;
};

void
monitor_room_fields_put(struct wire_text *out, const struct monitored *chat,
    const struct room *room)
{
	char creator[MEMBER_NAME_SIZE];

	if (room->creator[0] == '\0' ||
	    !chat->get_name(str_from(room->creator), creator, chat->arg))
		snprintf(creator, sizeof(creator), "%s", room->creator);
	json_field_string(out, STR("{\"id\":"), str_from(room->id));
	json_field_string(out, STR(",\"name\":"), str_from(room->name));
	json_field_string(out, STR(",\"createdBy\":"), str_from(creator));
	timestamp_put_utc(out, STR(",\"createdAt\":"), room->created_ms);
	json_field_unsigned(out, STR(",\"memberCount\":"), room->member_count);
}

static void
monitor_room_put(struct wire_text *out, const struct monitored *chat,
    const struct room *room)
{
	monitor_room_fields_put(out, chat, room);
	wire_text_append(out, STR("}"));
}

static void
figures_add_recent(struct rooms_figures *figures, const struct room *room)
{
	size_t keep = figures->recent_count < TOP_MOST ? figures->recent_count
						       : TOP_MOST - 1;

	memmove(figures->recent + 1, figures->recent,
	    keep * sizeof(figures->recent[0]));
	figures->recent[0] = *room;
	figures->recent_count = keep + 1;
}

/* In order of creation. */
static bool
figures_add_room(const struct room *room, void *arg)
{
	struct rooms_figures *figures = arg;

	figures->count++;
	figures->members += room->member_count;
	figures->empty += room->member_count == 0;
	if (figures->count == 1 ||
	    room->member_count > figures->most_popular.member_count)
		figures->most_popular = *room;
	figures_add_recent(figures, room);
	if (figures->out != NULL) {
		wire_text_append_if(figures->out, figures->put++ > 0, STR(","));
		monitor_room_put(figures->out, figures->chat, room);
	}
	return true;
}

void
monitor_rooms_put(struct wire_text *out, const struct monitored *chat,
    struct str username)
{
	struct rooms_figures figures = { .chat = chat, .out = out };

	wire_text_append(out, STR("["));
	chat->each_room(username, figures_add_room, &figures, chat->arg);
	wire_text_append(out, STR("]"));
}

void
monitor_rooms_stats_put(struct wire_text *out, const struct monitored *chat)
{
	struct rooms_figures figures = { .chat = chat };
	uint64_t hundredths;

	chat->each_room(STR_ABSENT, figures_add_room, &figures, chat->arg);
	hundredths =
	    figures.count == 0 ? 0 : figures.members * 100 / figures.count;
	json_field_unsigned(out, STR("{\"totalRooms\":"), figures.count);
	monitor_thousandths_put(out, STR(",\"averageMembers\":"),
	    hundredths * 10);
	wire_text_append(out, STR(",\"mostPopularRoom\":"));
	if (figures.count == 0)
		wire_text_append(out, STR("null"));
	else
		monitor_room_put(out, chat, &figures.most_popular);
	wire_text_append(out, STR(",\"recentlyCreatedRooms\":["));
	for (size_t i = 0; i < figures.recent_count; i++) {
		wire_text_append_if(out, i > 0, STR(","));
		monitor_room_put(out, chat, &figures.recent[i]);
	}
	json_field_unsigned(out, STR("],\"emptyRooms\":"), figures.empty);
	timestamp_put_utc(out, STR(",\"lastUpdated\":"), chat->now_ms);
	wire_text_append(out, STR("}"));
}

size_t
monitor_rooms_count(const struct monitored *chat)
{
	struct rooms_figures figures = { .chat = chat };

	chat->each_room(STR_ABSENT, figures_add_room, &figures, chat->arg);
	return figures.count;
}

struct members_list {
	struct wire_text *out;
	size_t count;
};

static void
members_list_add(struct str name, void *arg)
{
	struct members_list *list = arg;

	wire_text_append_if(list->out, list->count++ > 0, STR(","));
	json_put_string(list->out, name);
}

void
monitor_members_put(struct wire_text *out, const struct monitored *chat,
    struct str room)
{
	struct members_list list = { out, 0 };

	wire_text_append(out, STR("["));
	chat->each_member(room, members_list_add, &list, chat->arg);
	wire_text_append(out, STR("]"));
}
