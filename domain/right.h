/* The table of rights: what a client may do. Public. */
#ifndef DOMAIN_RIGHT_H
#define DOMAIN_RIGHT_H

#include "domain/base/str.h"

/*
 * X(constant, bit, word, rights that the word gives besides). A token's words
 * "read" and "post" gave more before there were words for the parts. Each word
 * gives the right to connect.
 */
#define RIGHTS(X)                                                       \
	X(RIGHT_LIST, 0, "list", 0) /* lists of rooms and members */    \
	X(RIGHT_JOIN, 1, "join", 0)                                     \
	X(RIGHT_READ, 2, "read", RIGHT_LIST | RIGHT_JOIN) /* history */ \
	X(RIGHT_DM, 3, "dm", 0)                                         \
	X(RIGHT_POST, 4, "post", RIGHT_DM)                              \
	X(RIGHT_CREATE_ROOMS, 5, "create", 0) /* also by joining */     \
	X(RIGHT_RENAME, 6, "rename", 0)                                 \
	X(RIGHT_UPLOAD, 7, "upload", 0)                                 \
	/* to be moderator, or owner, of every room */                  \
	X(RIGHT_MODERATE, 8, "moderate", 0)                             \
	X(RIGHT_ADMIN, 9, "admin", RIGHT_MODERATE)                      \
	X(RIGHT_CONNECT, 10, "connect", 0)

enum right {
#define X(constant, bit, word, besides) constant = 1 << bit,
	RIGHTS(X)
#undef X
};

/* Stores keep a set in so many bits. */
#define RIGHTS_BITS 16

/* Those of a client of which nothing else is known. */
#define RIGHTS_USUAL                                                    \
	(RIGHT_LIST | RIGHT_JOIN | RIGHT_READ | RIGHT_DM | RIGHT_POST | \
	    RIGHT_CREATE_ROOMS | RIGHT_RENAME | RIGHT_UPLOAD | RIGHT_CONNECT)

/* What a word gives; 0: unknown. */
unsigned rights_of_word(struct str word);

/* The word of the lowest right in a set that is not empty. */
struct str right_word(unsigned rights);

#endif
