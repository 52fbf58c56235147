/* The last commands of clients, for operators: a ring in memory. */
#ifndef DOMAIN_COMMAND_LOG_H
#define DOMAIN_COMMAND_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/member.h"

#define COMMAND_LOG_RECORDS 1000

struct command_record {
	uint64_t number; /* from 1 on */
	int64_t at_ms;
	char client_id[ID_SIZE];
	char username[MEMBER_NAME_SIZE];
	char type[24];
	char parameters[160];
	char error[96]; /* "": it was carried out */
	uint64_t took_us;
};

/* Zeroed at first. */
struct command_log {
	struct command_record *records; /* NULL: there were none */
	uint64_t count;                 /* of all, ever */
	int64_t day;                    /* since 1970, of the next two */
	uint64_t today;
	uint64_t errors_today;
};

void command_log_fini(struct command_log *);

/* Takes a copy; the number is its own. Without memory it is not kept. */
void command_log_add(struct command_log *, const struct command_record *);

/* How many are kept; the n-th newest of them, 0 being the last one. */
size_t command_log_kept(const struct command_log *);
const struct command_record *command_log_newest(const struct command_log *,
    size_t n);

#endif
