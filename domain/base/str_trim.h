/* Blanks around a text. */
#ifndef DOMAIN_STR_TRIM_H
#define DOMAIN_STR_TRIM_H

#include "domain/base/str.h"

/* RFC 9110 §5.6.3, and what people type. */
#define STR_BLANKS STR(" \t")

/* The text without any of the given characters at its start and its end. */
static inline struct str
str_trim(struct str text, struct str blanks)
{
	while (text.len > 0 &&
	       memchr(blanks.data, text.data[0], blanks.len) != NULL)
		text = str_slice(text.data + 1, text.len - 1);
	while (text.len > 0 &&
	       memchr(blanks.data, text.data[text.len - 1], blanks.len) != NULL)
		text.len--;
	return text;
}

#endif
