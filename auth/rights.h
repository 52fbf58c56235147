/* The words for rights: in the claims of tokens, in answers. Public. */
#ifndef AUTH_RIGHTS_H
#define AUTH_RIGHTS_H

#include "domain/base/str.h"
#include "domain/principal.h"

struct wire_text;

/* A JSON array of words. Unknown words, of a later version, give no right. */
unsigned rights_read(struct str list);

/*
 * The claim {"can": ["read", "post"]}, a JSON object; without "can", or if the
 * claim is absent, a user has all rights.
 */
unsigned rights_of_claim(struct str claim);

/* Appends the words for rights as a JSON array. */
void rights_write(unsigned rights, struct wire_text *);

#endif
