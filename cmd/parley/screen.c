#include "cmd/parley/screen.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "cmd/parley/plain.h"
#include "wire/json/json_writer.h"

#define DIM "\033[2m"
#define BOLD "\033[1m"
#define CYAN "\033[36m"
#define RED "\033[31m"
#define PLAIN "\033[0m"
#define INDENT STR("      ") /* as wide as the time */

void
screen_init(struct screen *screen, const struct speech *speech, bool colours)
{
	screen->speech = speech;
	screen->colours = colours;
	reading_init(&screen->reading);
	wire_text_init(&screen->text);
}

void
screen_fini(struct screen *screen)
{
	reading_fini(&screen->reading);
	wire_text_fini(&screen->text);
}

/* --- pieces --------------------------------------------------------------- */

static void
put(struct screen *screen, const char *text)
{
	wire_text_append(&screen->text, str_from(text));
}

static void
colour(struct screen *screen, const char *escape)
{
	if (screen->colours)
		put(screen, escape);
}

static void
json_field_string(struct screen *screen, struct str text)
{
	plain_put(&screen->text, text);
}

/* What matters less: all but messages. */
static void
begin_notice(struct screen *screen)
{
	colour(screen, DIM);
	put(screen, "* ");
}

static void
end(struct screen *screen)
{
	colour(screen, PLAIN);
	put(screen, "\n");
}

/* A notice with a text in the middle. */
static void
put_line(struct screen *screen, const char *before, struct str text,
    const char *after)
{
	begin_notice(screen);
	put(screen, before);
	json_field_string(screen, text);
	put(screen, after);
	end(screen);
}

static void
put_time(struct screen *screen, uint64_t at_ms)
{
	time_t at = at_ms == 0 ? time(NULL) : (time_t)(at_ms / 1000);
	struct tm local;
	char text[16];

	if (localtime_r(&at, &local) == NULL ||
	    strftime(text, sizeof(text), "%H:%M ", &local) == 0)
		snprintf(text, sizeof(text), "--:-- ");
	colour(screen, DIM);
	put(screen, text);
	colour(screen, PLAIN);
}

/* --- what is heard -------------------------------------------------------- */

static void
put_said(struct screen *screen, const struct heard *heard)
{
	struct str text =
	    heard->text.data != NULL ? heard->text : heard->message;

	if (heard->member.data == NULL) { /* the server's own words */
		put_line(screen, "", text, "");
		return;
	}
	put_time(screen, heard->at);
	colour(screen, heard->mine ? BOLD : CYAN);
	json_field_string(screen, heard->member);
	colour(screen, PLAIN);
	put(screen, ": ");
	plain_put_lines(&screen->text, text, INDENT);
	end(screen);
}

static void
put_private(struct screen *screen, const struct heard *heard)
{
	put_time(screen, heard->at);
	colour(screen, CYAN);
	put(screen,
	    heard->kind == HEARD_DM ? "(private) from " : "(private) to ");
	json_field_string(screen, heard->member);
	colour(screen, PLAIN);
	put(screen, ": ");
	plain_put_lines(&screen->text, heard->text, INDENT);
	end(screen);
}

static void
put_error(struct screen *screen, const struct heard *heard)
{
	colour(screen, RED);
	put(screen, "! ");
	json_field_string(screen, heard->text);
	end(screen);
}

/* "alice, bob" */
static void
put_names(struct screen *screen, struct str names)
{
	struct json_reader list;
	struct json_value name;
	bool first = true;

	if (!reading_begin(&screen->reading, names.len))
		return;
	json_open_array(&list, names, HEARD_DEPTH);
	for (; json_next_item(&list, &name); first = false) {
		put(screen, first ? "" : ", ");
		json_field_string(screen,
		    reading_text(&screen->reading, &name));
	}
}

static void
put_members(struct screen *screen, const struct heard *heard)
{
	begin_notice(screen);
	put(screen, "here: ");
	if (heard->members.data != NULL)
		put_names(screen, heard->members);
	end(screen);
}

static void
put_room(struct screen *screen, const struct heard *room)
{
	put(screen, "  ");
	json_field_string(screen, room->room);
	if (room->name.data != NULL && !str_equal(room->name, room->room)) {
		put(screen, "  ");
		json_field_string(screen, room->name);
	}
	put(screen, "  (");
	json_put_unsigned(&screen->text, room->count);
	put(screen, room->persistent ? ", persistent)\n" : ")\n");
}

