/* What operators get to read. Where it goes is decided once, in cmd/. */
#ifndef DOMAIN_LOG_H
#define DOMAIN_LOG_H

enum log_level {
	LOG_DEBUG,
	LOG_INFO,
	LOG_WARN,
	LOG_ERROR
};

/* Receives one finished line, without newline. Must not block for long. */
typedef void log_sink(enum log_level, const char *line);

/* Install the sink; NULL (the initial state) drops everything. */
void log_set_sink(log_sink *, enum log_level least);

void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
