/* Attributes that are prepared when they are appended, and set later. */
#include <stdlib.h>

#include "persistence/file/file_internal.h"
#include "persistence/memory/memory_attributes.h"
#include "persistence/memory/memory_history.h"

static size_t
attribute_text_bytes(const struct attribute *attribute)
{
	return attribute->subject.len + attribute->label.len +
	       attribute->value.len + attribute->by.len + attribute->body.len;
}

static char *
text_copy(char *to, struct str text, struct str *out)
{
	*out = str_slice(to, text.len);
	return str_put(to, text);
}

size_t
file_attribute_bytes(const struct file_attribute *set)
{
	return 3 * (sizeof(*set) + attribute_text_bytes(&set->attribute));
}

struct file_attribute *
file_attribute_create(const struct attribute *attribute)
{
	struct file_attribute *set =
	    malloc(sizeof(*set) + attribute_text_bytes(attribute));
	char *end;

	if (set == NULL)
		return NULL;
	*set = (struct file_attribute){ .attribute = *attribute };
	end =
	    text_copy(set->texts, attribute->subject, &set->attribute.subject);
	end = text_copy(end, attribute->label, &set->attribute.label);
	end = text_copy(end, attribute->value, &set->attribute.value);
	end = text_copy(end, attribute->by, &set->attribute.by);
	text_copy(end, attribute->body, &set->attribute.body);
	return set;
}

enum chat_error
file_attribute_prepare(struct file_store *self, struct str room_id,
    struct file_attribute *set)
{
	const struct attribute *attribute = &set->attribute;
	enum chat_error error;

	error = memory_attributes_prepare(self->attributes, room_id, attribute,
	    &set->value);
	if (error != CHAT_OK || attribute->kind != ATTRIBUTE_EDIT)
		return error;
	error = memory_history_prepare_body(self->history, room_id,
	    attribute->seq, attribute->body, attribute->at_ms, &set->body);
	if (error != CHAT_OK)
		memory_attributes_abandon(self->attributes, set->value);
	return error;
}

void
file_attribute_abandon(struct file_store *self,
    const struct file_attribute *set)
{
	memory_attributes_abandon(self->attributes, set->value);
	memory_history_abandon_body(set->body);
}

bool
file_attribute_is_due(struct file_store *self, struct str room_id,
    const struct attribute *attribute)
{
	struct attribute key = { .kind = ATTRIBUTE_REDACTION,
		.seq = attribute->seq };
	struct attribute redaction;

	return attribute->seq == 0 ||
	       (memory_history_has(self->history, room_id, attribute->seq) &&
		   !attribute_store_find(self->attributes, room_id, &key,
		       &redaction));
}

bool
file_attribute_commit(struct file_store *self, struct str room_id,
    const struct file_attribute *set)
{
	const struct attribute *attribute = &set->attribute;

	if (!file_attribute_is_due(self, room_id, attribute)) {
		file_attribute_abandon(self, set);
		return false;
	}
	memory_attributes_commit(self->attributes, set->value);
	if (set->body != NULL)
		memory_history_commit_body(self->history, set->body);
	if (attribute->kind == ATTRIBUTE_REDACTION)
		memory_history_redact(self->history, room_id, attribute->seq);
	return true;
}

enum chat_error
file_attribute_replay(struct file_store *self, struct str room_id,
    const struct attribute *attribute)
{
	struct file_attribute set = { .attribute = *attribute };
	enum chat_error error;

	if (!file_attribute_is_due(self, room_id, attribute))
		return CHAT_OK;
	error = file_attribute_prepare(self, room_id, &set);
	if (error == CHAT_OK)
		file_attribute_commit(self, room_id, &set);
	return error;
}
