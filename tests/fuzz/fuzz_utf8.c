/*
 * A text in two pieces has the same result as in one, and as a plain reading of
 * RFC 3629. The first byte is the position of the split.
 */
#include <stdlib.h>

#include "domain/text/utf8.h"

#define CHECK(condition) ((condition) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The character at `at`, or UTF8_INVALID; *size is its length. */
static uint32_t
plain_read(const char *at, size_t left, size_t *size)
{
	static const struct {
		uint8_t mask, mark;
		uint32_t least;
	} forms[] = { { 0x80, 0, 0 }, { 0xe0, 0xc0, 0x80 },
		{ 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };
	uint8_t lead = (uint8_t)*at;

	for (*size = 1; *size <= 4 && *size <= left; (*size)++) {
		uint32_t character = lead & (uint8_t)~forms[*size - 1].mask;

		if ((lead & forms[*size - 1].mask) != forms[*size - 1].mark)
			continue;
		for (size_t i = 1; i < *size; i++) {
			if (((uint8_t)at[i] & 0xc0) != 0x80)
				return UTF8_INVALID;
			character = character * 64 + ((uint8_t)at[i] & 0x3f);
		}
		if (character < forms[*size - 1].least ||
		    character > 0x10ffff || (character & ~0x7ffu) == 0xd800)
			return UTF8_INVALID;
		return character;
	}
	return UTF8_INVALID;
}

/* Whether all characters are valid, read one by one. */
static bool
check_characters(struct str text)
{
	bool is_valid = true;

	for (size_t offset = 0, size; offset < text.len;) {
		size_t from = offset;
		uint32_t character = utf8_next(text, &offset);
		char bytes[4];

		CHECK(character ==
		      plain_read(text.data + from, text.len - from, &size));
		if (character == UTF8_INVALID) {
			CHECK(offset == from + 1);
			is_valid = false;
			continue;
		}
		CHECK(offset == from + size);
		CHECK(utf8_put(character, bytes) == size);
		CHECK(memcmp(bytes, text.data + from, size) == 0);
	}
	return is_valid;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct utf8_state state = { 0 };
	struct str text;
	size_t split;
	bool is_valid;

	if (size == 0)
		return 0;
	text = str_slice((const char *)data + 1, size - 1);
	split = data[0] < text.len ? data[0] : text.len;
	is_valid = utf8_is_valid(text);
	CHECK(is_valid == check_characters(text));
	CHECK(is_valid ==
	      (utf8_feed(&state, text.data, split) &&
		  utf8_feed(&state, text.data + split, text.len - split) &&
		  utf8_is_complete(&state)));
	return 0;
}
