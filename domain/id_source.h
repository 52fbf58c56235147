/* New names for things: unguessable ids, handed in. */
#ifndef DOMAIN_ID_SOURCE_H
#define DOMAIN_ID_SOURCE_H

/* How a dialect likes its ids to look. */
enum id_style {
	ID_HEX8,  /* 8f3a01bc */
	ID_HEX16, /* 5d0c7a4411e09b3f, for epochs */
	ID_UUID   /* 0b6a1f0e-5c1c-4b8e-9a55-2f6d1c1f7e10 */
};

#define ID_SIZE 37 /* the longest, with its NUL */

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
