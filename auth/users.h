/* The users of auth.kind = password: names, roles, hashes. Pure. Public. */
#ifndef AUTH_USERS_H
#define AUTH_USERS_H

#include <stdbool.h>
#include <stddef.h>

#include "auth/member_id.h"
#include "auth/password_hash.h"
#include "auth/rights.h"
#include "domain/base/str.h"
#include "domain/member.h"

struct users;
struct wire_text;

struct user {
	char name[MEMBER_NAME_SIZE]; /* the user's id, too */
	char member_id[USER_MEMBER_ID_SIZE];
	enum user_role role; /* not USER_ROLE_GUEST */
	bool is_locked;
	struct password_hash password;
};

/* Without users. NULL: no memory. */
struct users *users_create(void);

/* Accepts NULL. */
void users_destroy(struct users *);

/*
 * Reads a users file: {"parley_users":1}, then one JSON object in a line for
 * each user. NULL: `why` explains the problem, with its line and field.
 */
struct users *users_read(struct str content, char *why, size_t size);

/* Appends what users_read() reads. */
void users_write(const struct users *, struct wire_text *);

size_t users_count(const struct users *);

/* In the order of the file; good until one is removed. */
struct user *users_at(const struct users *, size_t i);

/*
 * The user of that name, or of one that looks like it (letter case aside, as
 * member_name_skeleton() has it). NULL: there is none.
 */
struct user *users_find(const struct users *, struct str name);

/* X(constant, text for people) */
#define USERS_RESULTS(X)                                         \
	X(USERS_OK, "done")                                      \
	X(USERS_NAME_INVALID,                                    \
	    "not a valid name: 1 to 32 characters, no control "  \
	    "or hidden ones, no white space at the ends, "       \
	    "nothing like admin, root, system or guest")         \
	X(USERS_EXISTS, "there is a user of that name already, " \
			"or of one that looks like it")          \
	X(USERS_NO_MEMORY, "no memory")

enum users_result {
#define X(constant, text) constant,
	USERS_RESULTS(X)
#undef X
};

const char *users_result_text(enum users_result);

/* Adds a user with a normalized name; *out may be NULL. */
enum users_result users_add(struct users *, struct str name, enum user_role,
    const struct password_hash *, struct user **out);

/* Removes a user that users_find() or users_at() has found. */
void users_remove(struct users *, struct user *);

#endif
