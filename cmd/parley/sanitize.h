/*
 * Texts of others made harmless: nothing in them can move the cursor, change
 * colours or turn the direction of writing. Pure.
 */
#ifndef CMD_PARLEY_SANITIZE_H
#define CMD_PARLEY_SANITIZE_H

#include "domain/base/str.h"
#include "wire/common/wire_text.h"

/* In one line; what cannot be seen is spelled: ^[ or <U+202E>. */
void sanitize_line(struct wire_text *, struct str);

/* The same, but lines stay lines; all but the first begin with `indent`. */
void sanitize_lines(struct wire_text *, struct str, struct str indent);

/* JSON that means the same, what cannot be seen as \u escapes. */
void sanitize_json(struct wire_text *, struct str json);

#endif
