/* Finds words of a list in messages: a message filter. Public. */
#ifndef WIRE_WORD_FILTER_H
#define WIRE_WORD_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/message_filter.h"

#define WORD_FILTER_LIST_MOST (1u << 20) /* bytes of a list */

enum word_action {
	WORD_REJECT,
	WORD_MASK /* an asterisk for each character as it was sent */
};

struct word_filter;

/*
 * Reads a list: a word in each line; empty lines and those that begin with #
 * are ignored. NULL: `why` explains the problem.
 *
 * Words match as a whole: letters, digits and _ up to anything else, without
 * invisible characters, after compatibility decomposition (NFKC): wide, circled
 * or superscript letters and ligatures count as the letters they stand for.
 * They are compared as names are (name_skeleton()): in any letter case, and
 * with characters of other scripts that look the same. A match in a key of an
 * object is always refused.
 */
struct word_filter *word_filter_create(struct str list, enum word_action,
    char *why, size_t size);
void word_filter_destroy(struct word_filter *);

struct message_filter *word_filter_base(struct word_filter *);

/* The number of words. */
size_t word_filter_count(const struct word_filter *);

#endif
