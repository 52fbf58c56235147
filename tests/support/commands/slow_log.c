#include "tests/support/commands/slow_log.h"

#include <check.h>
#include <stdlib.h>

#include "domain/command_copy.h"

struct waiting_entry {
	struct list link;
	struct entry entry;
	struct room room;
	struct command requester;
	bool has_requester;
	char id[ROOM_ID_SIZE], author[100], author_id[100], body[1000],
	    key[100], subject[100], label[100], value[1000], by[100],
	    new_body[1000];
	char texts[2000];
};

static struct slow_log *
slow_log_of(struct commit_log *base)
{
	return (struct slow_log *)base;
}

static struct str
text_keep(struct str text, char *to, size_t size)
{
	ck_assert_uint_le(text.len, size);
	if (text.data == NULL)
		return text;
	memcpy(to, text.data, text.len);
	return str_slice(to, text.len);
}

static enum chat_error
entry_add(struct slow_log *self, const struct entry *entry,
    const struct command *requester)
{
	struct waiting_entry *waiting = calloc(1, sizeof(*waiting));
	struct message *message = &waiting->entry.message;
	struct attribute *attribute = &waiting->entry.attribute;

	ck_assert_ptr_nonnull(waiting);
	waiting->entry = *entry;
	waiting->entry.room_id =
	    text_keep(entry->room_id, waiting->id, sizeof(waiting->id));
	if (entry->room != NULL) {
		waiting->room = *entry->room;
		waiting->entry.room = &waiting->room;
	}
	message->author = text_keep(message->author, waiting->author, 100);
	message->author_id =
	    text_keep(message->author_id, waiting->author_id, 100);
	message->body = text_keep(message->body, waiting->body, 1000);
	message->key = text_keep(message->key, waiting->key, 100);
	attribute->subject = text_keep(attribute->subject, waiting->subject,
	    sizeof(waiting->subject));
	attribute->label =
	    text_keep(attribute->label, waiting->label, sizeof(waiting->label));
	attribute->value =
	    text_keep(attribute->value, waiting->value, sizeof(waiting->value));
	attribute->by =
	    text_keep(attribute->by, waiting->by, sizeof(waiting->by));
	attribute->body = text_keep(attribute->body, waiting->new_body,
	    sizeof(waiting->new_body));
	waiting->has_requester = requester != NULL;
	if (requester != NULL) {
		ck_assert_uint_le(command_text_bytes(requester),
		    sizeof(waiting->texts));
		command_copy(requester, &waiting->requester, waiting->texts);
	}
	list_append(&self->waiting, &waiting->link);
	self->count++;
	return CHAT_OK;
}

static enum chat_error
slow_log_append(struct commit_log *base, struct entry *entry,
    const struct command *requester)
{
	struct slow_log *self = slow_log_of(base);
	enum chat_error error;
	struct room room;

	if (entry->kind == ENTRY_ROOM_CREATED &&
	    room_store_get(self->rooms, entry->room_id, &room) == CHAT_OK)
		return CHAT_ROOM_EXISTS;
	if (self->is_slow || self->count > 0 || entry->kind == ENTRY_BARRIER)
		return entry_add(self, entry, requester);
	error =
	    entry_apply(entry, self->rooms, self->history, self->attributes);
	if (error == CHAT_OK)
		commit_log_report(base, entry, requester, CHAT_OK);
	return error;
}

static struct waiting_entry *
waiting_first(const struct slow_log *self)
{
	ck_assert_uint_gt(self->count, 0);
	return LIST_OWNER(self->waiting.next, struct waiting_entry, link);
}

static void
waiting_finish(struct slow_log *self, enum chat_error outcome)
{
	struct waiting_entry *waiting = waiting_first(self);

	list_remove(&waiting->link);
	self->count--;
	commit_log_report(&self->base, &waiting->entry,
	    waiting->has_requester ? &waiting->requester : NULL, outcome);
	free(waiting);
}

void
slow_log_do(struct slow_log *self)
{
	waiting_finish(self, entry_apply(&waiting_first(self)->entry,
				 self->rooms, self->history, self->attributes));
}

void
slow_log_lose(struct slow_log *self)
{
	waiting_finish(self, CHAT_STORE_FAILED);
}

void
slow_log_do_all(struct slow_log *self)
{
	while (self->count > 0)
		slow_log_do(self);
}

static bool
is_room_pending(struct commit_log *base, struct str room_id)
{
	const struct list *all = &slow_log_of(base)->waiting;

	for (struct list *at = all->next; at != all; at = at->next) {
		const struct entry *entry =
		    &LIST_OWNER(at, struct waiting_entry, link)->entry;

		if ((entry->kind == ENTRY_ROOM_CREATED ||
			entry->kind == ENTRY_ROOM_REMOVED) &&
		    str_equal(entry->room_id, room_id))
			return true;
	}
	return false;
}

static size_t
slow_log_bytes(struct commit_log *base)
{
	return slow_log_of(base)->count * sizeof(struct waiting_entry);
}

static void
slow_log_destroy(struct commit_log *base)
{
	struct slow_log *self = slow_log_of(base);

	while (self->count > 0) {
		struct waiting_entry *waiting = waiting_first(self);

		list_remove(&waiting->link);
		self->count--;
		free(waiting);
	}
}

static const struct commit_log_ops ops = {
	.append = slow_log_append,
	.is_room_pending = is_room_pending,
	.bytes = slow_log_bytes,
	.destroy = slow_log_destroy,
};

void
slow_log_init(struct slow_log *self)
{
	self->base.ops = &ops;
	list_init(&self->waiting);
}
