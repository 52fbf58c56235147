/* What the admission of a connection has found out about its client. */
#ifndef DOMAIN_PRINCIPAL_H
#define DOMAIN_PRINCIPAL_H

#include <stdint.h>

#include "domain/base/str.h"

enum right {
	RIGHT_READ = 1 << 0,         /* join rooms; lists and histories */
	RIGHT_POST = 1 << 1,         /* send messages */
	RIGHT_CREATE_ROOMS = 1 << 2, /* also by joining */
	RIGHT_RENAME = 1 << 3,
	RIGHTS_ALL = (1 << 4) - 1 /* at most 8: stores keep a byte */
};

/* A plain value; texts are borrowed. */
struct principal {
	struct str user_id;    /* empty: the client is anonymous */
	struct str name;       /* to be displayed; absent: the client's wish */
	unsigned rights;       /* of enum right */
	int64_t expires_at_ms; /* Unix time; 0: never */
};

static inline struct principal
principal_anonymous(void)
{
	return (struct principal){ .rights = RIGHTS_ALL };
}

#endif
