/* Skips the plain part of a JSON string, many bytes at once. */
#ifndef WIRE_JSON_SCAN_H
#define WIRE_JSON_SCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Plain: ASCII that needs no escape in a string (RFC 8259 §7). */
static inline bool
json_is_plain(char c)
{
	return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 &&
	       c != '"' && c != '\\';
}

/* Whether 8 bytes are all plain. */
static inline bool
json_are_8_plain(const char *at)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t bytes, quote, backslash, hit;

	memcpy(&bytes, at, sizeof(bytes));
	quote = bytes ^ ones * '"';
	backslash = bytes ^ ones * '\\';
	/* Sets the high bit of bytes ≥ 80, < 20, and of those that became 0. */
	hit = bytes | (bytes - ones * 0x20);
	hit |= (quote - ones) & ~quote;
	hit |= (backslash - ones) & ~backslash;
	return (hit & ones * 0x80) == 0;
}

/* 16 bytes in a vector register. */
typedef signed char json_vector __attribute__((vector_size(16)));

/* The number of plain bytes before the first that is not, of 16. */
static inline unsigned
json_plain_of_16(const char *at)
{
	json_vector bytes, special;
	uint64_t halves[2];

	memcpy(&bytes, at, sizeof(bytes));
	/* Signed: bytes from 80 on are negative. */
	special = (bytes < 0x20) | (bytes == '"') | (bytes == '\\');
	memcpy(halves, &special, sizeof(halves));
	if ((halves[0] | halves[1]) == 0)
		return 16;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	if (halves[0] != 0)
		return (unsigned)__builtin_ctzll(halves[0]) / 8;
	return (unsigned)__builtin_ctzll(halves[1]) / 8 + 8;
#else
	for (unsigned i = 0;; i++)
		if (!json_is_plain(at[i]))
			return i;
#endif
}

/* The first byte that is not plain, or the end. */
static inline const char *
json_skip_plain(const char *at, const char *end)
{
	while (end - at >= 16) {
		unsigned plain = json_plain_of_16(at);

		at += plain;
		if (plain < 16)
			return at;
	}
	while (end - at >= 8 && json_are_8_plain(at))
		at += 8;
	while (at < end && json_is_plain(*at))
		at++;
	return at;
}

#endif
