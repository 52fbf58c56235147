/*
 * The blocks of attributes: rooms, groups, labels, values and nodes, made when
 * they are needed and freed when nothing is left of them. All are counted.
 */
#include <assert.h>
#include <stdlib.h>

#include "persistence/memory/memory_attributes_internal.h"

struct str
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

struct str
attribute_group_key(const void *entry)
{
	const struct attribute_group *group = entry;

	return str_slice(group->key, group->key_len);
}

struct str
attribute_subject_key_write(char out[SUBJECT_KEY_MOST],
    enum attribute_kind kind, struct str subject)
{
	assert(subject.len <= ATTRIBUTE_SUBJECT_MOST);
	out[0] = (char)kind;
	return str_slice(out, (size_t)(str_put(out + 1, subject) - out));
}

struct str
attribute_seq_key(const uint64_t *seq)
{
	return str_slice((const char *)seq, sizeof(*seq));
}

enum attribute_kind
attribute_node_kind(const struct attribute_node *node)
{
	return (enum attribute_kind)(unsigned char)node->key[0];
}

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
	assert(self->bytes >= size);
	self->bytes -= size;
	free(block);
}

void
room_attributes_count_maps(struct memory_attributes *self,
    struct room_attributes *room)
{
	size_t bytes =
	    id_map_bytes(&room->by_key) + id_map_bytes(&room->messages);

	self->bytes += bytes - room->map_bytes;
	room->map_bytes = bytes;
}

struct room_attributes *
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
	id_map_init(&room->messages, attribute_group_key);
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

	assert(key.len <= UINT8_MAX);
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
	id_map_remove(group->map, attribute_group_key(group));
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

void
attribute_value_free(struct memory_attributes *self,
    struct attribute_value *value)
{
	block_free(self, value, value_bytes(value));
}

struct attribute_value *
attribute_value_create(struct memory_attributes *self,
    const struct attribute *attribute)
{
	size_t by_len = attribute->value.len > 0 ? attribute->by.len : 0;
	struct attribute_value *value =
	    block_create(self, sizeof(*value) + attribute->value.len + by_len);

	assert(attribute->value.len <= UINT16_MAX && by_len <= UINT8_MAX);
	if (value == NULL)
		return NULL;
	value->at_ms = attribute->at_ms;
	value->value_len = (uint16_t)attribute->value.len;
	value->by_len = (uint8_t)by_len;
	str_put(str_put(value->texts, attribute->value),
	    str_slice(attribute->by.data, by_len));
	return value;
}

void
attribute_node_show(const struct attribute_node *node, struct attribute *out)
{
	const struct attribute_value *value = node->value;

	assert(value != NULL);
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
		    attribute_seq_key(&attribute->seq));
	else if (attribute_has_trait(attribute->kind, ATTRIBUTE_FINDS_ROOMS))
		node->group = group_need(self, &self->subjects,
		    attribute_subject_key_write(subject_key, attribute->kind,
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

struct attribute_node *
attribute_node_need(struct memory_attributes *self, struct str room_id,
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

void
attribute_node_release(struct memory_attributes *self,
    struct attribute_node *node)
{
	struct room_attributes *room = node->room;

	assert(node->label == NULL || node->label->nodes > 0);
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

void
attribute_node_set_value(struct memory_attributes *self,
    struct attribute_node *node, struct attribute_value *value)
{
	if (node->label != NULL) {
		node->label->shown -= node->value != NULL;
		node->label->shown += value != NULL;
	}
	if (node->value != NULL)
		attribute_value_free(self, node->value);
	node->value = value;
}

void
attribute_node_drop(struct memory_attributes *self, struct attribute_node *node)
{
	attribute_node_set_value(self, node, NULL);
	attribute_node_release(self, node);
}

void
attribute_node_drop_others(struct memory_attributes *self,
    const struct attribute_node *but)
{
	const struct list *all = &but->group->nodes;
	struct list *at, *next;

	for (at = all->next; at != all; at = next) {
		struct attribute_node *node =
		    LIST_OWNER(at, struct attribute_node, in_group);

		next = at->next;
		if (node != but)
			attribute_node_drop(self, node);
	}
}
