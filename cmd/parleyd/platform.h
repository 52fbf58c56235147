/* Services of the operating system: clock, random ids, log, resource limits. */
#ifndef CMD_PLATFORM_H
#define CMD_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

#include "domain/clock.h"
#include "domain/id_source.h"
#include "domain/log.h"

/* The clocks of the system. Never freed. */
struct clock *system_clock(void);

/* Ids out of the kernel's random numbers. Never freed. */
struct id_source *random_ids(void);

/*
 * A log_sink: writes a line to standard error. Control characters and bytes
 * that are not UTF-8 are escaped, so that no text can forge a line. In the
 * journal of systemd a line has its priority, "<4>", instead of the time.
 */
void stderr_log(enum log_level, const char *line);

/* Not during stderr_log(). AUTO (the initial state) is decided here. */
void stderr_log_set_format(enum log_format);

/* Raises the soft limit of open files to the hard one; returns it. */
size_t rlimits_raise_files(void);

/*
 * The number of connections wanted (0: any number), at most as many as open
 * files allow with some left for listeners, the log and the stores.
 */
size_t rlimits_fit_connections(size_t wanted, size_t files, size_t listeners);

/* Connections of any kind: nothing is accepted into the rest. */
size_t rlimits_fit_sockets(size_t files, size_t listeners);

/* The number of threads wanted (0: one for each usable processor), at most. */
unsigned rlimits_fit_threads(unsigned wanted, unsigned most);

/* Figures of this process. */
struct process_stats;
void resource_usage(struct process_stats *);

#endif
