#include "transport/ws/ws_frame.h"

#include <assert.h>
#include <string.h>

#define FIN 0x80
#define MASKED 0x80
#define LENGTH_16 126 /* the length is in the next 2 bytes */
#define LENGTH_64 127 /* in the next 8 */

/* The size of the extended length. */
static size_t
extended_size(uint64_t short_length)
{
	if (short_length == LENGTH_16)
		return 2;
	return short_length == LENGTH_64 ? 8 : 0;
}

static uint64_t
read_number(const uint8_t *data, size_t size)
{
	uint64_t number = 0;

	for (size_t i = 0; i < size; i++)
		number = number << 8 | data[i];
	return number;
}

/* §5.2: the shortest form, below 2^63. */
static bool
length_is_minimal(uint64_t length, size_t size)
{
	if (size == 2)
		return length >= LENGTH_16;
	return length > UINT16_MAX && length <= INT64_MAX;
}

enum ws_frame_result
ws_frame_decode(const uint8_t *data, size_t len, struct ws_frame_head *out,
    size_t *used)
{
	size_t extended, size;

	if (len < 2)
		return WS_FRAME_SHORT;
	out->fin = (data[0] & FIN) != 0;
	out->rsv = data[0] >> 4 & 0x7;
	out->opcode = data[0] & 0xf;
	out->masked = (data[1] & MASKED) != 0;
	out->length = data[1] & 0x7f;
	extended = extended_size(out->length);
	size = 2 + extended + (out->masked ? sizeof(out->mask) : 0);
	if (len < size)
		return WS_FRAME_SHORT;
	if (extended != 0) {
		out->length = read_number(data + 2, extended);
		if (!length_is_minimal(out->length, extended))
			return WS_FRAME_BAD;
	}
	if (out->masked)
		memcpy(out->mask, data + 2 + extended, sizeof(out->mask));
	*used = size;
	return WS_FRAME_OK;
}

size_t
ws_frame_encode(uint8_t opcode, bool fin, uint8_t rsv, uint64_t length,
    uint8_t out[WS_FRAME_HEAD_MAX])
{
	uint64_t short_length = length < LENGTH_16     ? length
				: length <= UINT16_MAX ? LENGTH_16
						       : LENGTH_64;
	size_t extended = extended_size(short_length);

	assert(opcode <= 0xf && rsv <= 0x7 && length <= INT64_MAX);
	out[0] = (uint8_t)((fin ? FIN : 0) | rsv << 4 | opcode);
	out[1] = (uint8_t)short_length;
	for (size_t i = 0; i < extended; i++)
		out[2 + i] = (uint8_t)(length >> 8 * (extended - 1 - i));
	return 2 + extended;
}

/* memcpy(): payloads are not aligned. */
static inline void
mask_words(uint8_t *data, size_t count, uint64_t mask)
{
	uint64_t word;

	for (size_t i = 0; i < count; i++, data += sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		word ^= mask;
		memcpy(data, &word, sizeof(word));
	}
}

void
ws_frame_mask(uint8_t *data, size_t len, const uint8_t mask[4], size_t offset)
{
	uint8_t turned[8];
	uint64_t word;

	for (size_t i = 0; i < 4; i++)
		turned[i] = turned[i + 4] = mask[(offset + i) % 4];
	memcpy(&word, turned, sizeof(word));
	/* Four at a time: compilers make two vector operations of them. */
	for (; len >= 4 * sizeof(word); len -= 4 * sizeof(word)) {
		mask_words(data, 4, word);
		data += 4 * sizeof(word);
	}
	mask_words(data, len / sizeof(word), word);
	data += len - len % sizeof(word);
	for (size_t i = 0; i < len % sizeof(word); i++)
		data[i] ^= turned[i];
}
