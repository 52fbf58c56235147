/* What the admission of a connection has found out about its client. */
#ifndef DOMAIN_PRINCIPAL_H
#define DOMAIN_PRINCIPAL_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "domain/base/str.h"
#include "domain/right.h"

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
	struct str rooms;      /* room_patterns_match(); absent: all rooms */
	int64_t expires_at_ms; /* Unix time; 0: never */
	uint64_t token;        /* a hash of its token's id; 0: none */
	int64_t issued_s;      /* Unix time of its token; 0: unknown */
	/* Nothing is known yet: COMMAND_AUTH has to come first. */
	bool must_authenticate;
};

/* What is kept of a user while its connection is open. */
struct principal_mark {
	char member_id[PRINCIPAL_MEMBER_ID_LEN + 1];
	uint64_t token;
	int64_t issued_s;
};

/* The principal is a user. */
static inline struct principal_mark
principal_mark_of(const struct principal *principal)
{
	struct principal_mark mark = {
		.token = principal->token,
		.issued_s = principal->issued_s,
	};

	assert(principal->member_id.len == PRINCIPAL_MEMBER_ID_LEN);
	memcpy(mark.member_id, principal->member_id.data,
	    PRINCIPAL_MEMBER_ID_LEN);
	return mark;
}

static inline struct principal
principal_anonymous(void)
{
	return (struct principal){ .rights = RIGHTS_USUAL };
}

#endif
