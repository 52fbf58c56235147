/* Writes JSON into a wire_text. Public. */
#ifndef WIRE_JSON_WRITER_H
#define WIRE_JSON_WRITER_H

#include <stdint.h>

#include "wire/common/wire_text.h"

/* A string with quotes and escapes. */
void json_put_string(struct wire_text *, struct str);

/* The same without quotes, for a string of several parts. */
void json_put_string_part(struct wire_text *, struct str);

void json_put_unsigned(struct wire_text *, uint64_t);
void json_put_signed(struct wire_text *, int64_t);

#endif
