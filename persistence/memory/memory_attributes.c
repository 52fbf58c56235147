/*
 * A room has a map of nodes, one for each key, and a list of them for each
 * kind. Nodes of one message, or of one subject that finds rooms, form a group.
 * A node exists as long as it has a value, or one is prepared.
 */
#include "persistence/memory/memory_attributes.h"

#include <assert.h>
#include <stdlib.h>

#include "domain/base/id_map.h"
#include "domain/base/list.h"
#include "persistence/memory/memory_history.h"

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

static struct memory_attributes *
attributes_self(struct attribute_store *base)
{
	return (struct memory_attributes *)base;
}

/* --- keys ----------------------------------------------------------------- */

static struct str
room_attributes_key(const void *entry)
{
	const struct room_attributes *room = entry;

	return str_slice(room->id, room->id_len);
}

static struct str
node_key(const void *entry)
{
	const struct attribute_node *node = entry;

	return str_slice(node->key, node->key_len);
}

static struct str
group_key(const void *entry)
{
	const struct attribute_group *group = entry;

	return str_slice(group->key, group->key_len);
}

static struct str
subject_key_write(char out[SUBJECT_KEY_MOST], enum attribute_kind kind,
    struct str subject)
{
	out[0] = (char)kind;
	return str_slice(out, (size_t)(str_put(out + 1, subject) - out));
}

static struct str
seq_key(const uint64_t *seq)
{
	return str_slice((const char *)seq, sizeof(*seq));
}

static enum attribute_kind
node_kind(const struct attribute_node *node)
{
	return (enum attribute_kind)(unsigned char)node->key[0];
}

/* --- blocks --------------------------------------------------------------- */

/* NULL: no memory. */
static void *
block_create(struct memory_attributes *self, size_t size)
{
	void *block = malloc(size);

	if (block != NULL)
		self->bytes += size;
	return block;
}

static void
block_free(struct memory_attributes *self, void *block, size_t size)
{
	self->bytes -= size;
	free(block);
}

static void
room_attributes_count_maps(struct memory_attributes *self,
    struct room_attributes *room)
{
	size_t bytes =
	    id_map_bytes(&room->by_key) + id_map_bytes(&room->messages);

	self->bytes += bytes - room->map_bytes;
	room->map_bytes = bytes;
}

static struct room_attributes *
room_attributes_find(const struct memory_attributes *self, struct str id)
{
	return id_map_find(&self->rooms, id);
}

/* NULL: no memory. */
static struct room_attributes *
room_attributes_need(struct memory_attributes *self, struct str id)
{
	struct room_attributes *room = room_attributes_find(self, id);

	if (room != NULL)
		return room;
	assert(id.len <= UINT8_MAX);
	room = block_create(self, sizeof(*room) + id.len);
	if (room == NULL)
		return NULL;
	room->map_bytes = 0;
	room->id_len = (uint8_t)id.len;
	memcpy(room->id, id.data, id.len);
	if (!id_map_put(&self->rooms, room)) {
		block_free(self, room, sizeof(*room) + id.len);
		return NULL;
	}
	list_append(&self->all_rooms, &room->in_store);
	for (int i = 0; i < ATTRIBUTE_KINDS; i++)
		list_init(&room->kinds[i]);
	id_map_init(&room->by_key, node_key);
	id_map_init(&room->messages, group_key);
	return room;
}

static void
room_attributes_release(struct memory_attributes *self,
    struct room_attributes *room)
{
	if (id_map_count(&room->by_key) > 0) {
		room_attributes_count_maps(self, room);
		return;
	}
	id_map_fini(&room->by_key);
	id_map_fini(&room->messages);
	self->bytes -= room->map_bytes;
	id_map_remove(&self->rooms, room_attributes_key(room));
	list_remove(&room->in_store);
	block_free(self, room, sizeof(*room) + room->id_len);
}

