/* The table of roles: what a member may do in a room. Public. */
#ifndef DOMAIN_ROLE_H
#define DOMAIN_ROLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "domain/right.h"

#define RIGHTS_TO_LISTEN (RIGHT_LIST | RIGHT_JOIN | RIGHT_READ)
#define RIGHTS_TO_MODERATE (RIGHTS_TO_LISTEN | RIGHT_POST | RIGHT_MODERATE)

/*
 * X(constant, word, rights in a room, rights in a moderated one): the weakest
 * first. The first two are penalties: they hide the role for a time.
 */
#define ROLES(X)                                                               \
	X(ROLE_BANNED, "banned", 0, 0)                                         \
	X(ROLE_MUTED, "muted", RIGHTS_TO_LISTEN, RIGHTS_TO_LISTEN)             \
	X(ROLE_MEMBER, "member", RIGHTS_TO_LISTEN | RIGHT_POST,                \
	    RIGHTS_TO_LISTEN)                                                  \
	X(ROLE_VOICE, "voice", RIGHTS_TO_LISTEN | RIGHT_POST,                  \
	    RIGHTS_TO_LISTEN | RIGHT_POST)                                     \
	X(ROLE_MODERATOR, "moderator", RIGHTS_TO_MODERATE, RIGHTS_TO_MODERATE) \
	X(ROLE_OWNER, "owner", RIGHTS_TO_MODERATE | RIGHT_ADMIN,               \
	    RIGHTS_TO_MODERATE | RIGHT_ADMIN)

enum role {
#define X(constant, word, rights, moderated) constant,
	ROLES(X)
#undef X
};

/* The word of the table: "moderator". */
struct str role_word(enum role);

/* False: not the word of a role; penalties are none. */
bool role_of_word(struct str word, enum role *out);

unsigned role_rights(enum role, bool in_moderated_room);

/* How a member stands in a room. */
struct standing {
	enum role role;    /* ROLE_MEMBER or above */
	enum role penalty; /* ROLE_BANNED, ROLE_MUTED; ROLE_MEMBER: none */
	int64_t until_ms;  /* the end of the penalty; 0: it has none */
};

#define STANDING_PLAIN ((struct standing){ ROLE_MEMBER, ROLE_MEMBER, 0 })

/* The role, or the penalty while there is one. */
enum role standing_role(const struct standing *, int64_t now_ms);

/*
 * As the value of an attribute: "moderator", "voice muted 1795241301123". A
 * value that is not valid is read as STANDING_PLAIN.
 */
#define STANDING_SIZE 48
size_t standing_write(const struct standing *, char out[STANDING_SIZE]);
void standing_read(struct str value, struct standing *out);

#endif
