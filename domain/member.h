/* A member: somebody who is connected and has a name. */
#ifndef DOMAIN_MEMBER_H
#define DOMAIN_MEMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "domain/error.h"
#include "domain/id_source.h"
#include "domain/room.h"

#define MEMBER_NAME_CHARS 32
/* 32 characters of 4 bytes and "#4294967295" behind a taken name, NUL. */
#define MEMBER_NAME_SIZE (MEMBER_NAME_CHARS * 4 + 11 + 1)

/* A plain value; copy it freely. */
struct member {
	char id[ID_SIZE]; /* never changes while connected */
	char name[MEMBER_NAME_SIZE];
	bool in_lobby; /* a dialect without a lobby connects outside */
	bool is_guest; /* the name is "", or holds in the room it is in */
	int64_t since_ms;
};

/*
 * Brings a wished-for name into the form that is kept: NFC, 1 to 32
 * characters, no control, zero-width or bidi-override characters (nor any
 * other UNICODE_HIDDEN one), no white space at the ends, not "system", "admin"
 * or "root" in any letter case. CHAT_NAME_INVALID otherwise (also for text that
 * is not UTF-8).
 */
enum chat_error member_name_normalize(struct str wish,
    char out[MEMBER_NAME_SIZE]);

/* Enough for any folded name: case folding can triple a character. */
#define MEMBER_FOLDED_SIZE (MEMBER_NAME_SIZE * 3)

/*
 * The form in which two names count as the same one: full case folding, in
 * NFC; the name need not be normal yet. Returns the length; out is
 * NUL-terminated. What is too long for a name or not UTF-8 folds to 0 bytes,
 * as no name does.
 */
size_t member_name_fold(struct str name, char out[MEMBER_FOLDED_SIZE]);

/* The scope of those who are no guests: the chat's own name space. */
#define CHAT_SCOPE STR_ABSENT

#define MEMBER_KEY_SIZE (ROOM_ID_SIZE + MEMBER_FOLDED_SIZE)

/*
 * What a name is known by within a scope: the folded name, behind the id of
 * the room in which it holds. An absent scope is the chat's own name space.
 * Names of two scopes never have the same key. Returns the length; 0 for what
 * folds to nothing and for text with a NUL in it, as no name has.
 */
size_t member_name_key(struct str scope, struct str name,
    char out[MEMBER_KEY_SIZE]);

/*
 * The n-th choice when a name is taken: "alice#2" for n = 2. The name comes
 * from member_name_normalize().
 */
void member_name_suffix(const char name[MEMBER_NAME_SIZE], unsigned n,
    char out[MEMBER_NAME_SIZE]);

#endif
