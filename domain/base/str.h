/* Borrowed text: a pointer and a length. */
#ifndef DOMAIN_STR_H
#define DOMAIN_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/*
 * Borrowed bytes, without a terminator: JSON text may contain NUL. An absent
 * text has a NULL pointer; an empty one only the length 0.
 */
struct str {
	const char *data;
	size_t len;
};

#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })
#define STR_ABSENT ((struct str){ NULL, 0 })

static inline struct str
str_from(const char *text)
{
	return (struct str){ text, strlen(text) };
}

static inline struct str
str_slice(const char *data, size_t len)
{
	return (struct str){ data, len };
}

static inline bool
str_equal(struct str a, struct str b)
{
	return a.len == b.len &&
	       (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool
str_is_empty(struct str s)
{
	return s.len == 0;
}

/* Copies the bytes; returns their end. */
static inline char *
str_put(char *at, struct str s)
{
	if (s.len > 0)
		memcpy(at, s.data, s.len);
	return at + s.len;
}

/* Whether an array contains a NUL-terminated text that is not empty. */
static inline bool
str_is_within(const char *array, size_t size)
{
	size_t len = strnlen(array, size);

	return len > 0 && len < size;
}

#endif
