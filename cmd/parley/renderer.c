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
#define INDENT STR("      ") /* as wide as the time */

void
renderer_init(struct renderer *renderer, const struct client_dialect *dialect,
    bool colours)
{
	renderer->dialect = dialect;
	renderer->colours = colours;
	text_buffer_init(&renderer->reading);
	wire_text_init(&renderer->text);
}

void
renderer_fini(struct renderer *renderer)
{
	text_buffer_fini(&renderer->reading);
	wire_text_fini(&renderer->text);
}

/* --- pieces --------------------------------------------------------------- */

static void
put(struct renderer *renderer, const char *text)
{
	wire_text_append(&renderer->text, str_from(text));
}

static void
colour(struct renderer *renderer, const char *escape)
{
	if (renderer->colours)
		put(renderer, escape);
}

static void
put_text(struct renderer *renderer, struct str text)
{
	sanitize_line(&renderer->text, text);
}

/* What matters less: all but messages. */
static void
begin_notice(struct renderer *renderer)
{
	colour(renderer, DIM);
	put(renderer, "* ");
}

static void
end(struct renderer *renderer)
{
	colour(renderer, PLAIN);
	put(renderer, "\n");
}

/* A notice with a text in the middle. */
static void
put_line(struct renderer *renderer, const char *before, struct str text,
    const char *after)
{
	begin_notice(renderer);
	put(renderer, before);
	put_text(renderer, text);
	put(renderer, after);
	end(renderer);
}

static void
put_time(struct renderer *renderer, uint64_t at_ms)
{
	time_t at = at_ms == 0 ? time(NULL) : (time_t)(at_ms / 1000);
	struct tm local;
	char text[16];

	if (localtime_r(&at, &local) == NULL ||
	    strftime(text, sizeof(text), "%H:%M ", &local) == 0)
		snprintf(text, sizeof(text), "--:-- ");
	colour(renderer, DIM);
	put(renderer, text);
	colour(renderer, PLAIN);
}

/* --- what is heard -------------------------------------------------------- */

static void
put_said(struct renderer *renderer, const struct server_event *heard)
{
	struct str text =
	    heard->text.data != NULL ? heard->text : heard->message;

	if (heard->member.data == NULL) { /* the server's own words */
		put_line(renderer, "", text, "");
		return;
	}
	put_time(renderer, heard->at);
	colour(renderer, heard->mine ? BOLD : CYAN);
	put_text(renderer, heard->member);
	colour(renderer, PLAIN);
	put(renderer, ": ");
	sanitize_lines(&renderer->text, text, INDENT);
	end(renderer);
}

static void
put_private(struct renderer *renderer, const struct server_event *heard)
{
	put_time(renderer, heard->at);
	colour(renderer, CYAN);
	put(renderer,
	    heard->kind == SERVER_DM ? "(private) from " : "(private) to ");
	put_text(renderer, heard->member);
	colour(renderer, PLAIN);
	put(renderer, ": ");
	sanitize_lines(&renderer->text, heard->text, INDENT);
	end(renderer);
}

static void
put_error(struct renderer *renderer, const struct server_event *heard)
{
	colour(renderer, RED);
	put(renderer, "! ");
	put_text(renderer, heard->text);
	end(renderer);
}

/* "alice, bob" */
static void
put_names(struct renderer *renderer, struct str names)
{
	struct json_reader list;
	struct json_value name;
	bool first = true;

	if (!text_buffer_begin(&renderer->reading, names.len))
		return;
	json_open_array(&list, names, SERVER_EVENT_DEPTH);
	for (; json_next_item(&list, &name); first = false) {
		put(renderer, first ? "" : ", ");
		put_text(renderer, text_buffer_text(&renderer->reading, &name));
	}
}

static void
put_members(struct renderer *renderer, const struct server_event *heard)
{
	begin_notice(renderer);
	put(renderer, "here: ");
	if (heard->members.data != NULL)
		put_names(renderer, heard->members);
	end(renderer);
}

static void
put_room(struct renderer *renderer, const struct server_event *room)
{
	put(renderer, "  ");
	put_text(renderer, room->room);
	if (room->name.data != NULL && !str_equal(room->name, room->room)) {
		put(renderer, "  ");
		put_text(renderer, room->name);
	}
	put(renderer, "  (");
	json_put_unsigned(&renderer->text, room->count);
	put(renderer, room->persistent ? ", persistent)\n" : ")\n");
}

