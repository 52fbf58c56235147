/* A member: has an id, connections and, unless a guest, a name. */
#ifndef DOMAIN_MEMBER_H
#define DOMAIN_MEMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "domain/error.h"
#include "domain/id_source.h"
#include "domain/principal.h"
#include "domain/room.h"

#define MEMBER_NAME_CHARS 32
/* 32 characters of 4 bytes and "#4294967295" behind a taken name, NUL. */
#define MEMBER_NAME_SIZE (MEMBER_NAME_CHARS * 4 + 11 + 1)

/* A plain value; copy it freely. */
struct member {
	char id[ID_SIZE]; /* never changes while connected */
	char name[MEMBER_NAME_SIZE];
	bool in_lobby;        /* false for dialects without a lobby */
	bool is_guest;        /* the name is "", or valid in its room only */
	bool is_user;         /* admitted with a user id */
	bool has_no_dm;       /* its dialect has no private messages */
	unsigned connections; /* of a user there may be several */
	int64_t since_ms;
};

/*
 * Normalizes a requested name: NFC, 1 to 32 characters, no control, zero-width
 * or bidi-override characters (nor any other UNICODE_HIDDEN one), no white
 * space at the ends, no mark without a base, nothing that looks like "system",
 * "admin" or "root". CHAT_NAME_INVALID otherwise, also for invalid UTF-8.
 */
enum chat_error member_name_normalize(struct str wish,
    char out[MEMBER_NAME_SIZE]);

/* Longest skeleton: case folding can triple a character. */
#define MEMBER_SKELETON_SIZE (MEMBER_NAME_SIZE * 3)

/*
 * name_skeleton() of a name that need not be normalized. Returns the length;
 * out is NUL-terminated. Texts too long for a name or not in UTF-8 have the
 * empty skeleton, as no name has.
 */
size_t member_name_skeleton(struct str name, char out[MEMBER_SKELETON_SIZE]);

/* The scope of members that are no guests: the chat's own name space. */
#define CHAT_SCOPE STR_ABSENT

#define MEMBER_KEY_SIZE (ROOM_ID_SIZE + MEMBER_SKELETON_SIZE)

/*
 * The key of a name: the id of the room it is valid in, if the scope is not
 * absent, and the skeleton. Names of two scopes never have the same key.
 * Returns the length; 0 for an empty skeleton and for a text with a NUL.
 */
size_t member_name_key(struct str scope, struct str name,
    char out[MEMBER_KEY_SIZE]);

/*
 * The name with a number, for a name that is taken: "alice#2" for n = 2. The
 * name comes from member_name_normalize().
 */
void member_name_suffix(const char name[MEMBER_NAME_SIZE], unsigned n,
    char out[MEMBER_NAME_SIZE]);

#endif
