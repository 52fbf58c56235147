/* Which commands of a session monitors show. */
#ifndef TRANSPORT_SESSION_LOG_H
#define TRANSPORT_SESSION_LOG_H

#include <stdint.h>

#include "domain/command.h"
#include "domain/command_log.h"
#include "domain/event.h"

struct session;

struct logged_command {
	const struct command *command;
	const struct failure *failure;
	enum chat_error error;
	uint64_t took_us;
};

/* Keeps it, if it is of a kind that is shown. */
void session_log_command(const struct session *, struct command_log *,
    const struct logged_command *);

#endif