static void
put_rooms(struct renderer *renderer, const struct server_event *heard)
{
	struct json_reader list;
	struct json_value item;
	bool any = false;

	if (heard->rooms.data == NULL ||
	    !text_buffer_begin(&renderer->reading, heard->rooms.len))
		return;
	json_open_array(&list, heard->rooms, SERVER_EVENT_DEPTH);
	for (; json_next_item(&list, &item); any = true) {
		struct server_event room = { 0 };

		if (client_dialect_read_item(renderer->dialect,
			&renderer->reading, item.text, &room))
			put_room(renderer, &room);
	}
	if (!any)
		put(renderer, "* there are none\n");
}

static void
put_joined(struct renderer *renderer, const struct server_event *heard)
{
	begin_notice(renderer);
	put(renderer, "you are in ");
	put_text(renderer, heard->room);
	if (heard->name.data != NULL && !str_equal(heard->name, heard->room)) {
		put(renderer, " (");
		put_text(renderer, heard->name);
		put(renderer, ")");
	}
	if (heard->members.data != NULL) {
		put(renderer, ": ");
		put_names(renderer, heard->members);
	} else if (heard->member.data != NULL) {
		put(renderer, " as ");
		put_text(renderer, heard->member);
	}
	end(renderer);
	if (heard->missing.data != NULL)
		put_line(renderer, "messages ", heard->missing,
		    " are not there any more");
	if (heard->epoch_changed)
		put_line(renderer, "the room has begun anew", STR(""), "");
}

/* Notices of one name and some words around it. */
static const struct notice {
	const char *before;
	size_t who;
	const char *after;
} notices[] = {
#define WHO(member) offsetof(struct server_event, member)
	[SERVER_WELCOME] = { "you are ", WHO(member), "" },
	[SERVER_LEFT] = { "you left ", WHO(room), "" },
	[SERVER_CREATED] = { "made ", WHO(room), "" },
	[SERVER_JOIN] = { "", WHO(member), " came" },
	[SERVER_LEAVE] = { "", WHO(member), " went" },
	[SERVER_NAMED] = { "you are now ", WHO(member), "" },
	[SERVER_HISTORY] = { "history of ", WHO(room), "" },
#undef WHO
};

static void
put_notice(struct renderer *renderer, const struct server_event *heard)
{
	const struct notice *notice = &notices[heard->kind];
	struct str who;

	memcpy(&who, (const char *)heard + notice->who, sizeof(who));
	put_line(renderer, notice->before, who, notice->after);
}

static void
put_count(struct renderer *renderer, const struct server_event *heard)
{
	begin_notice(renderer);
	json_put_unsigned(&renderer->text, heard->count);
	put(renderer, " are here");
	end(renderer);
}

static void
put_renamed(struct renderer *renderer, const struct server_event *heard)
{
	begin_notice(renderer);
	put_text(renderer, heard->was);
	put(renderer, " is now ");
	put_text(renderer, heard->member);
	end(renderer);
}

static void (*const writers[])(struct renderer *,
    const struct server_event *) = {
	[SERVER_WELCOME] = put_notice,
	[SERVER_MESSAGE] = put_said,
	[SERVER_ERROR] = put_error,
	[SERVER_JOINED] = put_joined,
	[SERVER_LEFT] = put_notice,
	[SERVER_CREATED] = put_notice,
	[SERVER_JOIN] = put_notice,
	[SERVER_LEAVE] = put_notice,
	[SERVER_COUNT] = put_count,
	[SERVER_NAMED] = put_notice,
	[SERVER_RENAMED] = put_renamed,
	[SERVER_MEMBERS] = put_members,
	[SERVER_ROOMS] = put_rooms,
	[SERVER_HISTORY] = put_notice,
	[SERVER_DM] = put_private,
	[SERVER_DM_SENT] = put_private,
	[SERVER_BYE] = NULL,
};

static struct str
result(const struct renderer *renderer)
{
	return str_slice(renderer->text.data, renderer->text.len);
}

struct str
renderer_event(struct renderer *renderer, const struct server_event *heard)
{
	wire_text_reset(&renderer->text);
	if (writers[heard->kind] != NULL)
		writers[heard->kind](renderer, heard);
	return result(renderer);
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
	return result(renderer);
}
