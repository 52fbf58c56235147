#include "wire/dotnet/dotnet_monitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/command_log.h"
#include "domain/room.h"
#include "wire/common/timestamps.h"
#include "wire/json/json_fields.h"

#define JSON "application/json; charset=utf-8"
#define TEXT "text/plain; charset=utf-8"

#define DAY_MS (24 * 60 * 60 * INT64_C(1000))

#define TYPES_MOST 16
#define USERS_MOST 256
#define TOP_MOST 5

/* Between these times, of this user (absent: of all). */
struct selection {
	const struct command_log *log;
	int64_t from_ms;
	int64_t to_ms;
	struct str username;
	bool only_errors;
	size_t limit;
};

/* --- the records ---------------------------------------------------------- */

static const struct command_record *
selection_next(const struct selection *selection, size_t *n)
{
	while (*n < command_log_kept(selection->log)) {
		const struct command_record *record =
		    command_log_newest(selection->log, (*n)++);

		if (record->at_ms >= selection->from_ms &&
		    record->at_ms <= selection->to_ms &&
		    (selection->username.data == NULL ||
			str_equal(str_from(record->username),
			    selection->username)) &&
		    (!selection->only_errors || record->error[0] != '\0'))
			return record;
	}
	return NULL;
}

/* Thousandths of a number. */
static void
thousandths_put(struct wire_text *out, struct str head, uint64_t thousandths)
{
	char digits[4] = { '.', (char)('0' + thousandths / 100 % 10),
		(char)('0' + thousandths / 10 % 10),
		(char)('0' + thousandths % 10) };

	json_field_unsigned(out, head, thousandths / 1000);
	wire_text_append(out, str_slice(digits, sizeof(digits)));
}

static void
monitor_record_put(struct wire_text *out, const struct command_record *record)
{
	bool success = record->error[0] == '\0';
	char number[24];

	snprintf(number, sizeof(number), "%llu",
	    (unsigned long long)record->number);
	json_field_string(out, STR("{\"id\":"), str_from(number));
	timestamp_put_utc(out, STR(",\"timestamp\":"), record->at_ms);
	json_field_string(out, STR(",\"clientId\":"),
	    str_from(record->client_id));
	json_field_string(out, STR(",\"username\":"),
	    str_from(record->username));
	json_field_string(out, STR(",\"commandType\":"),
	    str_from(record->type));
	json_field_string(out, STR(",\"parameters\":"),
	    str_from(record->parameters));
	json_field_boolean(out, STR(",\"success\":"), success);
	if (success)
		wire_text_append(out, STR(",\"errorMessage\":null"));
	else
		json_field_string(out, STR(",\"errorMessage\":"),
		    str_from(record->error));
	thousandths_put(out, STR(",\"executionTimeMs\":"), record->took_us);
	wire_text_append(out, STR(",\"responseData\":null,\"ipAddress\":null,"
				  "\"userAgent\":null}"));
}

static void
records_put(struct wire_text *out, const struct selection *selection)
{
	const struct command_record *record;
	size_t n = 0;

	wire_text_append(out, STR("["));
	for (size_t i = 0; i < selection->limit &&
			   (record = selection_next(selection, &n)) != NULL;
	     i++) {
		wire_text_append_if(out, i > 0, STR(","));
		monitor_record_put(out, record);
	}
	wire_text_append(out, STR("]"));
}

/* --- by type -------------------------------------------------------------- */

struct type_stats {
	const char *type;
	uint64_t count;
	uint64_t failed;
	uint64_t took_us;
	int64_t last_ms;
};

struct types {
	size_t count;
	struct type_stats items[TYPES_MOST];
};

static struct type_stats *
types_find(struct types *types, const char *type)
{
	size_t i = 0;

	while (i < types->count && strcmp(types->items[i].type, type) != 0)
		i++;
	if (i == types->count && types->count < TYPES_MOST)
		types->items[types->count++] =
		    (struct type_stats){ .type = type };
	return i < TYPES_MOST ? &types->items[i] : NULL;
}

static int
types_compare(const void *a, const void *b)
{
	const struct type_stats *first = a, *second = b;

	return (first->count < second->count) - (first->count > second->count);
}

/* Most frequent first. */
static struct types
types_collect(const struct selection *selection)
{
	struct types types = { .count = 0 };
	const struct command_record *record;
	size_t n = 0;

	while ((record = selection_next(selection, &n)) != NULL) {
		struct type_stats *stats = types_find(&types, record->type);

		if (stats == NULL)
			continue;
		stats->count++;
		stats->failed += record->error[0] != '\0';
		stats->took_us += record->took_us;
		if (record->at_ms > stats->last_ms)
			stats->last_ms = record->at_ms;
	}
	qsort(types.items, types.count, sizeof(types.items[0]), types_compare);
	return types;
}

