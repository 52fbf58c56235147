#include "wire/common/message_id.h"

#include "domain/room.h"
#include "wire/common/siphash.h"

static uint64_t salt;

void
message_id_seed(uint64_t seed)
{
	salt = seed;
}

/* 8 bytes, little-endian on every machine. */
static size_t
message_id_add_number(char *out, uint64_t number)
{
	for (int i = 0; i < 8; i++)
		out[i] = (char)(number >> 8 * i);
	return sizeof(number);
}

static void
message_id_format(const uint64_t halves[2], char out[ID_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	char *at = out;

	for (unsigned i = 0; i < 32; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			*at++ = '-';
		*at++ = digits[halves[i / 16] >> (60 - i % 16 * 4) & 15];
	}
	*at = '\0';
}

void
message_id_write(struct str room, uint64_t seq, int64_t at_ms,
    char out[ID_SIZE])
{
	uint64_t keys[2][2] = { { salt, 0 }, { salt, 1 } }, halves[2];
	char text[ROOM_ID_SIZE + 2 * sizeof(uint64_t)];
	size_t len = room.len < ROOM_ID_SIZE ? room.len : ROOM_ID_SIZE;

	memcpy(text, room.data, len);
	len += message_id_add_number(text + len, seq);
	len += message_id_add_number(text + len, (uint64_t)at_ms);
	for (int i = 0; i < 2; i++)
		halves[i] = siphash(keys[i], str_slice(text, len));
	/* RFC 9562, §5.4: the version and the variant. */
	halves[0] = (halves[0] & ~UINT64_C(0xf000)) | 0x4000;
	halves[1] = (halves[1] & ~(UINT64_C(3) << 62)) | UINT64_C(1) << 63;
	message_id_format(halves, out);
}
