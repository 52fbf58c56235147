#include "cmd/parley/renderer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "cmd/parley/sanitize.h"
#include "wire/json/json_writer.h"

#define DIM "\033[2m"
#define BOLD "\033[1m"
#define CYAN "\033[36m"
#define RED "\033[31m"
#define PLAIN "\033[0m"
#define INDENT STR("      ") /* the width of the time */

/*
 * --- building blocks ------------------------------------------------------
 */

static void
renderer_put(struct renderer *renderer, const char *text)
{
	wire_text_append(&renderer->text, str_from(text));
}

static void
renderer_colour(struct renderer *renderer, const char *escape)
{
	if (renderer->colours)
		renderer_put(renderer, escape);
}

static void
renderer_put_text(struct renderer *renderer, struct str text)
{
	sanitize_line(&renderer->text, text);
}

/* "[tea] ", where it is not in the current room. */
static void
put_room_name(struct renderer *renderer)
{
	if (renderer->elsewhere.data == NULL)
		return;
	renderer_put(renderer, "[");
	renderer_put_text(renderer, renderer->elsewhere);
	renderer_put(renderer, "] ");
}

/* Starts a notice, which is dimmed. */
static void
notice_begin(struct renderer *renderer)
{
	renderer_colour(renderer, DIM);
	renderer_put(renderer, "* ");
	put_room_name(renderer);
}

static void
line_end(struct renderer *renderer)
{
	renderer_colour(renderer, PLAIN);
	renderer_put(renderer, "\n");
}

/* A notice with a text between two constants. */
static void
put_line(struct renderer *renderer, const char *before, struct str text,
    const char *after)
{
	notice_begin(renderer);
	renderer_put(renderer, before);
	renderer_put_text(renderer, text);
	renderer_put(renderer, after);
	line_end(renderer);
}

/* Local days have different numbers. */
static int
day_number(const struct tm *local)
{
	return local->tm_year * 366 + local->tm_yday;
}

static bool
local_time_read(uint64_t at_ms, struct tm *local)
{
	time_t at = at_ms == 0 ? time(NULL) : (time_t)(at_ms / 1000);

	return localtime_r(&at, local) != NULL;
}

/* The date, before the first line of another day than the one before. */
static void
put_date(struct renderer *renderer, const struct tm *local)
{
	char text[64];

	if (day_number(local) == renderer->day ||
	    strftime(text, sizeof(text), "%A, %Y-%m-%d", local) == 0)
		return;
	renderer->day = day_number(local);
	renderer_colour(renderer, DIM);
	renderer_put(renderer, "* ");
	renderer_put(renderer, text);
	line_end(renderer);
}

static void
put_time(struct renderer *renderer, uint64_t at_ms)
{
	struct tm local;
	char text[16];
	bool is_known = local_time_read(at_ms, &local);

	if (is_known)
		put_date(renderer, &local);
	if (!is_known || strftime(text, sizeof(text), "%H:%M ", &local) == 0)
		snprintf(text, sizeof(text), "--:-- ");
	renderer_colour(renderer, DIM);
	renderer_put(renderer, text);
	put_room_name(renderer);
	renderer_colour(renderer, PLAIN);
}

/* Lines of today have no date. */
void
renderer_init(struct renderer *renderer, const struct client_dialect *dialect,
    bool colours)
{
	struct tm today;

	renderer->dialect = dialect;
	renderer->colours = colours;
	renderer->elsewhere = STR_ABSENT;
	renderer->day = local_time_read(0, &today) ? day_number(&today) : 0;
	text_buffer_init(&renderer->texts);
	wire_text_init(&renderer->text);
}

void
renderer_fini(struct renderer *renderer)
{
	text_buffer_fini(&renderer->texts);
	wire_text_fini(&renderer->text);
}

/*
 * --- events ---------------------------------------------------------------
 */

static void
put_message(struct renderer *renderer, const struct server_event *event)
{
	struct str text =
	    event->text.data != NULL ? event->text : event->message;

	if (event->member.data == NULL) { /* an announcement of the server */
		put_line(renderer, "", text, "");
		return;
	}
	put_time(renderer, event->at);
	renderer_colour(renderer, event->mine ? BOLD : CYAN);
	renderer_put_text(renderer, event->member);
	renderer_colour(renderer, PLAIN);
	renderer_put(renderer, ": ");
	sanitize_lines(&renderer->text, text, INDENT);
	line_end(renderer);
}

