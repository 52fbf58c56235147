#include "wire/dotnet/dotnet_monitor.h"

#include <stdlib.h>
#include <string.h>

#include "wire/common/timestamps.h"
#include "wire/dotnet/dotnet_monitor_internal.h"
#include "wire/json/json_fields.h"

#define JSON "application/json; charset=utf-8"
#define TEXT "text/plain; charset=utf-8"

#define DAY_MS (24 * 60 * 60 * INT64_C(1000))

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
	struct types types = monitor_types_collect(&today);

	timestamp_put_utc(out, STR("{\"timestamp\":"), chat->now_ms);
	json_field_unsigned(out, STR(",\"currentActiveConnections\":"),
	    chat->connections);
	json_field_unsigned(out, STR(",\"currentActiveRooms\":"),
	    monitor_rooms_count(chat));
	json_field_unsigned(out, STR(",\"totalCommandsToday\":"), commands);
	json_field_unsigned(out, STR(",\"totalErrorsToday\":"), errors);
	monitor_thousandths_put(out, STR(",\"errorRate\":"),
	    commands == 0 ? 0 : errors * 1000 / commands);
	monitor_types_put(out, STR(",\"topCommands\":"), &types, TOP_MOST);
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
	monitor_records_put(out, &selection);
	wire_text_append(out, STR("}"));
}

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
	monitor_records_put(out, selection);
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
	monitor_records_put(out, selection);
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
		monitor_rooms_stats_put(out->body, chat);
	} else if (!chat->get_room(id, &room, chat->arg)) {
		out->status = 404;
		out->content_type = TEXT;
		wire_text_append(out->body, STR("Room with ID '"));
		wire_text_append(out->body, id);
		wire_text_append(out->body, STR("' not found"));
	} else if (path_word_is(what, "members")) {
		monitor_members_put(out->body, chat, id);
	} else {
		monitor_room_fields_put(out->body, chat, &room);
		wire_text_append(out->body, STR(",\"members\":"));
		monitor_members_put(out->body, chat, id);
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
		monitor_performance_put(out->body, &selection);
	} else
		return false;
	return true;
}

bool
dotnet_monitor_answer(const struct http_compat_request *request,
    struct http_compat_response *out)
{
	struct str prefix = STR("/api/monitoring/"), path = request->path;
	bool is_path;

	if (path.len < prefix.len ||
	    strncasecmp(path.data, prefix.data, prefix.len) != 0 ||
	    request->monitored == NULL)
		return false;
	path = str_slice(path.data + prefix.len, path.len - prefix.len);
	out->status = 200;
	out->content_type = JSON;
	out->headers = "Cache-Control: no-store\r\n";
	is_path = monitor_answer_path(out, request->monitored, path);
	if (is_path && !out->body->failed)
		return true;
	wire_text_reset(out->body);
	out->status = is_path ? 500 : 404;
	out->content_type = TEXT;
	wire_text_append(out->body, is_path ? STR("Internal server error")
					    : STR("404 page not found\n"));
	return true;
}