/* NULL: no memory. */
static struct attribute_group *
group_need(struct memory_attributes *self, struct id_map *map, struct str key)
{
	struct attribute_group *group = id_map_find(map, key);

	if (group != NULL)
		return group;
	group = block_create(self, sizeof(*group) + key.len);
	if (group == NULL)
		return NULL;
	group->map = map;
	group->key_len = (uint8_t)key.len;
	memcpy(group->key, key.data, key.len);
	if (!id_map_put(map, group)) {
		block_free(self, group, sizeof(*group) + key.len);
		return NULL;
	}
	list_init(&group->nodes);
	list_init(&group->labels);
	self->of_messages += map != &self->subjects;
	return group;
}

static void
group_release(struct memory_attributes *self, struct attribute_group *group)
{
	if (!list_is_empty(&group->nodes))
		return;
	self->of_messages -= group->map != &self->subjects;
	id_map_remove(group->map, group_key(group));
	block_free(self, group, sizeof(*group) + group->key_len);
}

/* NULL: no memory. */
static struct label_count *
label_need(struct memory_attributes *self, struct attribute_group *group,
    struct str text)
{
	const struct list *all = &group->labels;
	struct label_count *label;

	for (struct list *at = all->next; at != all; at = at->next) {
		label = LIST_OWNER(at, struct label_count, link);
		if (str_equal(str_slice(label->text, label->len), text))
			return label;
	}
	label = block_create(self, sizeof(*label) + text.len);
	if (label == NULL)
		return NULL;
	label->nodes = label->shown = 0;
	label->len = (uint8_t)text.len;
	memcpy(label->text, text.data, text.len);
	list_append(&group->labels, &label->link);
	return label;
}

static void
label_release(struct memory_attributes *self, struct label_count *label)
{
	if (label->nodes > 0)
		return;
	list_remove(&label->link);
	block_free(self, label, sizeof(*label) + label->len);
}

static size_t
value_bytes(const struct attribute_value *value)
{
	return sizeof(*value) + value->value_len + value->by_len;
}

static void
value_free(struct memory_attributes *self, struct attribute_value *value)
{
	block_free(self, value, value_bytes(value));
}

/* NULL: no memory. */
static struct attribute_value *
value_create(struct memory_attributes *self, const struct attribute *attribute)
{
	size_t by_len = attribute->value.len > 0 ? attribute->by.len : 0;
	struct attribute_value *value =
	    block_create(self, sizeof(*value) + attribute->value.len + by_len);

	if (value == NULL)
		return NULL;
	value->at_ms = attribute->at_ms;
	value->value_len = (uint16_t)attribute->value.len;
	value->by_len = (uint8_t)by_len;
	str_put(str_put(value->texts, attribute->value),
	    str_slice(attribute->by.data, by_len));
	return value;
}

/* --- nodes ---------------------------------------------------------------- */

static void
node_show(const struct attribute_node *node, struct attribute *out)
{
	const struct attribute_value *value = node->value;

	*out = (struct attribute){ .at_ms = value->at_ms,
		.value = str_slice(value->texts, value->value_len),
		.by =
		    str_slice(value->texts + value->value_len, value->by_len) };
	attribute_key_read(node_key(node), out);
}

/*
 * Puts a node into its group, and lets its label count it. False: no memory.
 */
static bool
node_join_group(struct memory_attributes *self, struct attribute_node *node,
    const struct attribute *attribute)
{
	char subject_key[SUBJECT_KEY_MOST];

	if (attribute->seq > 0)
		node->group = group_need(self, &node->room->messages,
		    seq_key(&attribute->seq));
	else if (attribute_has_trait(attribute->kind, ATTRIBUTE_FINDS_ROOMS))
		node->group = group_need(self, &self->subjects,
		    subject_key_write(subject_key, attribute->kind,
			attribute->subject));
	else
		return true;
	if (node->group == NULL)
		return false;
	if (attribute->label.len > 0) {
		node->label = label_need(self, node->group, attribute->label);
		if (node->label == NULL) {
			group_release(self, node->group);
			return false;
		}
		node->label->nodes++;
	}
	list_append(&node->group->nodes, &node->in_group);
	return true;
}

