#include "domain/log.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

static log_sink *current_sink;
static enum log_level least_level;

void
log_set_sink(log_sink *sink, enum log_level least)
{
	current_sink = sink;
	least_level = least;
}

static void
log_line(enum log_level level, const char *format, va_list args)
{
	char line[1024];

	if (current_sink == NULL || level < least_level)
		return;
	vsnprintf(line, sizeof(line), format, args);
	current_sink(level, line);
}

#define DEFINE_LOG(function, level)            \
	void function(const char *format, ...) \
	{                                      \
		va_list args;                  \
                                               \
		va_start(args, format);        \
		log_line(level, format, args); \
		va_end(args);                  \
	}

DEFINE_LOG(log_debug, LOG_DEBUG)
DEFINE_LOG(log_info, LOG_INFO)
DEFINE_LOG(log_warn, LOG_WARN)
DEFINE_LOG(log_error, LOG_ERROR)