static void
put_dm(struct renderer *renderer, const struct server_event *event)
{
	put_time(renderer, event->at);
	renderer_colour(renderer, CYAN);
	renderer_put(renderer,
	    event->kind == SERVER_DM ? "(private) from " : "(private) to ");
	renderer_put_text(renderer, event->member);
	renderer_colour(renderer, PLAIN);
	renderer_put(renderer, ": ");
	sanitize_lines(&renderer->text, event->text, INDENT);
	line_end(renderer);
}

static void
put_error(struct renderer *renderer, const struct server_event *event)
{
	renderer_colour(renderer, RED);
	renderer_put(renderer, "! ");
	renderer_put_text(renderer, event->text);
	line_end(renderer);
}

/* "alice, bob" */
static void
put_names(struct renderer *renderer, struct str names)
{
	struct json_reader list;
	struct json_value name;
	bool first = true;

	if (!text_buffer_begin(&renderer->texts, names.len))
		return;
	json_open_array(&list, names, SERVER_EVENT_DEPTH);
	for (; json_next_item(&list, &name); first = false) {
		renderer_put(renderer, first ? "" : ", ");
		renderer_put_text(renderer,
		    text_buffer_text(&renderer->texts, &name));
	}
}

static void
put_members(struct renderer *renderer, const struct server_event *event)
{
	notice_begin(renderer);
	renderer_put(renderer, "here: ");
	if (event->members.data != NULL)
		put_names(renderer, event->members);
	line_end(renderer);
}

static void
put_room(struct renderer *renderer, const struct server_event *room)
{
	renderer_put(renderer, "  ");
	renderer_put_text(renderer, room->room);
	if (room->name.data != NULL && !str_equal(room->name, room->room)) {
		renderer_put(renderer, "  ");
		renderer_put_text(renderer, room->name);
	}
	renderer_put(renderer, "  (");
	json_put_unsigned(&renderer->text, room->count);
	renderer_put(renderer, room->persistent ? ", persistent)\n" : ")\n");
}

static void
put_rooms(struct renderer *renderer, const struct server_event *event)
{
	struct json_reader list;
	struct json_value item;
	bool any = false;

	if (event->rooms.data == NULL ||
	    !text_buffer_begin(&renderer->texts, event->rooms.len))
		return;
	json_open_array(&list, event->rooms, SERVER_EVENT_DEPTH);
	for (; json_next_item(&list, &item); any = true) {
		struct server_event room = { 0 };

		if (client_dialect_read_item(renderer->dialect,
			&renderer->texts, item.text, &room))
			put_room(renderer, &room);
	}
	if (!any)
		renderer_put(renderer, "* no rooms\n");
}

static void
put_joined(struct renderer *renderer, const struct server_event *event)
{
	notice_begin(renderer);
	renderer_put(renderer, "joined ");
	renderer_put_text(renderer, event->room);
	if (event->name.data != NULL && !str_equal(event->name, event->room)) {
		renderer_put(renderer, " (");
		renderer_put_text(renderer, event->name);
		renderer_put(renderer, ")");
	}
	if (event->members.data != NULL) {
		renderer_put(renderer, ": ");
		put_names(renderer, event->members);
	} else if (event->member.data != NULL) {
		renderer_put(renderer, " as ");
		renderer_put_text(renderer, event->member);
	}
	line_end(renderer);
	if (event->topic.len > 0)
		put_line(renderer, "topic: ", event->topic, "");
	if (event->role.data != NULL)
		put_line(renderer, "your role here: ", event->role, "");
	if (event->missing.data != NULL)
		put_line(renderer, "messages ", event->missing,
		    " are no longer stored");
	if (event->epoch_changed)
		put_line(renderer,
		    "the room was created again; its history is gone", STR(""),
		    "");
}

/* Notices with one name. */
static const struct notice {
	const char *before;
	size_t who;
	const char *after;
} notices[] = {
#define WHO(member) offsetof(struct server_event, member)
	[SERVER_WELCOME] = { "you are ", WHO(member), "" },
	[SERVER_LEFT] = { "you left ", WHO(room), "" },
	[SERVER_SWITCHED] = { "you are in ", WHO(room), "" },
	[SERVER_CREATED] = { "created ", WHO(room), "" },
	[SERVER_JOIN] = { "", WHO(member), " joined" },
	[SERVER_LEAVE] = { "", WHO(member), " left" },
	[SERVER_NAMED] = { "you are now ", WHO(member), "" },
	[SERVER_HISTORY] = { "history of ", WHO(room), "" },
	[SERVER_DELETED] = { "the room was deleted by ", WHO(by), "" },
#undef WHO
};

