/* Log lines to standard error. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/parleyd/platform.h"

#define LINE_SIZE 1200

static const char *const level_words[] = {
	[LOG_DEBUG] = "debug",
	[LOG_INFO] = "info",
	[LOG_WARN] = "warn",
	[LOG_ERROR] = "error",
};

/* "2026-11-21T09:00:00.123Z warn ": UTC, sortable. */
static size_t
head_write(char *out, size_t size, enum log_level level)
{
	int64_t now_ms = clock_wall_ms(system_clock());
	time_t seconds = (time_t)(now_ms / 1000);
	struct tm utc;
	size_t used;

	gmtime_r(&seconds, &utc);
	used = strftime(out, size, "%Y-%m-%dT%H:%M:%S", &utc);
	return used + (size_t)snprintf(out + used, size - used, ".%03dZ %s ",
			  (int)(now_ms % 1000), level_words[level]);
}

static char
char_printable(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f ? '?' : c;
}

void
stderr_log(enum log_level level, const char *line)
{
	char out[LINE_SIZE];
	size_t used = head_write(out, sizeof(out), level);

	while (*line != '\0' && used < sizeof(out) - 1)
		out[used++] = char_printable(*line++);
	out[used++] = '\n';
	/* One write, so that lines stay whole. A failure cannot be logged. */
	if (write(STDERR_FILENO, out, used) < 0)
		return;
}
