/* The words for rights and for the roles that give them. Public. */
#ifndef AUTH_RIGHTS_H
#define AUTH_RIGHTS_H

#include <stdbool.h>

#include "domain/base/str.h"
#include "domain/principal.h"
#include "domain/room_pattern.h"

struct wire_text;

/* A JSON array of words. Unknown words, of a later version, give no right. */
unsigned rights_read(struct str list);

/*
 * Sets rights and rooms of a user by the claim {"can": ["read", "post"],
 * "rooms": ["tea", "builds-*"]}, a JSON object. Without "can", or if the claim
 * is absent, a user has the usual rights; without "rooms", in all rooms. What
 * is not valid gives nothing. `rooms` has the text.
 */
void rights_of_claim(struct str claim, char rooms[ROOM_PATTERNS_BYTES],
    struct principal *);

/* Appends the word of each right in a set as a JSON array. */
void rights_write(unsigned rights, struct wire_text *);

/* What a user is on the whole server. */
enum user_role {
	USER_ROLE_GUEST,
	USER_ROLE_USER,
	USER_ROLE_MODERATOR,
	USER_ROLE_ADMIN
};

/* False: there is no such role. */
bool user_role_read(struct str word, enum user_role *out);

struct str user_role_word(enum user_role);
unsigned user_role_rights(enum user_role);

#endif
