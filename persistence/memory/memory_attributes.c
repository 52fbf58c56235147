#include "persistence/memory/memory_attributes.h"

#include <assert.h>
#include <stdlib.h>

#include "persistence/memory/memory_attributes_internal.h"
#include "persistence/memory/memory_history.h"

static struct memory_attributes *
attributes_self(struct attribute_store *base)
{
	return (struct memory_attributes *)base;
}

enum chat_error
memory_attributes_prepare(struct attribute_store *base, struct str room,
    const struct attribute *attribute, struct attribute_value **out)
{
	struct memory_attributes *self = attributes_self(base);
	struct attribute_value *value = attribute_value_create(self, attribute);

	if (value == NULL)
		return CHAT_UNAVAILABLE;
	value->node = attribute_node_need(self, room, attribute);
	if (value->node == NULL) {
		attribute_value_free(self, value);
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
		attribute_value_free(self, value);
		attribute_node_drop(self, node);
		return;
	}
	attribute_node_set_value(self, node, value);
	list_remove(&node->in_kind);
	list_prepend(&node->room->kinds[attribute_node_kind(node)],
	    &node->in_kind);
	if (attribute_node_kind(node) == ATTRIBUTE_REDACTION)
		attribute_node_drop_others(self, node);
}

void
memory_attributes_abandon(struct attribute_store *base,
    struct attribute_value *value)
{
	struct memory_attributes *self = attributes_self(base);
	struct attribute_node *node = value->node;

	assert(node->prepared > 0);
	node->prepared--;
	attribute_value_free(self, value);
	attribute_node_release(self, node);
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
	attribute_node_show(node, out);
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
		attribute_node_show(node, &attribute);
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

	return room != NULL
		   ? id_map_find(&room->messages, attribute_seq_key(&seq))
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
		attribute_node_show(node, &attribute);
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
	group = id_map_find(&self->subjects,
	    attribute_subject_key_write(key, kind, subject));
	if (group == NULL)
		return;
	for (const struct list *at = group->nodes.next; at != &group->nodes;
	     at = at->next) {
		const struct attribute_node *node =
		    LIST_OWNER(at, struct attribute_node, in_group);

		if (node->value == NULL)
			continue;
		attribute_node_show(node, &attribute);
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
		attribute_node_drop(self,
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
			attribute_node_drop(self, node);
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
	id_map_init(&self->subjects, attribute_group_key);
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
