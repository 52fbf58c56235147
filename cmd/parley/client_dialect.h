/*
 * How a client speaks: one table for each dialect. What a dialect has no
 * word for is NULL in its table.
 */
#ifndef CMD_PARLEY_CLIENT_DIALECT_H
#define CMD_PARLEY_CLIENT_DIALECT_H

#include "cmd/parley/server_event.h"
#include "wire/dialect.h"

enum request_kind {
	REQUEST_POST,
	REQUEST_JOIN,
	REQUEST_LEAVE,
	REQUEST_CREATE,
	REQUEST_ROOMS,
	REQUEST_MEMBERS,
	REQUEST_HISTORY,
	REQUEST_DM,
	REQUEST_NAME,
	REQUEST_KEEPALIVE, /* for servers that send silent clients away */
	REQUEST_KINDS
};

/* What a client wants to have done. Texts may be absent. */
struct client_request {
	enum request_kind kind;
	struct str room;
	struct str name; /* of a member or a room */
	struct str text;
	struct str key; /* makes saying it again safe */
	struct str epoch;
	uint64_t seq; /* the last one known */
	uint64_t ref; /* 0: none */
	uint64_t limit;
	bool persistent; /* join, create: a room that is made is to stay */
};

/* The kind that a word means. */
struct event_word {
	struct str word;
	enum server_event_kind kind;
};

#define EVENT_WORD(word, kind)                      \
	{                                           \
		{ "" word, sizeof(word) - 1 }, kind \
	}

struct client_dialect {
	const char *name;
	const char *path;
	bool lobby;               /* one can talk without being in a room */
	bool resumes;             /* rooms have numbers, and keys */
	bool named;               /* members choose a name, in the URL */
	bool join_required;       /* the server is silent until one joins */
	bool no_own_echo;         /* authors do not hear what they said */
	bool slash_optional;      /* commands at the prompt need no slash */
	const char *default_room; /* where one cannot be without; or NULL */
	void (*write[REQUEST_KINDS])(struct wire_text *,
	    const struct client_request *);
	const struct field *fields;
	size_t field_count;
	uint64_t at_unit_ms;            /* of the times it tells */
	const struct event_word *words; /* ended by one that is absent … */
	enum server_event_kind (*kind_of)(const struct server_event
		*); /* … or, else, this */
};

extern const struct client_dialect client_dialect_native;
extern const struct client_dialect client_dialect_action;
extern const struct client_dialect client_dialect_topic;

/* By its name; NULL: there is none. */
const struct client_dialect *client_dialect_find(const char *name);

/* By the path, or the first of them. */
struct url;
const struct client_dialect *client_dialect_of_url(const struct url *);

/* Reads a frame; false: it is not of this dialect. */
bool client_dialect_read(const struct client_dialect *, struct text_buffer *,
    struct str frame, struct server_event *out);

/* Fills in an element of one of the lists: rooms or messages. */
bool client_dialect_read_item(const struct client_dialect *,
    struct text_buffer *, struct str item, struct server_event *out);

#endif
