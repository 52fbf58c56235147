#include "domain/text/utf8.h"

#include <assert.h>

#define WORD_HIGH_BITS 0x8080808080808080u

static uint64_t
read_word(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* The first byte that is not ASCII, or the end. */
static const uint8_t *
utf8_skip_ascii(const uint8_t *at, const uint8_t *end)
{
	while (end - at >= 32) {
		uint64_t all = read_word(at) | read_word(at + 8) |
			       read_word(at + 16) | read_word(at + 24);

		if ((all & WORD_HIGH_BITS) != 0)
			break;
		at += 32;
	}
	while (end - at >= 8 && (read_word(at) & WORD_HIGH_BITS) == 0)
		at += 8;
	while (at < end && *at < 0x80)
		at++;
	return at;
}

/*
 * The number and bounds of the bytes after a first byte (RFC 3629, section 4).
 * The bounds of the second byte exclude overlong forms, surrogates and
 * characters beyond 10FFFF.
 */
static inline bool
utf8_begin(struct utf8_state *state, uint8_t byte)
{
	state->low = 0x80;
	state->high = 0xbf;
	if (byte < 0x80) {
		state->missing = 0;
	} else if (byte < 0xc2) {
		return false;
	} else if (byte < 0xe0) {
		state->missing = 1;
	} else if (byte < 0xf0) {
		state->missing = 2;
		if (byte == 0xe0)
			state->low = 0xa0;
		if (byte == 0xed)
			state->high = 0x9f;
	} else if (byte < 0xf5) {
		state->missing = 3;
		if (byte == 0xf0)
			state->low = 0x90;
		if (byte == 0xf4)
			state->high = 0x8f;
	} else {
		return false;
	}
	return true;
}

static inline bool
utf8_add_byte(struct utf8_state *state, uint8_t byte)
{
	if (state->missing == 0)
		return utf8_begin(state, byte);
	if (byte < state->low || byte > state->high)
		return false;
	state->missing--;
	state->low = 0x80;
	state->high = 0xbf;
	return true;
}

bool
utf8_feed(struct utf8_state *state, const char *data, size_t len)
{
	const uint8_t *at = (const uint8_t *)data;
	const uint8_t *end = len > 0 ? at + len : at;
	struct utf8_state now = *state; /* in registers */

	while (at < end) {
		if (now.missing == 0 && *at < 0x80)
			at = utf8_skip_ascii(at, end);
		else if (!utf8_add_byte(&now, *at++))
			return false;
	}
	*state = now;
	return true;
}

bool
utf8_is_valid(struct str text)
{
	struct utf8_state state = { 0 };

	return utf8_feed(&state, text.data, text.len) &&
	       utf8_is_complete(&state);
}

uint32_t
utf8_next(struct str text, size_t *offset)
{
	const uint8_t *at = (const uint8_t *)text.data + *offset;
	size_t left = text.len - *offset;
	struct utf8_state state = { 0 };
	uint32_t character;
	size_t taken = 1;

	assert(*offset < text.len);
	(*offset)++;
	character = *at;
	if (character < 0x80)
		return character;
	if (!utf8_add_byte(&state, *at))
		return UTF8_INVALID;
	character &= 0x3fu >> state.missing;
	for (; !utf8_is_complete(&state); taken++) {
		if (taken == left || !utf8_add_byte(&state, at[taken]))
			return UTF8_INVALID;
		character = character << 6 | (at[taken] & 0x3fu);
	}
	*offset += taken - 1;
	return character;
}

struct str
utf8_cut(struct str text, size_t most)
{
	if (text.len <= most)
		return text;
	text.len = most;
	while (text.len > 0 && (text.data[text.len] & 0xc0) == 0x80)
		text.len--;
	return text;
}

size_t
utf8_put(uint32_t character, char out[4])
{
	static const uint8_t leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t size = (size_t)1 + (character >= 0x80) + (character >= 0x800) +
		      (character >= 0x10000);

	assert(character <= 0x10ffff &&
	       (character < 0xd800 || character > 0xdfff));
	for (size_t i = size - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (character & 0x3f));
		character >>= 6;
	}
	out[0] = (char)(leads[size] | character);
	return size;
}
