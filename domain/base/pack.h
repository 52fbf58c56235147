/* Numbers and texts, one behind the other, in bytes. Public. */
#ifndef DOMAIN_PACK_H
#define DOMAIN_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

/* All zero is empty. After a failure nothing is added any more. */
struct packer {
	char *bytes;
	size_t len;
	size_t capacity;
	bool failed; /* no memory, or a text is too long */
};

void packer_fini(struct packer *);
void pack_number(struct packer *, uint64_t);
/* Absent and empty texts differ. */
void pack_text(struct packer *, struct str);
/* A plain value without pointers, as this program has it in memory. */
void pack_value(struct packer *, const void *, size_t size);

static inline struct str
packer_str(const struct packer *packer)
{
	return str_slice(packer->bytes, packer->len);
}

/* After a failure everything is 0 or absent. */
struct unpacker {
	struct str rest;
	bool failed; /* the bytes end too early */
};

uint64_t unpack_number(struct unpacker *);
/* Borrowed from the bytes. */
struct str unpack_text(struct unpacker *);
/* The same; one of `most` bytes or more, or with a NUL, is a failure. */
struct str unpack_id(struct unpacker *, size_t most);
/* NUL-terminated; one that does not fit is a failure, an absent one is "". */
void unpack_string(struct unpacker *, char *out, size_t size);
/* A plain value; one of another size is a failure, and *out stays. */
void unpack_value(struct unpacker *, void *out, size_t size);

#endif
