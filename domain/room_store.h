/* The rooms and their members: an interface. */
#ifndef DOMAIN_ROOM_STORE_H
#define DOMAIN_ROOM_STORE_H

#include "domain/room.h"

struct room_store;

/* False stops. Arguments are valid during the call; do not change the store. */
typedef bool room_visit(const struct room *, void *arg);
typedef bool room_member_visit(struct str member_id, void *arg);

/* The number of guests in rooms, and of rooms with guests. */
struct room_guests {
	size_t members;
	size_t rooms;
};

/* Rooms, and the persistent ones among them. */
struct room_counts {
	size_t all;
	size_t persistent;
};

struct room_store_ops {
	/*
	 * Add a room without members. CHAT_ROOM_EXISTS, CHAT_UNAVAILABLE.
	 */
	enum chat_error (*put)(struct room_store *, const struct room *);
	/* Copy a room out. CHAT_ROOM_NOT_FOUND. */
	enum chat_error (*get)(struct room_store *, struct str id,
	    struct room *out);
	/* Remove an empty room; unknown ids are ignored. */
	void (*remove)(struct room_store *, struct str id);
	/*
	 * Add a member to a room; a guest is one in every room.
	 * CHAT_ROOM_NOT_FOUND, CHAT_MEMBER_EXISTS (already in it),
	 * CHAT_UNAVAILABLE.
	 */
	enum chat_error (*join)(struct room_store *, struct str room,
	    struct str member_id, bool guest);
	/* CHAT_NOT_IN_ROOM (also for an unknown room). */
	enum chat_error (*leave)(struct room_store *, struct str room,
	    struct str member_id);
	/*
	 * Set epoch, former_epoch and former_seq as in this room; unknown ids
	 * are ignored.
	 */
	void (*set_epoch)(struct room_store *, const struct room *);
	/* Set active_ms; unknown ids are ignored. */
	void (*touch)(struct room_store *, struct str room, int64_t at_ms);
	bool (*has)(struct room_store *, struct str room, struct str member_id);
	/*
	 * Both at once: copy a room out that the member is in. False: it is
	 * not, or get() does not show the room.
	 */
	bool (*get_joined)(struct room_store *, struct str room,
	    struct str member_id, struct room *out);
	/* The number of rooms of a member. */
	size_t (*rooms_of)(struct room_store *, struct str member_id);
	/* Visit the members of a room, in order of joining. */
	void (*each_member)(struct room_store *, struct str room,
	    room_member_visit *, void *arg);
	/* Visit the rooms of a member, in order of joining. */
	void (*each_room_of)(struct room_store *, struct str member_id,
	    room_visit *, void *arg);
	/* Visit all rooms, in order of creation. */
	void (*each)(struct room_store *, room_visit *, void *arg);
	/* The number of rooms; of one origin, not 0. All in constant time. */
	size_t (*count)(struct room_store *);
	struct room_counts (*count_of)(struct room_store *, uint64_t origin);
	void (*guests)(struct room_store *, struct room_guests *out);
	/* Bytes held in memory for rooms and memberships. */
	size_t (*bytes)(struct room_store *);
	/* Frees the store with its rooms. */
	void (*destroy)(struct room_store *);
};

struct room_store {
	const struct room_store_ops *ops;
};

/* These assert the contract for all stores. destroy() accepts NULL. */
enum chat_error room_store_put(struct room_store *, const struct room *);
enum chat_error room_store_get(struct room_store *, struct str id,
    struct room *out);
void room_store_remove(struct room_store *, struct str id);
enum chat_error room_store_join(struct room_store *, struct str room,
    struct str member_id, bool guest);
enum chat_error room_store_leave(struct room_store *, struct str room,
    struct str member_id);
void room_store_set_epoch(struct room_store *, const struct room *);
void room_store_touch(struct room_store *, struct str room, int64_t at_ms);
bool room_store_has(struct room_store *, struct str room, struct str member_id);
bool room_store_get_joined(struct room_store *, struct str room,
    struct str member_id, struct room *out);
size_t room_store_rooms_of(struct room_store *, struct str member_id);
void room_store_each_member(struct room_store *, struct str room,
    room_member_visit *, void *arg);
void room_store_each_room_of(struct room_store *, struct str member_id,
    room_visit *, void *arg);
void room_store_each(struct room_store *, room_visit *, void *arg);
size_t room_store_count(struct room_store *);
struct room_counts room_store_count_of(struct room_store *, uint64_t origin);
void room_store_guests(struct room_store *, struct room_guests *out);
size_t room_store_bytes(struct room_store *);
void room_store_destroy(struct room_store *);

#endif
