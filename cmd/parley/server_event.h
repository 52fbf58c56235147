/* What a server said, in one form for all dialects. */
#ifndef CMD_PARLEY_SERVER_EVENT_H
#define CMD_PARLEY_SERVER_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "wire/json/json_reader.h"

/* As deep as our servers let a message be; beyond, it is not read. */
#define SERVER_EVENT_DEPTH JSON_DEPTH_MAX

enum server_event_kind {
	SERVER_NOTHING, /* of no interest, or of a later version */
	SERVER_WELCOME, /* who one is */
	SERVER_MESSAGE, /* a message */
	SERVER_ACK,     /* one of ours was taken */
	SERVER_ERROR,
	SERVER_JOINED,
	SERVER_LEFT,
	SERVER_CREATED,
	SERVER_JOIN,
	SERVER_LEAVE,
	SERVER_COUNT,
	SERVER_NAMED,   /* one's own name */
	SERVER_RENAMED, /* somebody else's */
	SERVER_MEMBERS,
	SERVER_ROOMS,
	SERVER_HISTORY,
	SERVER_DM,
	SERVER_DM_SENT,
	SERVER_BYE
};

/*
 * Texts that are not there are absent, numbers 0. All of them are borrowed
 * until the next reading begins.
 */
struct server_event {
	enum server_event_kind kind;
	struct str word; /* what kind it is, as the dialect has it */
	struct str room;
	struct str name; /* of the room */
	struct str member;
	struct str member_id;
	struct str was; /* the name before */
	struct str epoch;
	struct str durability; /* what an acknowledgement promises */
	struct str code;       /* of an error, for programs */
	struct str text;       /* for people; or what was said, if a string */
	struct str message;    /* what was said, as JSON */
	struct str members;    /* JSON arrays */
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
	bool mine; /* said by this client */
	bool old;  /* shown because it was asked for */
};

/* Where the unescaped texts of one frame are. */
struct text_buffer {
	char *data;
	size_t used;
	size_t capacity;
};

void text_buffer_init(struct text_buffer *);
void text_buffer_fini(struct text_buffer *);

/* Makes room for the texts of one frame; false: no memory. */
bool text_buffer_begin(struct text_buffer *, size_t frame_len);

/* What the value means as a text, if it is a string; else absent. */
struct str text_buffer_text(struct text_buffer *, const struct json_value *);

enum field_type {
	FIELD_TEXT,
	FIELD_NUMBER,
	FIELD_BOOLEAN,
	FIELD_JSON,   /* as it stands */
	FIELD_MESSAGE /* into text and message */
};

/* A key of a dialect, and where in struct heard its value goes. */
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
 * Fills in what is there of these fields; what is of another type is left
 * out. The rest of *out stays. False: this is no JSON object.
 */
bool server_event_read(struct server_event *out, struct text_buffer *,
    struct str json, const struct field fields[], size_t count);

#endif