static void
put_notice(struct renderer *renderer, const struct server_event *event)
{
	const struct notice *notice = &notices[event->kind];
	struct str who;

	memcpy(&who, (const char *)event + notice->who, sizeof(who));
	put_line(renderer, notice->before, who, notice->after);
}

static void
put_count(struct renderer *renderer, const struct server_event *event)
{
	notice_begin(renderer);
	json_put_unsigned(&renderer->text, event->count);
	renderer_put(renderer, " members");
	line_end(renderer);
}

static void
put_renamed(struct renderer *renderer, const struct server_event *event)
{
	notice_begin(renderer);
	renderer_put_text(renderer, event->was);
	renderer_put(renderer, " is now ");
	renderer_put_text(renderer, event->member);
	line_end(renderer);
}

/* "* bob was kicked by alice: spam" */
static void
put_act(struct renderer *renderer, const struct server_event *event,
    struct str act)
{
	notice_begin(renderer);
	if (event->mine) {
		renderer_put(renderer, "you were ");
	} else {
		renderer_put_text(renderer, event->member);
		renderer_put(renderer, " was ");
	}
	renderer_put_text(renderer, act);
	renderer_put(renderer, " by ");
	renderer_put_text(renderer, event->by);
	if (event->text.len > 0) {
		renderer_put(renderer, ": ");
		renderer_put_text(renderer, event->text);
	}
	line_end(renderer);
}

static void
put_kicked(struct renderer *renderer, const struct server_event *event)
{
	put_act(renderer, event, STR("kicked"));
}

static void
put_role(struct renderer *renderer, const struct server_event *event)
{
	if (str_equal(event->role, STR("banned")) ||
	    str_equal(event->role, STR("muted"))) {
		put_act(renderer, event, event->role);
		return;
	}
	notice_begin(renderer);
	renderer_put_text(renderer, event->member);
	renderer_put(renderer, event->mine ? " (you) is now " : " is now ");
	renderer_put_text(renderer, event->role);
	renderer_put(renderer, " here");
	line_end(renderer);
}

static void
put_topic(struct renderer *renderer, const struct server_event *event)
{
	if (event->topic.len > 0)
		put_line(renderer, "topic: ", event->topic, "");
	else
		put_line(renderer, "the room has no topic any more", STR(""),
		    "");
}

static void
put_invited(struct renderer *renderer, const struct server_event *event)
{
	notice_begin(renderer);
	renderer_put_text(renderer, event->member);
	renderer_put(renderer, " invites you: /join ");
	renderer_put_text(renderer, event->room);
	line_end(renderer);
}

static void (*const writers[])(struct renderer *,
    const struct server_event *) = {
	[SERVER_WELCOME] = put_notice,
	[SERVER_MESSAGE] = put_message,
	[SERVER_ERROR] = put_error,
	[SERVER_JOINED] = put_joined,
	[SERVER_LEFT] = put_notice,
	[SERVER_SWITCHED] = put_notice,
	[SERVER_CREATED] = put_notice,
	[SERVER_JOIN] = put_notice,
	[SERVER_LEAVE] = put_notice,
	[SERVER_COUNT] = put_count,
	[SERVER_NAMED] = put_notice,
	[SERVER_RENAMED] = put_renamed,
	[SERVER_MEMBERS] = put_members,
	[SERVER_ROOMS] = put_rooms,
	[SERVER_HISTORY] = put_notice,
	[SERVER_DM] = put_dm,
	[SERVER_DM_SENT] = put_dm,
	[SERVER_INVITED] = put_invited,
	[SERVER_KICKED] = put_kicked,
	[SERVER_ROLE] = put_role,
	[SERVER_TOPIC] = put_topic,
	[SERVER_DELETED] = put_notice,
	[SERVER_BYE] = NULL,
};

static struct str
renderer_result(const struct renderer *renderer)
{
	return str_slice(renderer->text.data, renderer->text.len);
}

struct str
renderer_event(struct renderer *renderer, const struct server_event *event)
{
	wire_text_reset(&renderer->text);
	renderer->elsewhere = event->elsewhere ? event->room : STR_ABSENT;
	if (writers[event->kind] != NULL)
		writers[event->kind](renderer, event);
	renderer->elsewhere = STR_ABSENT;
	return renderer_result(renderer);
}

struct str
renderer_notice(struct renderer *renderer, const char *format, ...)
{
	char words[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);
	wire_text_reset(&renderer->text);
	put_line(renderer, "", str_from(words), "");
	return renderer_result(renderer);
}