static void
type_put(struct wire_text *out, const struct type_stats *stats)
{
	json_field_string(out, STR("{\"commandType\":"), str_from(stats->type));
	json_field_unsigned(out, STR(",\"count\":"), stats->count);
	thousandths_put(out, STR(",\"avgExecutionTimeMs\":"),
	    stats->took_us / stats->count);
	thousandths_put(out, STR(",\"successRate\":"),
	    (stats->count - stats->failed) * 1000 / stats->count);
	timestamp_put_utc(out, STR(",\"lastExecuted\":"), stats->last_ms);
	wire_text_append(out, STR("}"));
}

typedef bool type_filter(const struct type_stats *);

static bool
type_is_any(const struct type_stats *stats)
{
	(void)stats;
	return true;
}

static bool
type_is_slow(const struct type_stats *stats)
{
	return stats->took_us / stats->count > 1000 * 1000;
}

static bool
type_is_fast(const struct type_stats *stats)
{
	return stats->took_us / stats->count <= 100 * 1000;
}

static bool
type_fails(const struct type_stats *stats)
{
	return (stats->count - stats->failed) * 100 < stats->count * 95;
}

static void
types_put(struct wire_text *out, struct str head, const struct types *types,
    type_filter *filter, size_t most)
{
	size_t count = 0;

	wire_text_append(out, head);
	wire_text_append(out, STR("["));
	for (size_t i = 0; i < types->count && count < most; i++) {
		if (!filter(&types->items[i]))
			continue;
		wire_text_append_if(out, count++ > 0, STR(","));
		type_put(out, &types->items[i]);
	}
	wire_text_append(out, STR("]"));
}

static void
monitor_stats_put(struct wire_text *out, struct str head,
    const struct selection *selection)
{
	struct types types = types_collect(selection);

	types_put(out, head, &types, type_is_any, TYPES_MOST);
}

static void
performance_put(struct wire_text *out, const struct selection *selection)
{
	struct types types = types_collect(selection);

	types_put(out, STR("{\"slowCommands\":"), &types, type_is_slow,
	    TYPES_MOST);
	types_put(out, STR(",\"fastCommands\":"), &types, type_is_fast,
	    TYPES_MOST);
	types_put(out, STR(",\"mostUsed\":"), &types, type_is_any, 10);
	types_put(out, STR(",\"worstPerforming\":"), &types, type_fails,
	    TYPES_MOST);
	wire_text_append(out, STR("}"));
}

/* --- by user -------------------------------------------------------------- */

struct user_stats {
	const char *username;
	uint64_t count;
	int64_t first_ms;
	int64_t last_ms;
};

static int
monitor_users_compare(const void *a, const void *b)
{
	const struct user_stats *first = a, *second = b;

	return (first->count < second->count) - (first->count > second->count);
}

static size_t
users_collect(const struct selection *selection,
    struct user_stats users[USERS_MOST])
{
	const struct command_record *record;
	size_t count = 0, n = 0;

	while ((record = selection_next(selection, &n)) != NULL) {
		size_t i = 0;

		while (i < count &&
		       strcmp(users[i].username, record->username) != 0)
			i++;
		if (i == USERS_MOST)
			continue;
		if (i == count)
			users[count++] = (struct user_stats){
				.username = record->username,
				.last_ms = record->at_ms,
			};
		users[i].count++;
		users[i].first_ms = record->at_ms;
	}
	qsort(users, count, sizeof(users[0]), monitor_users_compare);
	return count;
}

static void
monitor_users_put(struct wire_text *out, const struct selection *selection)
{
	struct user_stats users[USERS_MOST];
	size_t count = users_collect(selection, users);

	wire_text_append(out, STR("["));
	for (size_t i = 0; i < count && i < selection->limit; i++) {
		struct selection of_user = *selection;
		struct types types;

		of_user.username = str_from(users[i].username);
		types = types_collect(&of_user);
		json_field_string(out,
		    i > 0 ? STR(",{\"username\":") : STR("{\"username\":"),
		    of_user.username);
		json_field_unsigned(out, STR(",\"commandCount\":"),
		    users[i].count);
		timestamp_put_utc(out, STR(",\"firstSeen\":"),
		    users[i].first_ms);
		timestamp_put_utc(out, STR(",\"lastSeen\":"), users[i].last_ms);
		types_put(out, STR(",\"topCommands\":"), &types, type_is_any,
		    TOP_MOST);
		wire_text_append(out, STR("}"));
	}
	wire_text_append(out, STR("]"));
}

