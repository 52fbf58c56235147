/*
 * One option: its names, the values it takes, the place of its value. Parsing,
 * help, the man page and the handbook are made from the table of options.
 */
#ifndef CMD_OPTION_H
#define CMD_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/parleyd/options/options.h"
#include "cmd/parleyd/options/suggest.h"
#include "domain/base/str.h"

enum option_type {
	OPTION_COUNT,
	OPTION_SIZE,      /* 512, 64KiB */
	OPTION_RATE,      /* 50, 50/s */
	OPTION_SIZE_RATE, /* 128KiB, 128KiB/s */
	OPTION_DURATION,  /* 500ms, 5s, 30d */
	OPTION_BOOL,      /* on, off */
	OPTION_WORD,      /* one of words, kept as its index */
	OPTION_LISTEN,    /* repeatable */
	OPTION_PATH,      /* kept as text */
	OPTION_TEXT       /* likewise */
};

struct option {
	const char
	    *section;     /* title of a new section; NULL: the same section */
	const char *name; /* limits.message_bytes */
	enum option_type type;
	size_t offset; /* of its value in struct options */
	size_t width;  /* of its value */
	const char *preset;
	int64_t least; /* of numbers */
	int64_t most;
	const char *zero; /* the word for 0, or for no path; NULL: refused */
	const char *const *words; /* ends with NULL */
	bool needs_restart;
	bool is_secret;   /* its value is not printed */
	const char *help; /* one sentence */
};

extern const struct option option_table[];
extern const size_t option_count;

/* How a source spells names. */
enum option_style {
	OPTION_STYLE_FILE, /* limits.message_bytes */
	OPTION_STYLE_ENV,  /* PARLEY_LIMITS_MESSAGE_BYTES */
	OPTION_STYLE_FLAG  /* --limits-message-bytes */
};

#define OPTION_NAME_SIZE SUGGEST_NAME_SIZE
void option_spell(const char *name, enum option_style,
    char out[OPTION_NAME_SIZE]);

/* NULL: no option has this name. */
const struct option *option_find(enum option_style, struct str name);

/* The option with the closest name; NULL: no name is close. */
const struct option *option_closest(enum option_style, struct str name);

/* Whether a name begins like one of our groups: "limits.", "drain." */
bool option_is_grouped(enum option_style, struct str name);

/*
 * Parses a value into *out; a list is appended to. False: the option does not
 * take this text.
 */
bool option_parse(const struct option *, struct str text, struct options *);

/* Writes a value so that option_parse() reads it; "***" for a secret. */
#define OPTION_TEXT_SIZE (LISTEN_TEXT_SIZE)
void option_format(const struct option *, const struct options *,
    char out[OPTION_TEXT_SIZE]);

/* The values it takes, in words: "a size from 1KiB to 64MiB". */
#define OPTION_TAKES_SIZE 192
void option_takes(const struct option *, char out[OPTION_TAKES_SIZE]);

/* The value of a number. */
int64_t option_number(const struct option *, const struct options *);

#endif
