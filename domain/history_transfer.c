/*
 * A piece has the ids of rooms that were removed, then rooms. Of a room it has
 *
 *  - messages that were packed before and have another text now;
 *  - the next messages, with their reactions;
 *  - behind the last message: keys of messages that went before they were
 *    packed; once, all other attributes; attributes that were set since.
 *
 * An attribute that is not packed yet is packed as it is then.
 */
#include "domain/history_transfer.h"

#include <assert.h>
#include <stdlib.h>

#include "domain/base/array.h"
#include "domain/base/id_map.h"
#include "domain/base/list.h"

/* Longer than any name, id or key. */
#define LABEL_MOST UINT16_MAX

struct transfer_room {
	struct list link; /* in one of the lists of the transfer */
	bool is_due;
	bool persistent;
	bool has_attributes; /* they are packed, too */
	int64_t ttl_ms;
	uint64_t sent;     /* messages up to this one are packed */
	uint64_t keys_of;  /* keys of later messages that are gone are not */
	uint64_t *changed; /* numbers of those that have another text since */
	size_t changed_count;
	size_t changed_capacity;
	struct packer set; /* attributes since they were packed */
	size_t id_len;
	char id[]; /* without NUL */
};

struct history_transfer {
	struct entry_observer base;
	struct entry_observer *next; /* of the log before; NULL: none */
	struct commit_log *log;
	struct chat_snapshot chat;
	struct id_map rooms;
	struct list due;     /* rooms with something to be packed */
	struct list done;    /* the others */
	struct list removed; /* not in the map; not packed yet */
	bool failed;         /* no memory for a change */
};

static struct str
transfer_room_id(const struct transfer_room *room)
{
	return str_slice(room->id, room->id_len);
}

static struct str
transfer_room_key(const void *entry)
{
	return transfer_room_id(entry);
}

static void
transfer_room_move(struct transfer_room *room, struct list *list)
{
	list_remove(&room->link);
	list_append(list, &room->link);
}

static void
transfer_room_free(struct transfer_room *room)
{
	list_remove(&room->link);
	packer_fini(&room->set);
	free(room->changed);
	free(room);
}

static void
transfer_rooms_free(struct list *rooms)
{
	while (!list_is_empty(rooms))
		transfer_room_free(LIST_OWNER(rooms->next, struct transfer_room,
		    link));
}

/* --- what changes --------------------------------------------------------- */

static bool
transfer_room_add(const struct room *room, void *arg)
{
	struct history_transfer *self = arg;
	struct str id = str_from(room->id);
	struct transfer_room *added;

	if (self->chat.keeps_rooms && room->persistent)
		return true;
	added = calloc(1, sizeof(*added) + id.len);
	if (added == NULL) {
		self->failed = true;
		return false;
	}
	added->is_due = true;
	added->persistent = room->persistent;
	added->ttl_ms = room->ttl_ms;
	added->id_len = id.len;
	str_put(added->id, id);
	list_append(&self->due, &added->link);
	if (id_map_put(&self->rooms, added))
		return true;
	transfer_room_free(added);
	self->failed = true;
	return false;
}

static void
transfer_room_make_due(struct history_transfer *self,
    struct transfer_room *room)
{
	if (!room->is_due)
		transfer_room_move(room, &self->due);
	room->is_due = true;
}

static void
transfer_room_note_text(struct history_transfer *self,
    struct transfer_room *room, uint64_t seq)
{
	uint64_t *grown = array_grow(room->changed, room->changed_count,
	    &room->changed_capacity, sizeof(*grown));

	if (grown == NULL) {
		self->failed = true;
		return;
	}
	room->changed = grown;
	room->changed[room->changed_count++] = seq;
}

static void
transfer_room_note_attribute(struct history_transfer *self,
    struct transfer_room *room, const struct attribute *attribute)
{
	bool is_reaction = attribute->kind == ATTRIBUTE_REACTION;
	bool is_of_sent = attribute->seq <= room->sent;

	if (attribute_has_trait(attribute->kind, ATTRIBUTE_OF_MESSAGE) &&
	    !is_reaction && is_of_sent)
		transfer_room_note_text(self, room, attribute->seq);
	if (is_reaction ? is_of_sent : room->has_attributes)
		attribute_pack(&room->set, attribute);
	self->failed |= room->set.failed;
	if (room->changed_count > 0 || room->set.len > 0)
		transfer_room_make_due(self, room);
}

