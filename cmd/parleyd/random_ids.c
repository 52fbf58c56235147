#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "cmd/parleyd/platform.h"

/* Drawn at once, handed out in parts: a system call for 16 newcomers. */
#define POOL_SIZE 256

static uint8_t pool[POOL_SIZE];
static size_t pool_left;

/* Short reads do not happen up to 256 bytes: getrandom(2). */
static void
refill(void)
{
	ssize_t got;

	do
		got = getrandom(pool, sizeof(pool), 0);
	while (got < 0 && errno == EINTR);
	if (got != sizeof(pool)) {
		/* Guessable ids would open other people's doors. */
		log_error("no random numbers from the kernel");
		abort();
	}
	pool_left = sizeof(pool);
}

static void
fill(uint8_t *bytes, size_t count)
{
	if (pool_left < count)
		refill();
	pool_left -= count;
	memcpy(bytes, pool + pool_left, count);
}

static char *
put_hex(char *out, const uint8_t *bytes, size_t count)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < count; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 0xf];
	}
	*out = '\0';
	return out;
}

/* A random UUID: RFC 9562 §5.4. */
static void
put_uuid(char *out, uint8_t bytes[16])
{
	static const size_t groups[] = { 4, 2, 2, 2, 6 };

	bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
	bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < 5; i++) {
		if (i > 0)
			*out++ = '-';
		out = put_hex(out, bytes, groups[i]);
		bytes += groups[i];
	}
}

static void
next(struct id_source *ids, enum id_style style, char out[ID_SIZE])
{
	uint8_t bytes[16];

	(void)ids;
	fill(bytes, sizeof(bytes));
	if (style == ID_UUID)
		put_uuid(out, bytes);
	else
		put_hex(out, bytes, style == ID_HEX8 ? 4 : 8);
}

static const struct id_source_ops random_ids_ops = {
	.next = next,
};

struct id_source *
random_ids(void)
{
	static struct id_source ids = { &random_ids_ops };

	return &ids;
}
