#include "domain/log.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "domain/base/id_map.h"
#include "domain/clock.h"

/* Read by every thread that logs; a reload may change them. */
static _Atomic(log_sink *) current_sink;
static _Atomic(enum log_level) least_level;
static struct clock *limit_clock;
static struct log_limit *limits_exceeded;
static _Atomic uint64_t line_counts[LOG_LEVELS];
static _Thread_local uint32_t connection;

const char *
log_level_word(enum log_level level)
{
	static const char *const words[] = {
		[LOG_DEBUG] = "debug",
		[LOG_INFO] = "info",
		[LOG_WARN] = "warn",
		[LOG_ERROR] = "error",
	};

	return words[level];
}

void
log_set_sink(log_sink *sink, enum log_level least)
{
	current_sink = sink;
	least_level = least;
}

uint32_t
log_set_connection(uint32_t number)
{
	uint32_t before = connection;

	connection = number;
	return before;
}

uint32_t
log_connection(void)
{
	return connection;
}

/* --- traces --------------------------------------------------------------- */

struct connection_trace {
	uint32_t connection; /* the key */
	char id[LOG_TRACE_SIZE];
};

/* Trace ids of the event loop's connections. */
static struct id_map traces;

static struct str
number_key(const uint32_t *number)
{
	return str_slice((const char *)number, sizeof(*number));
}

static struct str
connection_trace_key(const void *entry)
{
	return number_key(&((const struct connection_trace *)entry)
			       ->connection);
}

static void
trace_forget(uint32_t number)
{
	if (id_map_count(&traces) == 0)
		return;
	free(id_map_remove(&traces, number_key(&number)));
	if (id_map_count(&traces) == 0)
		id_map_fini(&traces);
}

void
log_set_trace(uint32_t number, struct str trace_id)
{
	struct connection_trace *trace;

	assert(number != 0 && trace_id.len < LOG_TRACE_SIZE);
	trace_forget(number);
	if (trace_id.len == 0)
		return;
	if (id_map_count(&traces) == 0)
		id_map_init(&traces, connection_trace_key);
	trace = malloc(sizeof(*trace));
	if (trace == NULL)
		return;
	trace->connection = number;
	*str_put(trace->id, trace_id) = '\0';
	if (!id_map_put(&traces, trace))
		free(trace);
}

const char *
log_trace_of(uint32_t number)
{
	const struct connection_trace *trace;

	if (number == 0 || id_map_count(&traces) == 0)
		return NULL;
	trace = id_map_find(&traces, number_key(&number));
	return trace == NULL ? NULL : trace->id;
}

void
log_get_counts(uint64_t out[LOG_LEVELS])
{
	for (int i = 0; i < LOG_LEVELS; i++)
		out[i] = line_counts[i];
}

void
log_set_clock(struct clock *clock)
{
	limit_clock = clock;
}

static bool
log_is_wanted(enum log_level level)
{
	return current_sink != NULL && level >= least_level;
}

static void
log_line(enum log_level level, const char *format, va_list args)
{
	log_sink *sink = current_sink;
	char line[1024];

	if (sink == NULL || level < least_level)
		return;
	vsnprintf(line, sizeof(line), format, args);
	line_counts[level]++;
	sink(level, line);
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

/* --- limits --------------------------------------------------------------- */

static bool
limit_is_over(const struct log_limit *limit, int64_t now_ms)
{
	return now_ms - limit->begun_ms >= LOG_LIMIT_MS;
}

static void
limit_report(const struct log_limit *limit)
{
	char line[sizeof(limit->example) + 64];

	if (!log_is_wanted(limit->level))
		return;
	snprintf(line, sizeof(line), "suppressed %" PRIu64 " lines like: %s",
	    limit->suppressed, limit->example);
	current_sink(limit->level, line);
}

static void
limit_suppress(struct log_limit *limit, const char *format, va_list args)
{
	line_counts[limit->level]++;
	if (limit->suppressed++ > 0)
		return;
	vsnprintf(limit->example, sizeof(limit->example), format, args);
	limit->next = limits_exceeded;
	limits_exceeded = limit;
}

void
log_line_limited(struct log_limit *limit, enum log_level level,
    const char *format, ...)
{
	va_list args;

	if (!log_is_wanted(level))
		return;
	va_start(args, format);
	if (limit_clock != NULL) {
		int64_t now_ms = clock_monotonic_ms(limit_clock);

		/* What was suppressed is reported by the tick first. */
		if (limit->suppressed == 0 &&
		    (limit->lines == 0 || limit_is_over(limit, now_ms))) {
			limit->begun_ms = now_ms;
			limit->lines = 0;
			limit->level = level;
		}
	}
	if (limit_clock == NULL || limit->lines < LOG_LIMIT_LINES) {
		limit->lines++;
		log_line(level, format, args);
	} else
		limit_suppress(limit, format, args);
	va_end(args);
}

void
log_tick(void)
{
	struct log_limit **at = &limits_exceeded;
	int64_t now_ms;

	if (limits_exceeded == NULL)
		return;
	now_ms = clock_monotonic_ms(limit_clock);
	while (*at != NULL) {
		struct log_limit *limit = *at;

		if (!limit_is_over(limit, now_ms)) {
			at = &limit->next;
			continue;
		}
		*at = limit->next;
		limit_report(limit);
		limit->suppressed = 0;
		limit->lines = 0;
	}
}