static void
transfer_note_creation(struct history_transfer *self, struct str id)
{
	struct room room;

	if (room_store_get(self->chat.rooms, id, &room) == CHAT_OK)
		(void)transfer_room_add(&room, self);
}

static void
transfer_note(struct history_transfer *self, const struct entry *entry)
{
	struct transfer_room *room = id_map_find(&self->rooms, entry->room_id);

	if (entry->kind == ENTRY_ROOM_CREATED && room == NULL)
		transfer_note_creation(self, entry->room_id);
	if (room == NULL)
		return;
	if (entry->kind == ENTRY_MESSAGE && !entry->is_duplicate)
		transfer_room_make_due(self, room);
	if (entry->kind == ENTRY_ATTRIBUTE)
		transfer_room_note_attribute(self, room, &entry->attribute);
	if (entry->kind == ENTRY_ROOM_REMOVED) {
		id_map_remove(&self->rooms, entry->room_id);
		transfer_room_move(room, &self->removed);
	}
}

static void
transfer_entry(struct entry_observer *base, const struct entry *entry,
    const struct command *requester)
{
	struct history_transfer *self = (struct history_transfer *)base;

	transfer_note(self, entry);
	if (self->next != NULL)
		self->next->ops->entry(self->next, entry, requester);
}

static void
transfer_lost(struct entry_observer *base, uint64_t count)
{
	struct history_transfer *self = (struct history_transfer *)base;

	if (self->next != NULL)
		self->next->ops->lost(self->next, count);
}

static const struct entry_observer_ops transfer_observer_ops = {
	.entry = transfer_entry,
	.lost = transfer_lost,
};

struct history_transfer *
history_transfer_create(const struct chat_snapshot *chat,
    struct commit_log *log)
{
	struct history_transfer *self = calloc(1, sizeof(*self));

	if (self == NULL)
		return NULL;
	self->base.ops = &transfer_observer_ops;
	self->next = log->observer;
	self->log = log;
	self->chat = *chat;
	id_map_init(&self->rooms, transfer_room_key);
	list_init(&self->due);
	list_init(&self->done);
	list_init(&self->removed);
	log->observer = &self->base;
	room_store_each(chat->rooms, transfer_room_add, self);
	if (!self->failed)
		return self;
	history_transfer_destroy(self);
	return NULL;
}

void
history_transfer_destroy(struct history_transfer *self)
{
	if (self == NULL)
		return;
	assert(self->log->observer == &self->base);
	self->log->observer = self->next;
	transfer_rooms_free(&self->due);
	transfer_rooms_free(&self->done);
	transfer_rooms_free(&self->removed);
	id_map_fini(&self->rooms);
	free(self);
}

/* --- writing -------------------------------------------------------------- */

struct piece {
	struct history_transfer *transfer;
	struct packer *packer;
	int64_t now_ms;
	size_t end; /* no message begins behind it, but the first of a room */
	struct transfer_room *room;
	bool is_cut; /* the room may have more messages */
};

static void
transfer_message_pack(struct packer *packer, const struct message *message)
{
	pack_number(packer, message->seq);
	pack_number(packer, (uint64_t)message->at_ms);
	pack_text(packer, message->author);
	pack_text(packer, message->author_id);
	pack_text(packer, message->body);
	pack_text(packer, message->key);
	pack_number(packer, message->is_redacted);
	pack_number(packer, (uint64_t)message->edited_ms);
}

/* Texts of messages that are gone by now are dropped with the snapshot. */
static void
transfer_texts_pack(struct piece *piece)
{
	struct transfer_room *room = piece->room;
	struct message message;

	for (size_t i = 0; i < room->changed_count; i++)
		if (history_get(piece->transfer->chat.history,
			transfer_room_id(room), room->changed[i], piece->now_ms,
			&message))
			transfer_message_pack(piece->packer, &message);
	room->changed_count = 0;
	pack_number(piece->packer, 0);
}

static bool
transfer_reaction_visit(const struct attribute *attribute, void *arg)
{
	struct piece *piece = arg;

	if (attribute->kind == ATTRIBUTE_REACTION)
		attribute_pack(piece->packer, attribute);
	return true;
}