static void
put_rooms(struct screen *screen, const struct heard *heard)
{
	struct json_reader list;
	struct json_value item;
	bool any = false;

	if (heard->rooms.data == NULL ||
	    !reading_begin(&screen->reading, heard->rooms.len))
		return;
	json_open_array(&list, heard->rooms, HEARD_DEPTH);
	for (; json_next_item(&list, &item); any = true) {
		struct heard room = { 0 };

		if (speech_read_item(screen->speech, &screen->reading,
			item.text, &room))
			put_room(screen, &room);
	}
	if (!any)
		put(screen, "* there are none\n");
}

static void
put_joined(struct screen *screen, const struct heard *heard)
{
	begin_notice(screen);
	put(screen, "you are in ");
	json_field_string(screen, heard->room);
	if (heard->name.data != NULL && !str_equal(heard->name, heard->room)) {
		put(screen, " (");
		json_field_string(screen, heard->name);
		put(screen, ")");
	}
	if (heard->members.data != NULL) {
		put(screen, ": ");
		put_names(screen, heard->members);
	} else if (heard->member.data != NULL) {
		put(screen, " as ");
		json_field_string(screen, heard->member);
	}
	end(screen);
	if (heard->missing.data != NULL)
		put_line(screen, "messages ", heard->missing,
		    " are not there any more");
	if (heard->epoch_changed)
		put_line(screen, "the room has begun anew", STR(""), "");
}

/* Notices of one name and some words around it. */
static const struct notice {
	const char *before;
	size_t who;
	const char *after;
} notices[] = {
#define WHO(member) offsetof(struct heard, member)
	[HEARD_WELCOME] = { "you are ", WHO(member), "" },
	[HEARD_LEFT] = { "you left ", WHO(room), "" },
	[HEARD_CREATED] = { "made ", WHO(room), "" },
	[HEARD_CAME] = { "", WHO(member), " came" },
	[HEARD_WENT] = { "", WHO(member), " went" },
	[HEARD_NAMED] = { "you are now ", WHO(member), "" },
	[HEARD_HISTORY] = { "history of ", WHO(room), "" },
#undef WHO
};

static void
put_notice(struct screen *screen, const struct heard *heard)
{
	const struct notice *notice = &notices[heard->kind];
	struct str who;

	memcpy(&who, (const char *)heard + notice->who, sizeof(who));
	put_line(screen, notice->before, who, notice->after);
}

static void
put_count(struct screen *screen, const struct heard *heard)
{
	begin_notice(screen);
	json_put_unsigned(&screen->text, heard->count);
	put(screen, " are here");
	end(screen);
}

static void
put_renamed(struct screen *screen, const struct heard *heard)
{
	begin_notice(screen);
	json_field_string(screen, heard->was);
	put(screen, " is now ");
	json_field_string(screen, heard->member);
	end(screen);
}

static void (*const writers[])(struct screen *, const struct heard *) = {
	[HEARD_WELCOME] = put_notice,
	[HEARD_SAID] = put_said,
	[HEARD_ERROR] = put_error,
	[HEARD_JOINED] = put_joined,
	[HEARD_LEFT] = put_notice,
	[HEARD_CREATED] = put_notice,
	[HEARD_CAME] = put_notice,
	[HEARD_WENT] = put_notice,
	[HEARD_COUNT] = put_count,
	[HEARD_NAMED] = put_notice,
	[HEARD_RENAMED] = put_renamed,
	[HEARD_MEMBERS] = put_members,
	[HEARD_ROOMS] = put_rooms,
	[HEARD_HISTORY] = put_notice,
	[HEARD_DM] = put_private,
	[HEARD_DM_SENT] = put_private,
	[HEARD_BYE] = NULL,
};

static struct str
result(const struct screen *screen)
{
	return str_slice(screen->text.data, screen->text.len);
}

struct str
screen_heard(struct screen *screen, const struct heard *heard)
{
	wire_text_reset(&screen->text);
	if (writers[heard->kind] != NULL)
		writers[heard->kind](screen, heard);
	return result(screen);
}

struct str
screen_notice(struct screen *screen, const char *format, ...)
{
	char words[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);
	wire_text_reset(&screen->text);
	put_line(screen, "", str_from(words), "");
	return result(screen);
}
