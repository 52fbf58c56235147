/* Numbers in the little-endian form of the files. Pure. */
#ifndef PERSISTENCE_LITTLE_ENDIAN_H
#define PERSISTENCE_LITTLE_ENDIAN_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t
get_u16(const void *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return le16toh(value);
}

static inline uint32_t
get_u32(const void *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return le32toh(value);
}

static inline uint64_t
get_u64(const void *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return le64toh(value);
}

/* Each returns the position after what it wrote. */
static inline char *
put_u16(char *at, uint16_t value)
{
	value = htole16(value);
	return mempcpy(at, &value, sizeof(value));
}

static inline char *
put_u32(char *at, uint32_t value)
{
	value = htole32(value);
	return mempcpy(at, &value, sizeof(value));
}

static inline char *
put_u64(char *at, uint64_t value)
{
	value = htole64(value);
	return mempcpy(at, &value, sizeof(value));
}

#endif
