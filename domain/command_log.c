#include "domain/command_log.h"

#include <assert.h>
#include <stdlib.h>

#define DAY_MS (24 * 60 * 60 * INT64_C(1000))

void
command_log_fini(struct command_log *log)
{
	free(log->records);
	*log = (struct command_log){ .count = 0 };
}

void
command_log_add(struct command_log *log, const struct command_record *record)
{
	int64_t day = record->at_ms / DAY_MS;
	struct command_record *slot;

	if (log->day != day)
		log->today = log->errors_today = 0;
	log->day = day;
	log->today++;
	if (record->error[0] != '\0')
		log->errors_today++;
	if (log->records == NULL)
		log->records =
		    calloc(COMMAND_LOG_RECORDS, sizeof(*log->records));
	if (log->records == NULL)
		return;
	slot = &log->records[log->count % COMMAND_LOG_RECORDS];
	*slot = *record;
	slot->number = ++log->count;
}

size_t
command_log_kept(const struct command_log *log)
{
	return log->count < COMMAND_LOG_RECORDS ? (size_t)log->count
						: COMMAND_LOG_RECORDS;
}

const struct command_record *
command_log_newest(const struct command_log *log, size_t n)
{
	assert(n < command_log_kept(log));
	return &log->records[(log->count - 1 - n) % COMMAND_LOG_RECORDS];
}