static struct attribute_node *
node_create(struct memory_attributes *self, struct room_attributes *room,
    const struct attribute *attribute, struct str key)
{
	struct attribute_node *node =
	    block_create(self, sizeof(*node) + key.len);

	if (node == NULL)
		return NULL;
	*node = (struct attribute_node){ .room = room,
		.key_len = (uint8_t)key.len };
	memcpy(node->key, key.data, key.len);
	if (!id_map_put(&room->by_key, node))
		goto free_node;
	if (!node_join_group(self, node, attribute))
		goto remove_node;
	list_prepend(&room->kinds[attribute->kind], &node->in_kind);
	return node;

remove_node:
	id_map_remove(&room->by_key, key);
free_node:
	block_free(self, node, sizeof(*node) + key.len);
	return NULL;
}

/* NULL: no memory. */
static struct attribute_node *
node_need(struct memory_attributes *self, struct str room_id,
    const struct attribute *attribute)
{
	struct room_attributes *room = room_attributes_need(self, room_id);
	struct attribute_node *node;
	char buffer[ATTRIBUTE_KEY_MOST];
	struct str key;

	if (room == NULL)
		return NULL;
	key = attribute_key_write(buffer, attribute);
	node = id_map_find(&room->by_key, key);
	if (node == NULL)
		node = node_create(self, room, attribute, key);
	if (node == NULL)
		room_attributes_release(self, room);
	return node;
}

/* Frees the node if nothing is left of it; then perhaps its room. */
static void
node_release(struct memory_attributes *self, struct attribute_node *node)
{
	struct room_attributes *room = node->room;

	if (node->value != NULL || node->prepared > 0)
		return;
	if (node->label != NULL) {
		node->label->nodes--;
		label_release(self, node->label);
	}
	if (node->group != NULL) {
		list_remove(&node->in_group);
		group_release(self, node->group);
	}
	list_remove(&node->in_kind);
	id_map_remove(&room->by_key, node_key(node));
	block_free(self, node, sizeof(*node) + node->key_len);
	room_attributes_release(self, room);
}

/* Replaces the value of the node; NULL: it is not shown. */
static void
node_set_value(struct memory_attributes *self, struct attribute_node *node,
    struct attribute_value *value)
{
	if (node->label != NULL) {
		node->label->shown -= node->value != NULL;
		node->label->shown += value != NULL;
	}
	if (node->value != NULL)
		value_free(self, node->value);
	node->value = value;
}

/* Hides the node, and frees it unless a value is prepared. */
static void
node_drop(struct memory_attributes *self, struct attribute_node *node)
{
	node_set_value(self, node, NULL);
	node_release(self, node);
}

/* Drops all nodes of the group but this one. */
static void
group_drop_others(struct memory_attributes *self,
    const struct attribute_node *but)
{
	const struct list *all = &but->group->nodes;
	struct list *at, *next;

	for (at = all->next; at != all; at = next) {
		struct attribute_node *node =
		    LIST_OWNER(at, struct attribute_node, in_group);

		next = at->next;
		if (node != but)
			node_drop(self, node);
	}
}

/* --- setting -------------------------------------------------------------- */

enum chat_error
memory_attributes_prepare(struct attribute_store *base, struct str room,
    const struct attribute *attribute, struct attribute_value **out)
{
	struct memory_attributes *self = attributes_self(base);
	struct attribute_value *value = value_create(self, attribute);

	if (value == NULL)
		return CHAT_UNAVAILABLE;
	value->node = node_need(self, room, attribute);
	if (value->node == NULL) {
		value_free(self, value);
		return CHAT_UNAVAILABLE;
	}
	room_attributes_count_maps(self, value->node->room);
	value->node->prepared++;
	*out = value;
	return CHAT_OK;
}

void
memory_attributes_commit(struct attribute_store *base,
    struct attribute_value *value)
{
	struct memory_attributes *self = attributes_self(base);
	struct attribute_node *node = value->node;