static bool
transfer_message_visit(const struct message *message, void *arg)
{
	struct piece *piece = arg;

	transfer_message_pack(piece->packer, message);
	attribute_store_each_of_message(piece->transfer->chat.attributes,
	    transfer_room_id(piece->room), message->seq,
	    transfer_reaction_visit, piece);
	pack_number(piece->packer, 0);
	piece->room->sent = message->seq;
	piece->is_cut = piece->packer->len >= piece->end;
	return !piece->is_cut;
}

static bool
transfer_key_visit(const struct message *message, void *arg)
{
	struct packer *packer = arg;

	pack_number(packer, message->seq);
	pack_number(packer, (uint64_t)message->at_ms);
	pack_text(packer, message->key);
	return true;
}

/* A message that is packed has its key, and keeps it when it goes. */
static void
transfer_keys_pack(struct piece *piece)
{
	const struct chat_snapshot *chat = &piece->transfer->chat;

	chat->messages->each_key(chat->history, transfer_room_id(piece->room),
	    piece->room->keys_of, transfer_key_visit, piece->packer);
	piece->room->keys_of = piece->room->sent;
}

/* Messages that are gone may still have theirs. */
static bool
transfer_attribute_visit(const struct attribute *attribute, void *arg)
{
	struct piece *piece = arg;
	struct message message;

	if (attribute->seq == 0 || history_get(piece->transfer->chat.history,
				       transfer_room_id(piece->room),
				       attribute->seq, piece->now_ms, &message))
		attribute_pack(piece->packer, attribute);
	return true;
}

static void
transfer_attributes_pack(struct piece *piece)
{
	for (unsigned kind = 1; kind < ATTRIBUTE_KINDS; kind++)
		if (attribute_kind_exists(kind) && kind != ATTRIBUTE_REACTION)
			attribute_store_each(piece->transfer->chat.attributes,
			    transfer_room_id(piece->room),
			    (enum attribute_kind)kind, transfer_attribute_visit,
			    piece);
	piece->room->has_attributes = true;
}

/* Behind all messages, so that none is about one that never comes. */
static void
transfer_set_pack(struct piece *piece)
{
	struct transfer_room *room = piece->room;
	struct unpacker from = { .rest = packer_str(&room->set) };
	struct attribute attribute = { .seq = 0 };

	while (attribute_unpack(&from, &attribute))
		(void)transfer_attribute_visit(&attribute, piece);
	room->set.len = 0;
}

/* A number of 0 ends each of the parts. */
static void
transfer_room_pack(struct piece *piece)
{
	struct history_transfer *self = piece->transfer;
	struct transfer_room *room = piece->room;
	struct packer *packer = piece->packer;

	pack_text(packer, transfer_room_id(room));
	pack_number(packer, (uint64_t)room->ttl_ms);
	pack_number(packer, room->persistent);
	transfer_texts_pack(piece);
	piece->is_cut = false;
	history_each(self->chat.history, transfer_room_id(room), room->sent + 1,
	    piece->now_ms, transfer_message_visit, piece);
	pack_number(packer, 0);
	if (!piece->is_cut)
		transfer_keys_pack(piece);
	pack_number(packer, 0);
	if (!piece->is_cut && !room->has_attributes)
		transfer_attributes_pack(piece);
	pack_number(packer, 0);
	if (!piece->is_cut)
		transfer_set_pack(piece);
	pack_number(packer, 0);
	if (piece->is_cut)
		return;
	room->is_due = false;
	transfer_room_move(room, &self->done);
}

bool
history_transfer_is_due(const struct history_transfer *self)
{
	return !list_is_empty(&self->due) || !list_is_empty(&self->removed);
}

bool
history_transfer_pack(struct history_transfer *self, size_t bytes,
    int64_t now_ms, struct packer *packer)
{
	struct piece piece = { .transfer = self,
		.packer = packer,
		.now_ms = now_ms,
		.end = SIZE_MAX };

	assert(bytes > 0);
	while (!list_is_empty(&self->removed)) {
		piece.room =
		    LIST_OWNER(self->removed.next, struct transfer_room, link);
		pack_text(packer, transfer_room_id(piece.room));
		transfer_room_free(piece.room);
	}
	pack_text(packer, STR_ABSENT);
	if (bytes < SIZE_MAX - packer->len)
		piece.end = packer->len + bytes;
	while (!list_is_empty(&self->due) && packer->len < piece.end &&
	       !packer->failed) {
		piece.room =
		    LIST_OWNER(self->due.next, struct transfer_room, link);
		transfer_room_pack(&piece);
	}
	pack_text(packer, STR_ABSENT);
	self->failed |= packer->failed;
	return !self->failed;
}

