/*
 * A room has a map of nodes, one for each key, and a list of them for each
 * kind. Nodes of one message, or of one subject that finds rooms, form a group.
 * A node exists as long as it has a value, or one is prepared.
 *
 * For the files of the attributes in memory only.
 */
#ifndef PERSISTENCE_MEMORY_ATTRIBUTES_INTERNAL_H
#define PERSISTENCE_MEMORY_ATTRIBUTES_INTERNAL_H

#include "domain/base/id_map.h"
#include "domain/base/list.h"
#include "persistence/memory/memory_attributes.h"

/* Kind and subject. */
#define SUBJECT_KEY_MOST (1 + ATTRIBUTE_SUBJECT_MOST)

struct room_attributes {
	struct list in_store;
	struct list kinds[ATTRIBUTE_KINDS]; /* nodes, the latest first */
	struct id_map by_key;
	struct id_map messages; /* groups, by the bytes of seq */
	size_t map_bytes;       /* of both maps, as counted */
	uint8_t id_len;
	char id[]; /* without NUL */
};

struct attribute_group {
	struct id_map *map; /* that has it */
	struct list nodes;
	struct list labels; /* struct label_count */
	uint8_t key_len;
	char key[];
};

struct label_count {
	struct list link;
	uint32_t nodes; /* that have the label … */
	uint32_t shown; /* … and those of them that have a value */
	uint8_t len;
	char text[];
};

/* A value that is prepared, or is the node's. */
struct attribute_value {
	struct attribute_node *node;
	int64_t at_ms;
	uint16_t value_len; /* 0: the attribute is to be removed */
	uint8_t by_len;
	char texts[]; /* value, by */
};

struct attribute_node {
	struct list in_kind;
	struct list in_group;
	struct room_attributes *room;
	struct attribute_group *group; /* NULL: it is in none */
	struct label_count *label;     /* NULL: it has none */
	struct attribute_value *value; /* NULL: it is not shown */
	uint32_t prepared;             /* values that are not committed yet */
	uint8_t key_len;
	char key[];
};

struct memory_attributes {
	struct attribute_store base;
	struct id_map rooms;
	struct list all_rooms;
	struct id_map subjects; /* groups */
	size_t of_messages;     /* groups of messages, in all rooms */
	size_t bytes;           /* of all blocks, and of the maps of rooms */
};

struct str room_attributes_key(const void *room);
/* NULL: nothing is known of the room. */
struct room_attributes *room_attributes_find(const struct memory_attributes *,
    struct str id);
/* Counts the memory of its maps anew; they may have grown. */
void room_attributes_count_maps(struct memory_attributes *,
    struct room_attributes *);

struct str attribute_group_key(const void *group);
/* The key of a group in `subjects`, and of one in `messages`. */
struct str attribute_subject_key_write(char out[SUBJECT_KEY_MOST],
    enum attribute_kind, struct str subject);
struct str attribute_seq_key(const uint64_t *seq);

/* NULL: no memory. */
struct attribute_value *attribute_value_create(struct memory_attributes *,
    const struct attribute *);
void attribute_value_free(struct memory_attributes *, struct attribute_value *);

/* The node of an attribute's key, and its room; NULL: no memory. */
struct attribute_node *attribute_node_need(struct memory_attributes *,
    struct str room_id, const struct attribute *);
enum attribute_kind attribute_node_kind(const struct attribute_node *);
/* The node has a value; the texts are good as long as it. */
void attribute_node_show(const struct attribute_node *, struct attribute *out);
/* Replaces the value of the node; NULL: it is not shown. */
void attribute_node_set_value(struct memory_attributes *,
    struct attribute_node *, struct attribute_value *);
/* Frees the node if nothing is left of it; then perhaps its room. */
void attribute_node_release(struct memory_attributes *,
    struct attribute_node *);
/* Hides the node, and frees it unless a value is prepared. */
void attribute_node_drop(struct memory_attributes *, struct attribute_node *);
/* Drops all nodes of the group but this one. */
void attribute_node_drop_others(struct memory_attributes *,
    const struct attribute_node *but);

#endif
