/*
 * The attributes of the rooms: an interface. Public.
 *
 * Commands read it, and change it with ENTRY_ATTRIBUTE in the log
 * (domain/commit_log.h).
 */
#ifndef DOMAIN_ATTRIBUTE_STORE_H
#define DOMAIN_ATTRIBUTE_STORE_H

#include "domain/attribute.h"
#include "domain/error.h"

struct attribute_store;

/* False stops. Arguments are valid during the call; do not change the store. */
typedef bool attribute_visit(const struct attribute *, void *arg);
typedef bool attribute_room_visit(struct str room, const struct attribute *,
    void *arg);
typedef bool attribute_label_visit(struct str label, size_t count, void *arg);

struct attribute_store_ops {
	/*
	 * Set an attribute of a room, or remove it with an empty value. Texts
	 * are copied, but for the body. A redaction removes the message's
	 * other attributes. CHAT_UNAVAILABLE: no memory, nothing has changed.
	 */
	enum chat_error (*set)(struct attribute_store *, struct str room,
	    const struct attribute *);
	/*
	 * Look up the attribute with the key of `key`. The texts of out are
	 * good until the store changes. False: there is none.
	 */
	bool (*find)(struct attribute_store *, struct str room,
	    const struct attribute *key, struct attribute *out);
	/* Visit a room's attributes of a kind, the last that was set first. */
	void (*each)(struct attribute_store *, struct str room,
	    enum attribute_kind, attribute_visit *, void *arg);
	/* Visit the attributes of a message, of all kinds. */
	void (*each_of_message)(struct attribute_store *, struct str room,
	    uint64_t seq, attribute_visit *, void *arg);
	/*
	 * Visit the labels that attributes of a message have, with the number
	 * of those, in the order in which they were first set. In constant time
	 * for each label.
	 */
	void (*each_label)(struct attribute_store *, struct str room,
	    uint64_t seq, attribute_label_visit *, void *arg);
	/* Visit all rooms' attributes of a kind that are about this subject. */
	void (*each_room)(struct attribute_store *, enum attribute_kind,
	    struct str subject, attribute_room_visit *, void *arg);
	/* The number of attributes of a room; in constant time. */
	size_t (*count)(struct attribute_store *, struct str room);
	/* Remove those of a message; of a room, with those of its messages. */
	void (*remove_message)(struct attribute_store *, struct str room,
	    uint64_t seq);
	void (*remove_room)(struct attribute_store *, struct str room);
	/* Bytes held in memory. */
	size_t (*bytes)(struct attribute_store *);
	void (*destroy)(struct attribute_store *);
};

struct attribute_store {
	const struct attribute_store_ops *ops;
};

/* These assert the contract for all stores. destroy() accepts NULL. */
enum chat_error attribute_store_set(struct attribute_store *, struct str room,
    const struct attribute *);
bool attribute_store_find(struct attribute_store *, struct str room,
    const struct attribute *key, struct attribute *out);
void attribute_store_each(struct attribute_store *, struct str room,
    enum attribute_kind, attribute_visit *, void *arg);
void attribute_store_each_of_message(struct attribute_store *, struct str room,
    uint64_t seq, attribute_visit *, void *arg);
void attribute_store_each_label(struct attribute_store *, struct str room,
    uint64_t seq, attribute_label_visit *, void *arg);
void attribute_store_each_room(struct attribute_store *, enum attribute_kind,
    struct str subject, attribute_room_visit *, void *arg);
size_t attribute_store_count(struct attribute_store *, struct str room);
void attribute_store_remove_message(struct attribute_store *, struct str room,
    uint64_t seq);
void attribute_store_remove_room(struct attribute_store *, struct str room);
size_t attribute_store_bytes(struct attribute_store *);
void attribute_store_destroy(struct attribute_store *);

/* attribute_store_find() for what is not about a message. */
bool attribute_store_get(struct attribute_store *, struct str room,
    enum attribute_kind, struct str subject, struct attribute *out);

#endif