/* --- reading -------------------------------------------------------------- */

/* False: it is the end, or the piece is wrong. */
static bool
transfer_message_unpack(struct unpacker *from, struct message *out)
{
	out->seq = unpack_number(from);
	if (out->seq == 0)
		return false;
	out->at_ms = (int64_t)unpack_number(from);
	out->author = unpack_text(from);
	out->author_id = unpack_text(from);
	out->body = unpack_text(from);
	out->key = unpack_text(from);
	out->is_redacted = unpack_number(from) != 0;
	out->edited_ms = (int64_t)unpack_number(from);
	from->failed |=
	    out->edited_ms < 0 || (out->body.len > 0 && out->is_redacted);
	return !from->failed;
}

/* A message that was dropped here may have been changed there. */
static void
transfer_text_unpack(const struct chat_snapshot *chat, struct str room,
    const struct message *message, struct unpacker *from)
{
	enum chat_error error;

	from->failed |= message->body.len > 0 && message->edited_ms == 0;
	if (from->failed)
		return;
	error = history_amend(chat->history, room, message->seq, message->body,
	    message->edited_ms);
	from->failed = error != CHAT_OK && error != CHAT_MESSAGE_NOT_FOUND;
}

static void
transfer_keys_unpack(const struct chat_snapshot *chat, struct str room,
    struct unpacker *from)
{
	struct message message = { .seq = 0 };

	while (!from->failed && (message.seq = unpack_number(from)) != 0) {
		message.at_ms = (int64_t)unpack_number(from);
		message.key = unpack_text(from);
		from->failed |=
		    message.key.len == 0 || message.key.len > LABEL_MOST;
		from->failed =
		    from->failed || chat->messages->put_key(chat->history, room,
					&message) != CHAT_OK;
	}
}

/* In the order in which they were set. */
static void
transfer_set_unpack(const struct chat_snapshot *chat, struct str room,
    struct unpacker *from)
{
	struct attribute attribute = { .seq = 0 };

	while (!from->failed && attribute_unpack(from, &attribute)) {
		from->failed |= !attribute_is_valid(&attribute);
		from->failed =
		    from->failed || attribute_store_set(chat->attributes, room,
					&attribute) != CHAT_OK;
	}
}

static void
transfer_room_unpack(const struct chat_snapshot *chat, struct str room,
    struct unpacker *from)
{
	int64_t ttl_ms = (int64_t)unpack_number(from);
	bool persistent = unpack_number(from) != 0;
	struct message message = { .seq = 0 };
	enum chat_error error;

	from->failed |= !room_id_is_stored(room) || ttl_ms < 0;
	if (from->failed)
		return;
	error = history_open(chat->history, room, ttl_ms, persistent);
	from->failed = error != CHAT_OK && error != CHAT_ROOM_EXISTS;
	while (!from->failed && transfer_message_unpack(from, &message))
		transfer_text_unpack(chat, room, &message, from);
	while (!from->failed && transfer_message_unpack(from, &message)) {
		from->failed = chat->messages->put(chat->history, room,
				   &message) != CHAT_OK;
		transfer_set_unpack(chat, room, from);
	}
	transfer_keys_unpack(chat, room, from);
	chat_attributes_unpack(chat->attributes, room, from);
	transfer_set_unpack(chat, room, from);
}

bool
history_transfer_unpack(const struct chat_snapshot *chat, struct unpacker *from)
{
	struct str room;

	while ((room = unpack_text(from)).data != NULL) {
		if (!room_id_is_stored(room)) {
			from->failed = true;
			break;
		}
		history_close(chat->history, room);
		attribute_store_remove_room(chat->attributes, room);
	}
	while (!from->failed && (room = unpack_text(from)).data != NULL)
		transfer_room_unpack(chat, room, from);
	return !from->failed;
}
