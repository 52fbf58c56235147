/* A dialect: how one kind of client spells commands and events. Public. */
#ifndef WIRE_DIALECT_H
#define WIRE_DIALECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/command.h"
#include "domain/event.h"
#include "domain/str.h"

/* Who reads an event: whoever caused it, or anybody else. */
enum viewpoint {
	VIEW_AUTHOR,
	VIEW_OTHERS
};

struct wire_limits {
	size_t json_depth;
};

/* Room for texts of one command that had to be unescaped. */
struct keep {
	size_t used;
	char data[8192];
};

/*
 * A growing text, kept by the caller from event to event so that writing
 * one usually allocates nothing.
 */
struct wire_text {
	char *data;
	size_t len;
	size_t capacity;
	bool failed; /* no memory: the text is not whole */
};

void wire_text_init(struct wire_text *);
void wire_text_fini(struct wire_text *);
/* Empties it and gives large memory back; small memory is kept. */
void wire_text_reset(struct wire_text *);

struct dialect {
	const char *name;        /* "command" */
	const char *subprotocol; /* offered and chosen; NULL: none */
	enum id_style ids;
	unsigned connect_flags; /* of enum command_flag, for COMMAND_CONNECT */
	/* A bit (1u << event_kind) for each event that authors see otherwise.
	 */
	unsigned long author_apart;
	/*
	 * One message into one command. On failure `why` says what to answer
	 * (CHAT_OK: decoded); out->ref is set if it could be read. out and
	 * why are zeroed first; texts point into message or keep, and are
	 * good as long as both are.
	 */
	enum chat_error (*decode)(struct str message,
	    const struct wire_limits *, struct command *out,
	    struct failure *why, struct keep *);
	/*
	 * Appends the spelling of an event; false: this dialect has no word
	 * for it, and nothing is sent. Check out->failed.
	 */
	bool (*encode)(const struct event *, enum viewpoint,
	    struct wire_text *out);
};

#define DIALECTS_MAX 8

/* All dialects; dialects()[i] is NULL behind the last. */
const struct dialect *const *dialects(void);

/* By name; NULL: there is none. */
const struct dialect *dialect_find(struct str name);

/* Its place in dialects(). */
size_t dialect_index(const struct dialect *);

/*
 * Random bytes for the tables of the readers, once at start-up, so that
 * nobody outside can choose keys that collide.
 */
void dialects_seed(uint64_t seed);

#endif
