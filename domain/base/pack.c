#include "domain/base/pack.h"

#include <stdlib.h>

#define NUMBER_BYTES 8
#define LENGTH_BYTES 4
#define LENGTH_ABSENT UINT32_MAX

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
		capacity = capacity == 0 ? 128 : capacity * 2;
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

static void
pack_bytes(struct packer *packer, uint64_t number, size_t count)
{
	char *at = packer_grow(packer, count);

	if (at == NULL)
		return;
	for (size_t i = count; i-- > 0; number >>= 8)
		at[i] = (char)(number & 0xff);
}

void
pack_number(struct packer *packer, uint64_t number)
{
	pack_bytes(packer, number, NUMBER_BYTES);
}

void
pack_text(struct packer *packer, struct str text)
{
	char *at;

	if (text.data == NULL) {
		pack_bytes(packer, LENGTH_ABSENT, LENGTH_BYTES);
		return;
	}
	packer->failed |= text.len >= LENGTH_ABSENT;
	pack_bytes(packer, text.len, LENGTH_BYTES);
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

static uint64_t
unpack_bytes(struct unpacker *unpacker, size_t count)
{
	const char *at = unpacker_take(unpacker, count);
	uint64_t number = 0;

	for (size_t i = 0; at != NULL && i < count; i++)
		number = number << 8 | (unsigned char)at[i];
	return number;
}

uint64_t
unpack_number(struct unpacker *unpacker)
{
	return unpack_bytes(unpacker, NUMBER_BYTES);
}

struct str
unpack_text(struct unpacker *unpacker)
{
	uint64_t len = unpack_bytes(unpacker, LENGTH_BYTES);
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