	assert(node->prepared > 0);
	node->prepared--;
	if (value->value_len == 0) {
		value_free(self, value);
		node_drop(self, node);
		return;
	}
	node_set_value(self, node, value);
	list_remove(&node->in_kind);
	list_prepend(&node->room->kinds[node_kind(node)], &node->in_kind);
	if (node_kind(node) == ATTRIBUTE_REDACTION)
		group_drop_others(self, node);
}

void
memory_attributes_abandon(struct attribute_store *base,
    struct attribute_value *value)
{
	struct memory_attributes *self = attributes_self(base);
	struct attribute_node *node = value->node;

	assert(node->prepared > 0);
	node->prepared--;
	value_free(self, value);
	node_release(self, node);
}

static enum chat_error
attributes_set(struct attribute_store *base, struct str room,
    const struct attribute *attribute)
{
	struct attribute_value *value;
	enum chat_error error;

	error = memory_attributes_prepare(base, room, attribute, &value);
	if (error == CHAT_OK)
		memory_attributes_commit(base, value);
	return error;
}

/* --- reading -------------------------------------------------------------- */

static bool
attributes_find(struct attribute_store *base, struct str room_id,
    const struct attribute *key, struct attribute *out)
{
	const struct room_attributes *room =
	    room_attributes_find(attributes_self(base), room_id);
	const struct attribute_node *node;
	char buffer[ATTRIBUTE_KEY_MOST];

	if (room == NULL)
		return false;
	node = id_map_find(&room->by_key, attribute_key_write(buffer, key));
	if (node == NULL || node->value == NULL)
		return false;
	node_show(node, out);
	return true;
}

static void
attributes_each(struct attribute_store *base, struct str room_id,
    enum attribute_kind kind, attribute_visit *visit, void *arg)
{
	const struct room_attributes *room =
	    room_attributes_find(attributes_self(base), room_id);
	const struct list *all, *at;
	struct attribute attribute;

	if (room == NULL)
		return;
	all = &room->kinds[kind];
	for (at = all->next; at != all; at = at->next) {
		const struct attribute_node *node =
		    LIST_OWNER(at, struct attribute_node, in_kind);

		if (node->value == NULL)
			continue;
		node_show(node, &attribute);
		if (!visit(&attribute, arg))
			return;
	}
}

static struct attribute_group *
message_group_find(const struct memory_attributes *self, struct str room_id,
    uint64_t seq)
{
	const struct room_attributes *room =
	    room_attributes_find(self, room_id);

	return room != NULL ? id_map_find(&room->messages, seq_key(&seq))
			    : NULL;
}

static void
attributes_each_of_message(struct attribute_store *base, struct str room,
    uint64_t seq, attribute_visit *visit, void *arg)
{
	const struct attribute_group *group =
	    message_group_find(attributes_self(base), room, seq);
	struct attribute attribute;

	if (group == NULL)
		return;
	for (const struct list *at = group->nodes.next; at != &group->nodes;
	     at = at->next) {
		const struct attribute_node *node =
		    LIST_OWNER(at, struct attribute_node, in_group);

		if (node->value == NULL)
			continue;
		node_show(node, &attribute);
		if (!visit(&attribute, arg))
			return;
	}
}

static void
attributes_each_label(struct attribute_store *base, struct str room,
    uint64_t seq, attribute_label_visit *visit, void *arg)
{
	const struct attribute_group *group =
	    message_group_find(attributes_self(base), room, seq);

	if (group == NULL)
		return;
	for (const struct list *at = group->labels.next; at != &group->labels;
	     at = at->next) {
		const struct label_count *label =
		    LIST_OWNER(at, struct label_count, link);

		if (label->shown > 0 &&
		    !visit(str_slice(label->text, label->len), label->shown,
			arg))
			return;
	}
}

static void
attributes_each_room(struct attribute_store *base, enum attribute_kind kind,
    struct str subject, attribute_room_visit *visit, void *arg)
{
	const struct memory_attributes *self = attributes_self(base);
	const struct attribute_group *group;
	struct attribute attribute;
	char key[SUBJECT_KEY_MOST];

