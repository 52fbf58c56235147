/* Who is here: an interface. */
#ifndef DOMAIN_MEMBER_STORE_H
#define DOMAIN_MEMBER_STORE_H

#include "domain/member.h"

struct member_store;

/* False stops. Good for the call only; do not change the store. */
typedef bool member_visit(const struct member *, void *arg);

/*
 * Names are unique, in any letter case, within their scope: the chat's own name
 * space (an absent scope), or the room in which a guest is. Who has the name ""
 * is in no name space.
 */
struct member_store_ops {
	/*
	 * Add a member whose id is new, and whose name is in the chat's own
	 * name space; a guest has none yet. CHAT_MEMBER_EXISTS: the id is
	 * there. CHAT_NAME_INVALID: the name is taken. CHAT_UNAVAILABLE: no
	 * memory. Nothing changed then.
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
	/* Whether a name is in use in a scope; cheaper than get_named(). */
	bool (*is_taken)(struct member_store *, struct str scope,
	    struct str name);
	/*
	 * Give a member a new name, or take its name away: "", which cannot
	 * fail for who is there. CHAT_MEMBER_NOT_FOUND, CHAT_NAME_INVALID (is
	 * taken), CHAT_UNAVAILABLE.
	 */
	enum chat_error (*rename)(struct member_store *, struct str id,
	    struct str scope, struct str name);
	/* Forget a member; unknown ids are ignored. */
	void (*remove)(struct member_store *, struct str id);
	/* Visit in order of arrival. */
	void (*each)(struct member_store *, member_visit *, void *arg);
	/* How many there are; at no cost. */
	size_t (*count)(struct member_store *);
	/* With all that are in it. */
	void (*destroy)(struct member_store *);
};

struct member_store {
	const struct member_store_ops *ops;
};

/*
 * The front doors: they assert what every store may rely on. destroy() accepts
 * NULL.
 */
enum chat_error member_store_put(struct member_store *, const struct member *);
enum chat_error member_store_get(struct member_store *, struct str id,
    struct member *out);
enum chat_error member_store_get_named(struct member_store *, struct str name,
    struct member *out);
bool member_store_is_taken(struct member_store *, struct str scope,
    struct str name);
enum chat_error member_store_rename(struct member_store *, struct str id,
    struct str scope, struct str name);
void member_store_remove(struct member_store *, struct str id);
void member_store_each(struct member_store *, member_visit *, void *arg);
size_t member_store_count(struct member_store *);
void member_store_destroy(struct member_store *);

#endif
