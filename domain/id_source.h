/* A source of unguessable ids, as an interface. */
#ifndef DOMAIN_ID_SOURCE_H
#define DOMAIN_ID_SOURCE_H

#include <stddef.h>

/* The format of a dialect's ids. */
enum id_style {
	ID_HEX8,  /* 8f3a01bc */
	ID_HEX16, /* 5d0c7a4411e09b3f, for epochs */
	ID_UUID   /* 0b6a1f0e-5c1c-4b8e-9a55-2f6d1c1f7e10 */
};

#define ID_SIZE 37 /* the longest, with its NUL */

/* The size of an id, with its NUL. */
static inline size_t
id_size(enum id_style style)
{
	static const unsigned char sizes[] = {
		[ID_HEX8] = 9,
		[ID_HEX16] = 17,
		[ID_UUID] = ID_SIZE,
	};

	return sizes[style];
}

struct id_source;

struct id_source_ops {
	/* Writes a NUL-terminated id. Unique only by chance: check it. */
	void (*next)(struct id_source *, enum id_style, char out[ID_SIZE]);
};

struct id_source {
	const struct id_source_ops *ops;
};

static inline void
id_source_next(struct id_source *ids, enum id_style style, char out[ID_SIZE])
{
	ids->ops->next(ids, style, out);
}

#endif
