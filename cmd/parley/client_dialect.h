/*
 * The client side of each dialect: a table of encoders and of field names.
 * Requests that a dialect lacks are NULL.
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
	REQUEST_INVITE,
	REQUEST_KICK,
	REQUEST_MUTE,
	REQUEST_UNMUTE,
	REQUEST_BAN,
	REQUEST_UNBAN,
	REQUEST_ROLE,
	REQUEST_TOPIC,
	REQUEST_DELETE,
	REQUEST_KEEPALIVE, /* for servers that close idle connections */
	REQUEST_KINDS
};

/* A request to the server. Texts may be absent. */
struct client_request {
	enum request_kind kind;
	struct str room;
	struct str name; /* of a member or a room */
	struct str text; /* a message, a reason, a topic, a role */
	bool is_json;    /* post: the text is JSON; see shares_files */
	struct str key;  /* makes a retry safe */
	struct str epoch;
	uint64_t seq; /* of the last message received */
	uint64_t ref; /* 0: none */
	uint64_t limit;
	bool persistent; /* join, create: a created room is persistent */
};

/* The event kind of a word. */
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
	bool lobby;               /* members can post without a room */
	bool resumes;             /* rooms have seq and keys */
	bool named;               /* the URL carries the requested name */
	bool join_required;       /* the server sends nothing before a join */
	bool no_own_echo;         /* authors get no copy of their messages */
	bool slash_optional;      /* commands need no slash at the prompt */
	bool shares_files;        /* a message can be JSON with a file */
	const char *default_room; /* joined if none is named; or NULL */
	void (*write[REQUEST_KINDS])(struct wire_text *,
	    const struct client_request *);
	const struct field *fields;
	size_t field_count;
	uint64_t at_unit_ms;            /* unit of its timestamps */
	const struct event_word *words; /* ended by an absent one; or NULL */
	enum server_event_kind (*kind_of)(const struct server_event
		*); /* used if `words` is NULL */
};

extern const struct client_dialect client_dialect_native;
extern const struct client_dialect client_dialect_action;
extern const struct client_dialect client_dialect_topic;

/* NULL: there is no dialect of this name. */
const struct client_dialect *client_dialect_find(const char *name);

/* The dialect of the path; the first one by default. */
struct url;
const struct client_dialect *client_dialect_of_url(const struct url *);

/* Decodes a frame; false: not valid in this dialect. */
bool client_dialect_read(const struct client_dialect *, struct text_buffer *,
    struct str frame, struct server_event *out);

/* Decodes an element of a list of rooms or messages. */
bool client_dialect_read_item(const struct client_dialect *,
    struct text_buffer *, struct str item, struct server_event *out);

#endif
