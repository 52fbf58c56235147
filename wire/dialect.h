/* A dialect: how one kind of client spells commands and events. Public. */
#ifndef WIRE_DIALECT_H
#define WIRE_DIALECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "domain/command.h"
#include "domain/event.h"

/* Who reads an event: whoever caused it, or anybody else. */
enum viewpoint {
	VIEW_AUTHOR,
	VIEW_OTHERS
};

/* Where a connection stands, for dialects that open with a handshake. */
enum wire_stage {
	WIRE_NEW,    /* has never been in a room */
	WIRE_INSIDE, /* is in one */
	WIRE_OUTSIDE /* was in one and left */
};

#define WIRE_DEPTH_MAX 256

/* What is known outside of a message, and decides what it means. */
struct wire_context {
	size_t json_depth;     /* 1 to WIRE_DEPTH_MAX */
	size_t frame_bytes;    /* as long as a message may be, in any dialect */
	enum wire_stage stage; /* for dialects with stages, else WIRE_NEW */
};

/* Room for texts of one command that are not in the message as such. */
struct scratch {
	size_t used;
	char data[65536];
};

/*
 * A growing text, kept by the caller from event to event so that writing
 * one usually allocates nothing.
 */
struct wire_text {
	char *data;
	size_t len;
	size_t capacity;
	bool failed;              /* no memory: the text is not whole */
	unsigned close_code;      /* 0; else: when this is sent, close … */
	const char *close_reason; /* … and say this, which is a constant */
};

void wire_text_init(struct wire_text *);
void wire_text_fini(struct wire_text *);
/* Empties it and gives large memory back; small memory is kept. */
void wire_text_reset(struct wire_text *);

/*
 * How fast one may talk: so many messages that came as COMMAND_PACED, then
 * silence for so long.
 */
struct burst_limit {
	uint32_t messages; /* 0: no such rule */
	int64_t pause_ms;
};

struct http_compat_response;
struct http_compat_request;

struct dialect {
	const char *name;        /* "command" */
	const char *subprotocol; /* offered and chosen; NULL: none */
	enum id_style ids;
	unsigned connect_flags; /* of enum command_flag, for COMMAND_CONNECT */
	bool every_path;        /* its listeners take a WebSocket at any path */
	bool has_stages;        /* decode reads wire_context.stage */
	int64_t idle_ms;        /* silent for so long is gone; 0: never */
	struct burst_limit pace; /* instead of the limit on messages */
	/* A bit (1ul << kind) for each event that authors see otherwise. */
	unsigned long author_apart;
	/*
	 * One message into one command. On failure `why` says what to answer
	 * (CHAT_OK: decoded); out->ref is set if it could be read. out and
	 * why are zeroed first; texts point into message or keep, and are
	 * good as long as both are. COMMAND_PACED may be set in out->flags
	 * even then; why->fatal: the connection does not outlive the answer.
	 */
	enum chat_error (*decode)(struct str message,
	    const struct wire_context *, struct command *out,
	    struct failure *why, struct scratch *);
	/*
	 * Appends the spelling of an event; false: this dialect has no word
	 * for it, and nothing is sent. Check out->failed, and heed
	 * out->close_code.
	 */
	bool (*encode)(const struct event *, enum viewpoint,
	    struct wire_text *out);
	/*
	 * What its listeners say to plain HTTP, see wire/common/http_compat.h;
	 * NULL, or false: what the server says itself.
	 */
	bool (*face)(const struct http_compat_request *,
	    struct http_compat_response *out);
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
