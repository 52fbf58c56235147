/* An event of the server, in one form for all dialects. */
#ifndef CMD_PARLEY_SERVER_EVENT_H
#define CMD_PARLEY_SERVER_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "wire/json/json_reader.h"

/* The nesting limit of our servers; deeper messages are not read. */
#define SERVER_EVENT_DEPTH JSON_DEPTH_MAX

enum server_event_kind {
	SERVER_NOTHING, /* ignored, or of a later version */
	SERVER_WELCOME, /* the greeting */
	SERVER_MESSAGE, /* a message */
	SERVER_ACK,     /* a posted message was acknowledged */
	SERVER_ERROR,
	SERVER_JOINED,
	SERVER_LEFT,
	SERVER_SWITCHED, /* of the client: another of its rooms is current */
	SERVER_CREATED,
	SERVER_JOIN,
	SERVER_LEAVE,
	SERVER_COUNT,
	SERVER_NAMED,   /* our own name changed */
	SERVER_RENAMED, /* the name of another member changed */
	SERVER_MEMBERS,
	SERVER_ROOMS,
	SERVER_HISTORY,
	SERVER_DM,
	SERVER_DM_SENT,
	SERVER_INVITED,
	SERVER_KICKED,
	SERVER_ROLE,
	SERVER_TOPIC,
	SERVER_DELETED,
	SERVER_BYE,
	SERVER_EPOCH /* the next messages of a room are of another epoch */
};

/*
 * Missing texts are absent, missing numbers 0. Texts are valid until the next
 * text_buffer_begin().
 */
struct server_event {
	enum server_event_kind kind;
	struct str word; /* the kind in the words of the dialect */
	struct str room;
	struct str name; /* of the room */
	struct str member;
	struct str member_id;
	struct str was; /* the previous name */
	struct str epoch;
	struct str durability; /* of the store */
	struct str code;       /* of an error */
	struct str topic;
	struct str role;
	struct str by;      /* who did it to the member */
	struct str text;    /* of an error, or the message if it is a string */
	struct str message; /* the message as JSON */
	struct str members; /* JSON arrays */
	struct str rooms;
	struct str messages;
	struct str missing; /* [from, to] */
	uint64_t ref;
	uint64_t seq;
	uint64_t at; /* milliseconds since 1970 */
	uint64_t count;
	uint64_t retry_after_ms;
	bool recovered;
	bool more;
	bool epoch_changed;
	bool persistent;
	bool mine;      /* posted by this client */
	bool old;       /* part of a requested history */
	bool elsewhere; /* in a joined room that is not the current one */
};

/* The unescaped texts of one frame. */
struct text_buffer {
	char *data;
	size_t used;
	size_t capacity;
};

void text_buffer_init(struct text_buffer *);
void text_buffer_fini(struct text_buffer *);

/* Reserves space for the texts of a frame; false: no memory. */
bool text_buffer_begin(struct text_buffer *, size_t frame_len);

/* The unescaped text of a string value; else absent. */
struct str text_buffer_text(struct text_buffer *, const struct json_value *);

enum field_type {
	FIELD_TEXT,
	FIELD_NUMBER,
	FIELD_BOOLEAN,
	FIELD_JSON,   /* not decoded */
	FIELD_MESSAGE /* sets text and message */
};

/* A key of a dialect and the field of struct server_event for its value. */
struct field {
	struct str key;
	enum field_type type;
	size_t offset;
};

#define FIELD(key, type, member)                          \
	{                                                 \
		{ "" key, sizeof(key) - 1 }, type,        \
		    offsetof(struct server_event, member) \
	}

/*
 * Sets the fields that occur with the right type and leaves the others. False:
 * not a JSON object.
 */
bool server_event_read(struct server_event *out, struct text_buffer *,
    struct str json, const struct field fields[], size_t count);

#endif
