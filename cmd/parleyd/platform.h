/* What only the operating system knows: time, chance, where logs go. */
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
 * A log_sink: a line with time and level to standard error. Nobody can forge
 * a line: control characters become '?'.
 */
void stderr_log(enum log_level, const char *line);

/*
 * Raises the limit of open files as far as we may; returns what it is now.
 */
size_t descriptors_raise(void);

/*
 * As many connections as wanted (0: any number), but at most as the
 * descriptors allow with some left for listeners, logs and stores.
 */
size_t connections_within(size_t wanted, size_t descriptors);

/* Memory of this process that is in use; 0: not known. */
size_t resident_bytes(void);

/* Time that this process has spent on processors. */
uint64_t processor_ms(void);

#endif
