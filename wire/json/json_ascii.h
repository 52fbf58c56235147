/* Writes JSON strings in pure ASCII. Public. */
#ifndef WIRE_JSON_ASCII_H
#define WIRE_JSON_ASCII_H

#include "wire/common/wire_text.h"

/* A part of a string, without quotes. What is not UTF-8 becomes U+FFFD. */
void json_put_ascii_part(struct wire_text *, struct str text);

/* JSON text. */
void json_put_ascii_json(struct wire_text *, struct str json);

/*
 * The value of a message body as a part of a string: that of a JSON string,
 * the JSON text of anything else.
 */
void json_put_ascii_body(struct wire_text *, struct str json);

#endif
