/* Blanks around a text. */
#ifndef DOMAIN_STR_TRIM_H
#define DOMAIN_STR_TRIM_H

#include "domain/base/str.h"

/* RFC 9110 §5.6.3, and what people type. */
#define STR_BLANKS STR(" \t")

static inline bool
str_has_char(struct str text, char c)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] == c)
			return true;
	return false;
}

/* The text without any of the given characters at its start and its end. */
static inline struct str
str_trim(struct str text, struct str blanks)
{
	while (text.len > 0 && str_has_char(blanks, text.data[0]))
		text = str_slice(text.data + 1, text.len - 1);
	while (text.len > 0 && str_has_char(blanks, text.data[text.len - 1]))
		text.len--;
	return text;
}

#endif
