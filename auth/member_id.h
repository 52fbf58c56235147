/* The id of a user's member, which does not reveal the user's id. Public. */
#ifndef AUTH_MEMBER_ID_H
#define AUTH_MEMBER_ID_H

#include "domain/principal.h"

#define USER_MEMBER_ID_SIZE (PRINCIPAL_MEMBER_ID_LEN + 1)

/*
 * 'u' and the first 16 bytes of SHA-256(user id) in base32 (RFC 4648 §6, in
 * lower case, without padding), NUL-terminated. The user id is not empty.
 */
void user_member_id(struct str user_id, char out[USER_MEMBER_ID_SIZE]);

#endif
