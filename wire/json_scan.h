/* Skips what is plain in the body of a JSON string, many bytes at once. */
#ifndef WIRE_JSON_SCAN_H
#define WIRE_JSON_SCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Plain: ASCII that may stand in a string as it is (RFC 8259 §7). */
static inline bool
json_is_plain(char c)
{
	return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 &&
	       c != '"' && c != '\\';
}

/* Whether all of 8 bytes are plain. */
static inline bool
json_are_8_plain(const char *at)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t bytes, quote, backslash, hit;

	memcpy(&bytes, at, sizeof(bytes));
	quote = bytes ^ ones * '"';
	backslash = bytes ^ ones * '\\';
	/* A high bit appears for ≥ 80, for < 20, and for what became zero. */
	hit = bytes | (bytes - ones * 0x20);
	hit |= (quote - ones) & ~quote;
	hit |= (backslash - ones) & ~backslash;
	return (hit & ones * 0x80) == 0;
}

#ifdef __SSE2__
/* A bit for each of 16 bytes that is not plain. */
static inline unsigned
json_not_plain_of_16(const char *at)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
	__m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
	__m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
	/* The comparison is signed: bytes from 80 on count as negative. */
	__m128i other = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));

	return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote,
							    backslash),
	    other));
}
#endif

/* The first byte that is not plain, or the end. */
static inline const char *
json_skip_plain(const char *at, const char *end)
{
#ifdef __SSE2__
	while (end - at >= 16) {
		unsigned hits = json_not_plain_of_16(at);

		if (hits != 0)
			return at + __builtin_ctz(hits);
		at += 16;
	}
#endif
	while (end - at >= 8 && json_are_8_plain(at))
		at += 8;
	while (at < end && json_is_plain(*at))
		at++;
	return at;
}

#endif
