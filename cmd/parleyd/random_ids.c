/* Random ids. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "cmd/parleyd/platform.h"

/* Random bytes are read for 16 members at a time. */
#define POOL_SIZE 256

static uint8_t pool[POOL_SIZE];
static size_t pool_left;

/* Short reads do not happen up to 256 bytes: getrandom(2). */
static void
pool_refill(void)
{
	ssize_t got;

	do
		got = getrandom(pool, sizeof(pool), 0);
	while (got < 0 && errno == EINTR);
	if (got != sizeof(pool)) {
		/* Ids must not be guessable. */
		log_error("no random numbers from the kernel");
		abort();
	}
	pool_left = sizeof(pool);
}

static void
pool_take(uint8_t *bytes, size_t count)
{
	if (pool_left < count)
		pool_refill();
	pool_left -= count;
	memcpy(bytes, pool + pool_left, count);
}

static char *
hex_write(char *out, const uint8_t *bytes, size_t count)
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
uuid_write(char *out, uint8_t bytes[16])
{
	static const size_t groups[] = { 4, 2, 2, 2, 6 };

	bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
	bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < 5; i++) {
		if (i > 0)
			*out++ = '-';
		out = hex_write(out, bytes, groups[i]);
		bytes += groups[i];
	}
}

static void
random_ids_next(struct id_source *ids, enum id_style style, char out[ID_SIZE])
{
	uint8_t bytes[16];

	(void)ids;
	pool_take(bytes, sizeof(bytes));
	if (style == ID_UUID)
		uuid_write(out, bytes);
	else
		hex_write(out, bytes, style == ID_HEX8 ? 4 : 8);
}

static const struct id_source_ops random_ids_ops = {
	.next = random_ids_next,
};

struct id_source *
random_ids(void)
{
	static struct id_source ids = { &random_ids_ops };

	return &ids;
}
