/* Commands that are kept for later. Public. */
#ifndef DOMAIN_COMMAND_COPY_H
#define DOMAIN_COMMAND_COPY_H

#include <stddef.h>

#include "domain/command.h"

/* What the texts of a copy take. */
size_t command_text_bytes(const struct command *);

/* Copies a command; its texts go to `texts`, which has room for them. */
void command_copy(const struct command *, struct command *out, char *texts);

#endif
