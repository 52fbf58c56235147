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

/* 'u' and 26 characters: a-z2-7. */
#define PRINCIPAL_MEMBER_ID_LEN 27

/* A plain value; texts are borrowed. */
struct principal {
	struct str user_id; /* empty: the client is anonymous */
	/*
	 * The id of the user's member, made of user_id, which it does not
	 * reveal: PRINCIPAL_MEMBER_ID_LEN characters, the same each time.
	 * Absent: the client is anonymous.
	 */
	struct str member_id;
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
