/*
 * Makes untrusted text safe for a terminal: it cannot move the cursor, change
 * colours or the writing direction. Pure.
 */
#ifndef CMD_PARLEY_SANITIZE_H
#define CMD_PARLEY_SANITIZE_H

#include "domain/base/str.h"
#include "wire/common/wire_text.h"

/* Writes one line; invisible characters appear as ^[ or <U+202E>. */
void sanitize_line(struct wire_text *, struct str);

/* The same with line breaks kept; later lines begin with `indent`. */
void sanitize_lines(struct wire_text *, struct str, struct str indent);

/* Writes equivalent JSON with invisible characters as \u escapes. */
void sanitize_json(struct wire_text *, struct str json);

#endif
