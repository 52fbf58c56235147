/*
 * How a client speaks: one table for each dialect. What a dialect has no
 * word for is NULL in its table.
 */
#ifndef CMD_PARLEY_SPEECH_H
#define CMD_PARLEY_SPEECH_H

#include "cmd/parley/heard.h"
#include "wire/dialect.h"

enum deed_kind {
	DEED_SAY,
	DEED_JOIN,
	DEED_LEAVE,
	DEED_CREATE,
	DEED_ROOMS,
	DEED_MEMBERS,
	DEED_HISTORY,
	DEED_DM,
	DEED_NAME,
	DEED_ALIVE, /* for servers that send silent clients away */
	DEED_KINDS
};

/* What a client wants to have done. Texts may be absent. */
struct deed {
	enum deed_kind kind;
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
struct speech_word {
	struct str word;
	enum heard_kind kind;
};

#define SPEECH_WORD(word, kind)                     \
	{                                           \
		{ "" word, sizeof(word) - 1 }, kind \
	}

struct speech {
	const char *name;
	const char *path;
	bool lobby;               /* one can talk without being in a room */
	bool resumes;             /* rooms have numbers, and keys */
	bool named;               /* members choose a name, in the URL */
	bool joins_first;         /* the server is silent until one joins */
	bool deaf_to_oneself;     /* authors do not hear what they said */
	bool bare_words;          /* commands at the prompt need no slash */
	const char *default_room; /* where one cannot be without; or NULL */
	void (*write[DEED_KINDS])(struct wire_text *, const struct deed *);
	const struct field *fields;
	size_t field_count;
	uint64_t at_unit_ms;             /* of the times it tells */
	const struct speech_word *words; /* ended by one that is absent … */
	enum heard_kind (*kind_of)(const struct heard *); /* … or, else, this */
};

extern const struct speech speech_command;
extern const struct speech speech_action;
extern const struct speech speech_topic;

/* By its name; NULL: there is none. */
const struct speech *speech_find(const char *name);

/* By the path, or the first of them. */
struct url;
const struct speech *speech_of_url(const struct url *);

/* Reads a frame; false: it is not of this dialect. */
bool speech_read(const struct speech *, struct reading *, struct str frame,
    struct heard *out);

/* Fills in an element of one of the lists: rooms or messages. */
bool speech_read_item(const struct speech *, struct reading *, struct str item,
    struct heard *out);

#endif
