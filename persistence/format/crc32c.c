#include "persistence/format/crc32c.h"

#include <string.h>

#include "persistence/format/little_endian.h"

#define POLYNOMIAL 0x82f63b78 /* bit-reversed */

/* tables[k][b]: the effect of byte b on the CRC, k bytes later. */
static uint32_t tables[8][256];

typedef uint32_t crc_function(uint32_t crc, const void *, size_t);

static crc_function *fastest = crc32c_by_table;

static void
fill_tables(void)
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t crc = byte;

		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (POLYNOMIAL & (0 - (crc & 1)));
		tables[0][byte] = crc;
	}
	for (size_t k = 1; k < 8; k++)
		for (size_t byte = 0; byte < 256; byte++) {
			uint32_t crc = tables[k - 1][byte];

			tables[k][byte] = (crc >> 8) ^ tables[0][crc & 0xff];
		}
}

/* Slicing by eight: eight bytes at a time, each with its own table. */
static uint32_t
eight_bytes(uint32_t crc, const uint8_t *at)
{
	uint64_t word = get_u64(at) ^ crc;

	crc = 0;
	for (size_t i = 0; i < 8; i++)
		crc ^= tables[7 - i][(word >> (8 * i)) & 0xff];
	return crc;
}

uint32_t
crc32c_by_table(uint32_t crc, const void *data, size_t len)
{
	const uint8_t *at = data;

	crc = ~crc;
	for (; len >= 8; at += 8, len -= 8)
		crc = eight_bytes(crc, at);
	for (; len > 0; at++, len--)
		crc = (crc >> 8) ^ tables[0][(crc ^ *at) & 0xff];
	return ~crc;
}

#ifdef __x86_64__
#include <nmmintrin.h>

__attribute__((target("sse4.2"))) static uint32_t
by_processor(uint32_t crc, const void *data, size_t len)
{
	const uint8_t *at = data;
	uint64_t wide = ~crc;

	for (; len >= 8; at += 8, len -= 8)
		wide = _mm_crc32_u64(wide, get_u64(at));
	crc = (uint32_t)wide;
	for (; len > 0; at++, len--)
		crc = _mm_crc32_u8(crc, *at);
	return ~crc;
}
#endif

/* Before main(): threads must not see a table half filled. */
__attribute__((constructor)) static void
prepare(void)
{
	fill_tables();
#ifdef __x86_64__
	__builtin_cpu_init();
	if (__builtin_cpu_supports("sse4.2"))
		fastest = by_processor;
#endif
}

uint32_t
crc32c(uint32_t crc, const void *data, size_t len)
{
	return fastest(crc, data, len);
}
