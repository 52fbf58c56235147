/* Lines for operators. Where they go is decided once, in cmd/. */
#ifndef DOMAIN_LOG_H
#define DOMAIN_LOG_H

#include <stdint.h>

#include "domain/base/str.h"

struct clock;

enum log_level {
	LOG_DEBUG,
	LOG_INFO,
	LOG_WARN,
	LOG_ERROR,
	LOG_LEVELS
};

/* How a sink writes lines. */
enum log_format {
	/* Text on a terminal and in the journal of systemd, else JSON. */
	LOG_FORMAT_AUTO,
	LOG_FORMAT_TEXT, /* time, level, line */
	LOG_FORMAT_JSON  /* one object */
};

/* "warn" */
const char *log_level_word(enum log_level);

/* Receives one finished line, without newline. Must not block for long. */
typedef void log_sink(enum log_level, const char *line);

/* Install the sink; NULL (the initial state) drops everything. */
void log_set_sink(log_sink *, enum log_level least);

/*
 * How many lines there were of each level, logged or suppressed; lower ones
 * than the least level are not counted.
 */
void log_get_counts(uint64_t out[LOG_LEVELS]);

void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * The lines of this thread are about the connection with this number from now
 * on; 0: about none. Returns the number before.
 */
uint32_t log_set_connection(uint32_t number);

/* For the sink: the connection that the line is about. */
uint32_t log_connection(void);

/* Bytes of the id of a trace, with a NUL (W3C Trace Context). */
#define LOG_TRACE_SIZE (32 + 1)

/*
 * The lines about this connection, not 0, have the id of a trace from now on;
 * "": none. Without memory they have none. On the thread of the event loop
 * only.
 */
void log_set_trace(uint32_t connection, struct str trace_id);

/* The id of a connection's trace; NULL: none, or no connection. */
const char *log_trace_of(uint32_t connection);

/* --- lines that a client can cause ---------------------------------------- */

/* So many lines of one kind are logged in so long; the others are counted. */
#define LOG_LIMIT_LINES 10
#define LOG_LIMIT_MS 10000

/* The lines of one kind, usually of one call site. Zeroed at first. */
struct log_limit {
	int64_t begun_ms;
	unsigned lines; /* logged since then */
	enum log_level level;
	uint64_t suppressed;    /* and these were not */
	char example[128];      /* the first of them */
	struct log_limit *next; /* of those with suppressed lines */
};

/* Which clock limits go by; NULL (the initial state): no line is suppressed. */
void log_set_clock(struct clock *);

void log_line_limited(struct log_limit *, enum log_level, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/*
 * For lines that a client can cause. Every call site has a limit of its own.
 * On the thread of the event loop only.
 */
#define log_limited(level, ...)                                        \
	do {                                                           \
		static struct log_limit log_limit_here;                \
                                                                       \
		log_line_limited(&log_limit_here, level, __VA_ARGS__); \
	} while (0)

/* About once a second: log how many lines were suppressed. */
void log_tick(void);

#endif