	if (subject.len > ATTRIBUTE_SUBJECT_MOST)
		return;
	group =
	    id_map_find(&self->subjects, subject_key_write(key, kind, subject));
	if (group == NULL)
		return;
	for (const struct list *at = group->nodes.next; at != &group->nodes;
	     at = at->next) {
		const struct attribute_node *node =
		    LIST_OWNER(at, struct attribute_node, in_group);

		if (node->value == NULL)
			continue;
		node_show(node, &attribute);
		if (!visit(room_attributes_key(node->room), &attribute, arg))
			return;
	}
}

/* Attributes that are only prepared count, too. */
static size_t
attributes_count(struct attribute_store *base, struct str room_id)
{
	const struct room_attributes *room =
	    room_attributes_find(attributes_self(base), room_id);

	return room != NULL ? id_map_count(&room->by_key) : 0;
}

static size_t
attributes_bytes(struct attribute_store *base)
{
	const struct memory_attributes *self = attributes_self(base);

	return self->bytes + id_map_bytes(&self->rooms) +
	       id_map_bytes(&self->subjects);
}

/* --- removing ------------------------------------------------------------- */

/* The nodes of a group keep it until the last of them is freed. */
static void
attributes_remove_message(struct attribute_store *base, struct str room,
    uint64_t seq)
{
	struct memory_attributes *self = attributes_self(base);
	struct attribute_group *group;
	struct list *at, *next;
	bool is_last;

	if (self->of_messages == 0)
		return;
	group = message_group_find(self, room, seq);
	if (group == NULL)
		return;
	for (at = group->nodes.next, is_last = false; !is_last; at = next) {
		next = at->next;
		is_last = next == &group->nodes;
		node_drop(self,
		    LIST_OWNER(at, struct attribute_node, in_group));
	}
}

/* The room goes with its last node. */
static void
room_attributes_clear(struct memory_attributes *self,
    struct room_attributes *room)
{
	size_t left = id_map_count(&room->by_key);

	for (int i = 0; left > 0; i++) {
		struct list *nodes = &room->kinds[i];

		while (left > 0 && !list_is_empty(nodes)) {
			struct attribute_node *node = LIST_OWNER(nodes->next,
			    struct attribute_node, in_kind);

			assert(node->prepared == 0);
			node_drop(self, node);
			left--;
		}
	}
}

static void
attributes_remove_room(struct attribute_store *base, struct str id)
{
	struct room_attributes *room =
	    room_attributes_find(attributes_self(base), id);

	if (room != NULL)
		room_attributes_clear(attributes_self(base), room);
}

/* --- life cycle ----------------------------------------------------------- */

static void
attributes_destroy(struct attribute_store *base)
{
	struct memory_attributes *self = attributes_self(base);
	struct list *rooms = &self->all_rooms;

	while (!list_is_empty(rooms))
		room_attributes_clear(self,
		    LIST_OWNER(rooms->next, struct room_attributes, in_store));
	assert(self->bytes == 0);
	id_map_fini(&self->rooms);
	id_map_fini(&self->subjects);
	free(self);
}

static const struct attribute_store_ops ops = {
	.set = attributes_set,
	.find = attributes_find,
	.each = attributes_each,
	.each_of_message = attributes_each_of_message,
	.each_label = attributes_each_label,
	.each_room = attributes_each_room,
	.count = attributes_count,
	.remove_message = attributes_remove_message,
	.remove_room = attributes_remove_room,
	.bytes = attributes_bytes,
	.destroy = attributes_destroy,
};

struct attribute_store *
memory_attributes_create(void)
{
	struct memory_attributes *self = calloc(1, sizeof(*self));

	if (self == NULL)
		return NULL;
	self->base.ops = &ops;
	list_init(&self->all_rooms);
	id_map_init(&self->rooms, room_attributes_key);
	id_map_init(&self->subjects, group_key);
	return &self->base;
}

static void
message_dropped(void *arg, struct str room, uint64_t seq)
{
	attributes_remove_message(arg, room, seq);
}

void
memory_attributes_follow(struct attribute_store *base, struct history *history)
{
	memory_history_on_drop(history, message_dropped, base);
}
