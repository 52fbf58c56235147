/* Commands that are kept for later. Public. */
#ifndef DOMAIN_COMMAND_COPY_H
#define DOMAIN_COMMAND_COPY_H

#include <stddef.h>

#include "domain/command.h"

/* What the texts of a copy take. */
size_t command_text_bytes(const struct command *);

/* Copies a command; its texts go to `texts`, which has room for them. */
void command_copy(const struct command *, struct command *out, char *texts);

/*
 * Most of a command is zero. Packed, it takes only what is not, so that many
 * that wait for a short time stay in the processor's cache.
 */
struct command_pack {
	/* Masks of the words of the command that are kept. */
	uint64_t words, texts;
	size_t bytes; /* what they take */
};

/*
 * with_content: false leaves out the room, the scope and the body, as
 * entry_requester() does.
 */
struct command_pack command_pack_plan(const struct command *,
    bool with_content);

/* `out` has room for pack.bytes, and need not be aligned. */
void command_pack(const struct command *, struct command_pack, char *out);

/* The texts are borrowed from what is packed. */
void command_unpack(struct command_pack, const char *packed, struct command *);

#endif
