/*
 * One option: its names, what it takes, where its value lives. The table of
 * all of them is what parsing, help and the handbook are made from.
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
	OPTION_PATH       /* kept as text */
};

struct option {
	const char *section; /* begins one with this title; NULL: goes on */
	const char *name;    /* limits.message_bytes */
	enum option_type type;
	size_t offset; /* of its value in struct options … */
	size_t width;  /* … and how large it is there */
	const char *preset;
	int64_t least; /* of numbers */
	int64_t most;
	const char *zero; /* what 0 means, outside least … most; NULL: no 0 */
	const char *const *words; /* ends with NULL */
	bool needs_restart;
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

#define OPTION_NAME_SIZE GUESS_NAME_SIZE
void option_spell(const char *name, enum option_style,
    char out[OPTION_NAME_SIZE]);

/* NULL: there is none of this name. */
const struct option *option_find(enum option_style, struct str name);

/* What somebody may have meant; NULL: no name is close. */
const struct option *option_closest(enum option_style, struct str name);

/* Whether a name belongs to one of our groups: limits.…, drain.… */
bool option_is_grouped(enum option_style, struct str name);

/*
 * Reads a value into its place; a list gets longer by it. False: the text is
 * not what the option takes.
 */
bool option_parse(const struct option *, struct str text, struct options *);

/* Writes a value so that option_parse() reads it. */
#define OPTION_TEXT_SIZE (LISTEN_TEXT_SIZE)
void option_format(const struct option *, const struct options *,
    char out[OPTION_TEXT_SIZE]);

/* What it takes, for people: "a size from 1KiB to 64MiB". */
#define OPTION_TAKES_SIZE 192
void option_takes(const struct option *, char out[OPTION_TAKES_SIZE]);

/* A number's value. */
int64_t option_number(const struct option *, const struct options *);

#endif
