/* Log lines to standard error. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd/parleyd/platform.h"
#include "domain/text/utf8.h"

/* A line of 1 KiB fits if every byte of it is escaped. */
#define OUT_SIZE 8192

enum output {
	OUTPUT_UNKNOWN, /* not decided yet */
	OUTPUT_TEXT,
	OUTPUT_JSON,
	OUTPUT_JOURNAL
};

static _Atomic(enum output) output;

/* --- where it goes -------------------------------------------------------- */

/* systemd names the device and inode of the socket that it reads. */
static bool
stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat status;

	return stream != NULL &&
	       sscanf(stream, "%ju:%ju", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device &&
	       status.st_ino == inode;
}

void
stderr_log_set_format(enum log_format format)
{
	switch (format) {
	case LOG_FORMAT_AUTO:
		if (isatty(STDERR_FILENO))
			output = OUTPUT_TEXT;
		else if (stderr_is_journal())
			output = OUTPUT_JOURNAL;
		else
			output = OUTPUT_JSON;
		break;
	case LOG_FORMAT_TEXT:
		output = OUTPUT_TEXT;
		break;
	case LOG_FORMAT_JSON:
		output = OUTPUT_JSON;
		break;
	}
}

/* --- parts of a line ------------------------------------------------------ */

struct line {
	char text[OUT_SIZE];
	size_t len;
};

static void __attribute__((format(printf, 2, 3)))
line_printf(struct line *line, const char *format, ...)
{
	size_t left = sizeof(line->text) - line->len;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line->text + line->len, left, format, args);
	va_end(args);
	if (len > 0)
		line->len += (size_t)len < left ? (size_t)len : left - 1;
}

/* "2026-11-21T09:00:00.123Z": UTC, sortable. */
static void
line_put_time(struct line *line)
{
	int64_t now_ms = clock_wall_ms(system_clock());
	time_t seconds = (time_t)(now_ms / 1000);
	char text[32];
	struct tm utc;

	gmtime_r(&seconds, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
	line_printf(line, "%s.%03dZ", text, (int)(now_ms % 1000));
}

/* Terminals take C1, too, for commands. */
static bool
is_escaped(uint32_t character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

/* What follows the message: the end of an object, a connection and a trace. */
#define TAIL_SIZE 128

/*
 * Controls and invalid bytes as "\u001b" and "\ufffd". A message that is too
 * long is cut.
 */
static void
line_put_escaped(struct line *line, const char *message, const char *specials)
{
	struct str text = str_from(message);

	for (size_t at = 0;
	     at < text.len && line->len + TAIL_SIZE < sizeof(line->text);) {
		size_t begin = at;
		uint32_t character = utf8_next(text, &at);

		if (character == UTF8_INVALID)
			line_printf(line, "\\ufffd");
		else if (is_escaped(character))
			line_printf(line, "\\u%04x", (unsigned)character);
		else
			line_printf(line, "%s%.*s",
			    character < 0x80 &&
				    strchr(specials, (int)character) != NULL
				? "\\"
				: "",
			    (int)(at - begin), text.data + begin);
	}
}

/* What the line is about. */
static void
line_put_connection(struct line *line)
{
	if (log_connection() != 0)
		line_printf(line, " connection=%" PRIu32, log_connection());
	if (log_trace_of(log_connection()) != NULL)
		line_printf(line, " trace_id=%s",
		    log_trace_of(log_connection()));
}

/* --- the formats ---------------------------------------------------------- */

static void
line_make_text(struct line *line, enum log_level level, const char *message)
{
	line_put_time(line);
	line_printf(line, " %s ", log_level_word(level));
	line_put_escaped(line, message, "");
	line_put_connection(line);
}

static void
line_make_journal(struct line *line, enum log_level level, const char *message)
{
	/* See syslog(3). */
	static const int priorities[] = {
		[LOG_DEBUG] = 7,
		[LOG_INFO] = 6,
		[LOG_WARN] = 4,
		[LOG_ERROR] = 3,
	};

	line_printf(line, "<%d>", priorities[level]);
	line_put_escaped(line, message, "");
	line_put_connection(line);
}

static void
line_make_json(struct line *line, enum log_level level, const char *message)
{
	line_printf(line, "{\"time\":\"");
	line_put_time(line);
	line_printf(line, "\",\"level\":\"%s\",", log_level_word(level));
	if (log_connection() != 0)
		line_printf(line, "\"connection\":%" PRIu32 ",",
		    log_connection());
	if (log_trace_of(log_connection()) != NULL)
		line_printf(line, "\"trace_id\":\"%s\",",
		    log_trace_of(log_connection()));
	line_printf(line, "\"message\":\"");
	line_put_escaped(line, message, "\"\\");
	line_printf(line, "\"}");
}

void
stderr_log(enum log_level level, const char *message)
{
	struct line line = { .len = 0 };
	enum output to;

	if (output == OUTPUT_UNKNOWN)
		stderr_log_set_format(LOG_FORMAT_AUTO);
	to = output;
	switch (to) {
	case OUTPUT_UNKNOWN:
	case OUTPUT_TEXT:
		line_make_text(&line, level, message);
		break;
	case OUTPUT_JSON:
		line_make_json(&line, level, message);
		break;
	case OUTPUT_JOURNAL:
		line_make_journal(&line, level, message);
		break;
	}
	line_printf(&line, "\n");
	/* One write, so that lines stay whole. A failure cannot be logged. */
	if (write(STDERR_FILENO, line.text, line.len) < 0)
		return;
}