/* --- rooms ---------------------------------------------------------------- */

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

static void
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

static void
monitor_rooms_put(struct wire_text *out, const struct monitored *chat,
    struct str username)
{
	struct rooms_figures figures = { .chat = chat, .out = out };

	wire_text_append(out, STR("["));
	chat->each_room(username, figures_add_room, &figures, chat->arg);
	wire_text_append(out, STR("]"));
}

static void
rooms_stats_put(struct wire_text *out, const struct monitored *chat)
{
	struct rooms_figures figures = { .chat = chat };
	uint64_t hundredths;

	chat->each_room(STR_ABSENT, figures_add_room, &figures, chat->arg);
	hundredths =
	    figures.count == 0 ? 0 : figures.members * 100 / figures.count;
	json_field_unsigned(out, STR("{\"totalRooms\":"), figures.count);
	thousandths_put(out, STR(",\"averageMembers\":"), hundredths * 10);
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

static size_t
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

static void
room_members_put(struct wire_text *out, const struct monitored *chat,
    struct str room)
{
	struct members_list list = { out, 0 };

	wire_text_append(out, STR("["));
	chat->each_member(room, members_list_add, &list, chat->arg);
	wire_text_append(out, STR("]"));
}

/* --- status --------------------------------------------------------------- */

static void
errors_put(struct wire_text *out, const struct selection *today)
{
	struct selection errors = *today;
	const struct command_record *record;
	size_t n = 0;

	errors.only_errors = true;
	wire_text_append(out, STR(",\"recentErrors\":["));
	for (size_t i = 0;
	     i < 10 && (record = selection_next(&errors, &n)) != NULL; i++) {
		wire_text_append_if(out, i > 0, STR(","));
		json_put_string(out, str_from(record->error));
	}
	wire_text_append(out, STR("]"));
}

static void
status_put(struct wire_text *out, const struct monitored *chat)
{
	const struct command_log *log = chat->log;
	struct selection today = {
		.log = log,
		.from_ms = chat->now_ms / DAY_MS * DAY_MS,
		.to_ms = chat->now_ms,
	};
	bool is_today = log->day == chat->now_ms / DAY_MS;
	uint64_t commands = is_today ? log->today : 0;
	uint64_t errors = is_today ? log->errors_today : 0;
	struct types types = types_collect(&today);

	timestamp_put_utc(out, STR("{\"timestamp\":"), chat->now_ms);
	json_field_unsigned(out, STR(",\"currentActiveConnections\":"),
	    chat->connections);
	json_field_unsigned(out, STR(",\"currentActiveRooms\":"),
	    monitor_rooms_count(chat));
	json_field_unsigned(out, STR(",\"totalCommandsToday\":"), commands);
	json_field_unsigned(out, STR(",\"totalErrorsToday\":"), errors);
	thousandths_put(out, STR(",\"errorRate\":"),
	    commands == 0 ? 0 : errors * 1000 / commands);
	types_put(out, STR(",\"topCommands\":"), &types, type_is_any, TOP_MOST);
	errors_put(out, &today);
	wire_text_append(out, STR("}"));
}

static void
dashboard_put(struct wire_text *out, const struct monitored *chat)
{
	struct selection selection = {
		.log = chat->log,
		.from_ms = chat->now_ms - 7 * DAY_MS,
		.to_ms = chat->now_ms,
		.limit = 10,
	};

	wire_text_append(out, STR("{\"status\":"));
	status_put(out, chat);
	monitor_stats_put(out, STR(",\"commandStats\":"), &selection);
	wire_text_append(out, STR(",\"userActivity\":"));
	monitor_users_put(out, &selection);
	selection.from_ms = chat->now_ms - DAY_MS;
	selection.only_errors = true;
	selection.limit = 20;
	wire_text_append(out, STR(",\"recentErrors\":"));
	records_put(out, &selection);
	wire_text_append(out, STR("}"));
}

/* --- requests ------------------------------------------------------------- */

static bool
path_word_is(struct str word, const char *name)
{
	return word.len == strlen(name) &&
	       strncasecmp(word.data, name, word.len) == 0;
}

/* The next part of a path. */
static struct str
path_take(struct str *path)
{
	const char *end =
	    path->len > 0 ? memchr(path->data, '/', path->len) : NULL;
	struct str word = *path;

	if (end == NULL) {
		*path = STR("");
		return word;
	}
	word.len = (size_t)(end - path->data);
	*path = str_slice(end + 1, path->len - word.len - 1);
	return word;
}

static void
limit_read(const struct monitored *chat, size_t *limit)
{
	char text[8];
	long value;

	if (!chat->get_parameter("limit", text, sizeof(text), chat->request))
		return;
	value = strtol(text, NULL, 10);
	if (value > 0 && value <= COMMAND_LOG_RECORDS)
		*limit = (size_t)value;
}

static void
dates_read(const struct monitored *chat, struct selection *selection)
{
	char text[40];

	if (chat->get_parameter("fromDate", text, sizeof(text), chat->request))
		(void)timestamp_read(str_from(text), &selection->from_ms);
	if (chat->get_parameter("toDate", text, sizeof(text), chat->request))
		(void)timestamp_read(str_from(text), &selection->to_ms);
}

static bool
commands_answer(struct wire_text *out, const struct monitored *chat,
    struct str what, struct selection *selection)
{
	if (path_word_is(what, "stats")) {
		dates_read(chat, selection);
		monitor_stats_put(out, STR(""), selection);
		return true;
	}
	selection->only_errors = path_word_is(what, "errors");
	if (!selection->only_errors && !path_word_is(what, "recent"))
		return false;
	if (selection->only_errors)
		dates_read(chat, selection);
	selection->limit = 50;
	limit_read(chat, &selection->limit);
	records_put(out, selection);
	return true;
}

static bool
users_answer(struct wire_text *out, const struct monitored *chat,
    struct str name, struct str what, struct selection *selection)
{
	if (what.len == 0) {
		selection->limit = 20;
		limit_read(chat, &selection->limit);
		monitor_users_put(out, selection);
		return path_word_is(name, "activity");
	}
	if (path_word_is(what, "rooms")) {
		monitor_rooms_put(out, chat, name);
		return true;
	}
	selection->from_ms = 0;
	selection->username = name;
	selection->limit = 50;
	limit_read(chat, &selection->limit);
	records_put(out, selection);
	return path_word_is(what, "commands");
}

static void
rooms_answer(struct http_compat_response *out, const struct monitored *chat,
    struct str id, struct str what)
{
	struct room room;

	if (id.len == 0) {
		monitor_rooms_put(out->body, chat, STR_ABSENT);
	} else if (path_word_is(id, "stats") && what.len == 0) {
		rooms_stats_put(out->body, chat);
	} else if (!chat->get_room(id, &room, chat->arg)) {
		out->status = 404;
		out->content_type = TEXT;
		wire_text_append(out->body, STR("Room with ID '"));
		wire_text_append(out->body, id);
		wire_text_append(out->body, STR("' not found"));
	} else if (path_word_is(what, "members")) {
		room_members_put(out->body, chat, id);
	} else {
		monitor_room_fields_put(out->body, chat, &room);
		wire_text_append(out->body, STR(",\"members\":"));
		room_members_put(out->body, chat, id);
		wire_text_append(out->body, STR("}"));
	}
}

/* False: there is no such path. */
static bool
monitor_answer_path(struct http_compat_response *out,
    const struct monitored *chat, struct str path)
{
	struct str first = path_take(&path), second = path_take(&path),
		   third = path_take(&path);
	struct selection selection = {
		.log = chat->log,
		.from_ms = chat->now_ms - 7 * DAY_MS,
		.to_ms = chat->now_ms,
	};

	if (path.len > 0)
		return false;
	if (path_word_is(first, "commands"))
		return third.len == 0 &&
		       commands_answer(out->body, chat, second, &selection);
	if (path_word_is(first, "users"))
		return users_answer(out->body, chat, second, third, &selection);
	if (path_word_is(first, "rooms")) {
		rooms_answer(out, chat, second, third);
		return true;
	}
	if (second.len > 0)
		return false;
	if (path_word_is(first, "status")) {
		status_put(out->body, chat);
	} else if (path_word_is(first, "dashboard")) {
		dashboard_put(out->body, chat);
	} else if (path_word_is(first, "performance")) {
		selection.from_ms = chat->now_ms - DAY_MS;
		dates_read(chat, &selection);
		performance_put(out->body, &selection);
	} else
		return false;
	return true;
}

bool
dotnet_monitor_answer(const struct http_compat_request *request,
    struct http_compat_response *out)
{
	struct str prefix = STR("/api/monitoring/"), path = request->path;

	if (path.len < prefix.len ||
	    strncasecmp(path.data, prefix.data, prefix.len) != 0 ||
	    request->monitored == NULL)
		return false;
	path = str_slice(path.data + prefix.len, path.len - prefix.len);
	out->status = 200;
	out->content_type = JSON;
	out->headers = "Cache-Control: no-store\r\n";
	if (monitor_answer_path(out, request->monitored, path))
		return true;
	wire_text_reset(out->body);
	out->status = 404;
	out->content_type = TEXT;
	wire_text_append(out->body, STR("404 page not found\n"));
	return true;
}
