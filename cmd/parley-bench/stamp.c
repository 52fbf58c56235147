#include "cmd/parley-bench/stamp.h"

#include <string.h>

#define MAGIC "[bench "
#define MAGIC_SIZE (sizeof(MAGIC) - 1)

static char *
write_hex(char *out, uint32_t value, int digits)
{
	for (int i = digits - 1; i >= 0; i--)
		*out++ = "0123456789abcdef"[value >> (4 * i) & 15];
	return out;
}

void
stamp_write(const struct stamp *stamp, char *out)
{
	memcpy(out, MAGIC, MAGIC_SIZE);
	out = write_hex(out + MAGIC_SIZE, stamp->run, 8);
	*out++ = ' ';
	out = write_hex(out, stamp->room, 4);
	*out++ = ' ';
	out = write_hex(out, stamp->sender, 4);
	*out++ = ' ';
	out = write_hex(out, stamp->seq, 8);
	*out = ']';
}

char *
stamp_fill(const struct stamp *stamp, char *out, size_t size)
{
	stamp_write(stamp, out);
	memset(out + STAMP_SIZE, '.', size - STAMP_SIZE);
	out[size] = '\0';
	return out + size;
}

/* Accepts any digits: corrupted stamps fail the later checks. */
static uint32_t
read_hex(const char *text, int digits)
{
	uint32_t value = 0;

	for (int i = 0; i < digits; i++) {
		unsigned c = (unsigned char)text[i];

		value = value << 4 | ((c & 15) + (c >> 6) * 9);
	}
	return value;
}

static bool
is_stamp(const char *text, size_t len)
{
	return len >= STAMP_SIZE && memcmp(text, MAGIC, MAGIC_SIZE) == 0 &&
	       text[STAMP_SIZE - 1] == ']';
}

bool
stamp_find(const char *text, size_t len, size_t *hint, struct stamp *out)
{
	const char *at = text + *hint;

	if (*hint > len || !is_stamp(at, len - *hint)) {
		at = memmem(text, len, MAGIC, MAGIC_SIZE);
		if (at == NULL || !is_stamp(at, len - (size_t)(at - text)))
			return false;
		*hint = (size_t)(at - text);
	}
	out->run = read_hex(at + 7, 8);
	out->room = read_hex(at + 16, 4);
	out->sender = read_hex(at + 21, 4);
	out->seq = read_hex(at + 26, 8);
	return true;
}
