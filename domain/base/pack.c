#include "domain/base/pack.h"

#include <stdlib.h>

#define LENGTH_ABSENT UINT32_MAX

/* Numbers are packed with their highest byte first. Each works both ways. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define big_endian_64(number) __builtin_bswap64(number)
#define big_endian_32(number) __builtin_bswap32(number)
#else
#define big_endian_64(number) (number)
#define big_endian_32(number) (number)
#endif

void
packer_fini(struct packer *packer)
{
	free(packer->bytes);
	*packer = (struct packer){ 0 };
}

/* NULL: no memory. */
static char *
packer_grow(struct packer *packer, size_t len)
{
	size_t capacity = packer->capacity;
	char *bytes;

	if (packer->failed || len > SIZE_MAX / 4 - packer->len) {
		packer->failed = true;
		return NULL;
	}
	while (capacity < packer->len + len)
		capacity = capacity == 0 ? 512 : capacity * 2;
	if (capacity != packer->capacity) {
		bytes = realloc(packer->bytes, capacity);
		packer->failed = bytes == NULL;
		if (bytes == NULL)
			return NULL;
		packer->bytes = bytes;
		packer->capacity = capacity;
	}
	bytes = packer->bytes + packer->len;
	packer->len += len;
	return bytes;
}

void
pack_number(struct packer *packer, uint64_t number)
{
	uint64_t big = big_endian_64(number);
	char *at = packer_grow(packer, sizeof(big));

	if (at != NULL)
		memcpy(at, &big, sizeof(big));
}

static void
pack_length(struct packer *packer, uint32_t len)
{
	uint32_t big = big_endian_32(len);
	char *at = packer_grow(packer, sizeof(big));

	if (at != NULL)
		memcpy(at, &big, sizeof(big));
}

void
pack_text(struct packer *packer, struct str text)
{
	char *at;

	if (text.data == NULL) {
		pack_length(packer, LENGTH_ABSENT);
		return;
	}
	packer->failed |= text.len >= LENGTH_ABSENT;
	pack_length(packer, (uint32_t)text.len);
	at = packer_grow(packer, text.len);
	if (at != NULL)
		str_put(at, text);
}

void
pack_value(struct packer *packer, const void *value, size_t size)
{
	pack_text(packer, str_slice(value, size));
}

static const char *
unpacker_take(struct unpacker *unpacker, size_t len)
{
	const char *at = unpacker->rest.data;

	unpacker->failed |= unpacker->rest.len < len;
	if (unpacker->failed)
		return NULL;
	unpacker->rest = str_slice(at + len, unpacker->rest.len - len);
	return at;
}

uint64_t
unpack_number(struct unpacker *unpacker)
{
	uint64_t big = 0;
	const char *at = unpacker_take(unpacker, sizeof(big));

	if (at != NULL)
		memcpy(&big, at, sizeof(big));
	return big_endian_64(big);
}

static uint32_t
unpack_length(struct unpacker *unpacker)
{
	uint32_t big = 0;
	const char *at = unpacker_take(unpacker, sizeof(big));

	if (at != NULL)
		memcpy(&big, at, sizeof(big));
	return big_endian_32(big);
}

struct str
unpack_text(struct unpacker *unpacker)
{
	uint32_t len = unpack_length(unpacker);
	const char *at;

	if (unpacker->failed || len == LENGTH_ABSENT)
		return STR_ABSENT;
	at = unpacker_take(unpacker, len);
	return at == NULL ? STR_ABSENT : str_slice(at, len);
}

struct str
unpack_id(struct unpacker *unpacker, size_t most)
{
	struct str text = unpack_text(unpacker);

	unpacker->failed |=
	    text.len >= most ||
	    (text.len > 0 && memchr(text.data, '\0', text.len) != NULL);
	return unpacker->failed ? STR_ABSENT : text;
}

void
unpack_string(struct unpacker *unpacker, char *out, size_t size)
{
	struct str text = unpack_id(unpacker, size);

	out[0] = '\0';
	if (unpacker->failed)
		return;
	*str_put(out, text) = '\0';
}

void
unpack_value(struct unpacker *unpacker, void *out, size_t size)
{
	struct str bytes = unpack_text(unpacker);

	unpacker->failed |= bytes.len != size;
	if (!unpacker->failed)
		memcpy(out, bytes.data, size);
}
