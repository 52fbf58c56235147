/* What the names of members and of rooms have in common. */
#ifndef DOMAIN_NAMES_H
#define DOMAIN_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/base/str.h"
#include "domain/error.h"

/* What so many characters may take, with a NUL. */
#define NAME_SIZE(chars) ((chars)*4 + 1)

/*
 * Brings a wish into the form that is kept, as member_name_normalize() says:
 * NFC, 1 to `most` (at most 64) characters. out has NAME_SIZE(most) bytes; it
 * is not to be read after CHAT_NAME_INVALID. Takes no longer for a wish of a
 * megabyte than for one that is a little too long.
 *
 * Joiners and variation selectors are hidden characters too, so an emoji that
 * is made of several is refused: what cannot be seen cannot tell two names
 * apart.
 */
enum chat_error name_normalize(struct str wish, size_t most, char *out);

/*
 * Makes a name of any text: what is hidden or no UTF-8 is dropped, white space
 * at the ends too, and what is beyond `most` (at most 64) characters of NFC.
 * out has NAME_SIZE(most) bytes. False: nothing is left.
 */
bool name_sanitize(struct str wish, size_t most, char *out);

/* 1 to `most` of A-Z a-z 0-9 _ */
bool name_is_plain(struct str name, size_t most);

/*
 * The form in which two texts count as the same name: canonical caseless
 * matching (Unicode, D145), kept in NFC. At most three times as long as the
 * name. A text of more than NAME_FOLDABLE_SIZE bytes or one that is not UTF-8
 * is nobody's name: it folds to the empty one, 0.
 */
#define NAME_FOLDABLE_SIZE 170
size_t name_fold(struct str name, char *out, size_t size);

/*
 * Whether whoever has the name could be taken for the server: "system",
 * "admin" or "root", or what folds to one of them.
 */
bool name_is_of_server(struct str name);

/* The same, or for nobody: "null" or "undefined". */
bool name_is_reserved(struct str name);

#endif
