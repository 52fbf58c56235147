/* The connected members: an interface. */
#ifndef DOMAIN_MEMBER_STORE_H
#define DOMAIN_MEMBER_STORE_H

#include "domain/member.h"

/* The largest number of connections that a store keeps. */
#define MEMBER_CONNECTIONS_MOST UINT8_MAX

struct member_store;

/* False stops. Arguments are valid during the call; do not change the store. */
typedef bool member_visit(const struct member *, void *arg);

/*
 * Names are unique by member_name_key() within their scope: the chat's own name
 * space (an absent scope), or the room of a guest. The name "" is in no scope.
 */
struct member_store_ops {
	/*
	 * Add a member, of one connection, with a new id and a name in the
	 * chat's own name space; a guest has no name yet. CHAT_MEMBER_EXISTS:
	 * the id exists.
	 * CHAT_NAME_INVALID: the name is taken. CHAT_UNAVAILABLE: no memory.
	 * After an error nothing has changed.
	 */
	enum chat_error (*put)(struct member_store *, const struct member *);
	/* Copy a member out by id. CHAT_MEMBER_NOT_FOUND. */
	enum chat_error (*get)(struct member_store *, struct str id,
	    struct member *out);
	/*
	 * Copy a member out by its name in the chat's own name space.
	 * CHAT_MEMBER_NOT_FOUND.
	 */
	enum chat_error (*get_named)(struct member_store *, struct str name,
	    struct member *out);
	/* Whether a name is taken in a scope; cheaper than get_named(). */
	bool (*is_taken)(struct member_store *, struct str scope,
	    struct str name);
	/*
	 * Change a member's name, or remove it: "", which cannot fail if the
	 * member exists. CHAT_MEMBER_NOT_FOUND, CHAT_NAME_INVALID (taken),
	 * CHAT_UNAVAILABLE.
	 */
	enum chat_error (*rename)(struct member_store *, struct str id,
	    struct str scope, struct str name);
	/*
	 * Change how many connections a member has, to 1 or more. Unknown ids
	 * are ignored.
	 */
	void (*set_connections)(struct member_store *, struct str id,
	    unsigned connections);
	/* Remove a member; unknown ids are ignored. */
	void (*remove)(struct member_store *, struct str id);
	/* Visit in order of connecting. */
	void (*each)(struct member_store *, member_visit *, void *arg);
	/* In constant time. */
	size_t (*count)(struct member_store *);
	/* Frees the store with its members. */
	void (*destroy)(struct member_store *);
};

struct member_store {
	const struct member_store_ops *ops;
};

/* These assert the contract for all stores. destroy() accepts NULL. */
enum chat_error member_store_put(struct member_store *, const struct member *);
enum chat_error member_store_get(struct member_store *, struct str id,
    struct member *out);
enum chat_error member_store_get_named(struct member_store *, struct str name,
    struct member *out);
bool member_store_is_taken(struct member_store *, struct str scope,
    struct str name);
enum chat_error member_store_rename(struct member_store *, struct str id,
    struct str scope, struct str name);
void member_store_set_connections(struct member_store *, struct str id,
    unsigned connections);
void member_store_remove(struct member_store *, struct str id);
void member_store_each(struct member_store *, member_visit *, void *arg);
size_t member_store_count(struct member_store *);
void member_store_destroy(struct member_store *);

#endif
