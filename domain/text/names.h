/* Rules for the names of members and of rooms. */
#ifndef DOMAIN_NAMES_H
#define DOMAIN_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/base/str.h"
#include "domain/error.h"

/* Size of a name of that many characters, with a NUL. */
#define NAME_SIZE(chars) ((chars)*4 + 1)

/*
 * Normalizes a requested name as member_name_normalize() does: NFC, 1 to `most`
 * (at most 64) characters. out has NAME_SIZE(most) bytes; it is undefined after
 * CHAT_NAME_INVALID. The time does not grow with names that are far too long.
 *
 * Joiners and variation selectors are hidden characters, so an emoji of several
 * characters is refused: invisible characters must not distinguish names.
 */
enum chat_error name_normalize(struct str wish, size_t most, char *out);

/*
 * Makes a name of any text: drops hidden characters, invalid UTF-8, marks
 * without a base, white space at the ends, and all beyond `most` (at most 64)
 * characters of NFC. out has NAME_SIZE(most) bytes. False: nothing is left.
 */
bool name_sanitize(struct str wish, size_t most, char *out);

/* 1 to `most` of A-Z a-z 0-9 _ */
bool name_is_plain(struct str name, size_t most);

/*
 * Two names with one skeleton count as the same: canonical caseless matching
 * (Unicode, D145), then the prototypes of UTS #39, in NFC. ASCII characters
 * stand for themselves: "al1ce" and "alice" differ, as the topic dialect has
 * it. At most three times as long as the name. Texts of more than
 * NAME_FOLDABLE_SIZE bytes or not in UTF-8 have the empty skeleton; returns 0.
 */
#define NAME_FOLDABLE_SIZE 170
size_t name_skeleton(struct str name, char *out, size_t size);

/*
 * From now on 0 and O, 1, l, I and |, rn and m look alike, too, in skeletons
 * of this process. Called before the first name, if at all.
 */
void name_set_strict(bool);

/*
 * Whether the name looks like "system", "admin" or "root", in any letter case.
 */
bool name_is_of_server(struct str name);

/* The same, or like "null" or "undefined". */
bool name_is_reserved(struct str name);

#endif
