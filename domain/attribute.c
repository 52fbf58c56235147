#include "domain/attribute.h"

#include <assert.h>

#include "domain/base/pack.h"

struct attribute_kind_info {
	const char *word; /* NULL: there is no such kind */
	unsigned traits;
};

static const struct attribute_kind_info kinds[ATTRIBUTE_KINDS] = {
#define X(constant, number, word, traits) [constant] = { word, traits },
	ATTRIBUTES(X)
#undef X
};

bool
attribute_kind_exists(unsigned number)
{
	return number < ATTRIBUTE_KINDS && kinds[number].word != NULL;
}

const char *
attribute_kind_word(enum attribute_kind kind)
{
	assert(attribute_kind_exists(kind));
	return kinds[kind].word;
}

bool
attribute_has_trait(enum attribute_kind kind, enum attribute_trait trait)
{
	assert(attribute_kind_exists(kind));
	return (kinds[kind].traits & trait) != 0;
}

/* An edit has the new text, unless it only notes that there was one. */
static bool
body_is_valid(const struct attribute *attribute)
{
	return attribute->body.len == 0 || attribute->kind == ATTRIBUTE_EDIT;
}

bool
attribute_is_valid(const struct attribute *attribute)
{
	return attribute_kind_exists(attribute->kind) &&
	       attribute_has_trait(attribute->kind, ATTRIBUTE_OF_MESSAGE) ==
		   (attribute->seq > 0) &&
	       attribute->subject.len <= ATTRIBUTE_SUBJECT_MOST &&
	       attribute->label.len <= ATTRIBUTE_LABEL_MOST &&
	       attribute->value.len <= ATTRIBUTE_VALUE_MOST &&
	       attribute->by.len <= ATTRIBUTE_BY_MOST &&
	       attribute->at_ms >= 0 && body_is_valid(attribute);
}

bool
attribute_can_be_set(const struct attribute *attribute)
{
	if (!attribute_is_valid(attribute))
		return false;
	switch (attribute->kind) {
	case ATTRIBUTE_EDIT:
		return attribute->value.len > 0 && attribute->body.len > 0;
	case ATTRIBUTE_REDACTION:
		return attribute->value.len > 0;
	default:
		return true;
	}
}

struct str
attribute_key_write(char out[ATTRIBUTE_KEY_MOST],
    const struct attribute *attribute)
{
	char *end = out;

	*end++ = (char)attribute->kind;
	end = mempcpy(end, &attribute->seq, sizeof(attribute->seq));
	*end++ = (char)attribute->label.len;
	end = str_put(end, attribute->label);
	end = str_put(end, attribute->subject);
	return str_slice(out, (size_t)(end - out));
}

void
attribute_key_read(struct str key, struct attribute *out)
{
	const char *at = key.data;
	size_t label_len;

	out->kind = (enum attribute_kind)(unsigned char)*at++;
	memcpy(&out->seq, at, sizeof(out->seq));
	at += sizeof(out->seq);
	label_len = (unsigned char)*at++;
	out->label = str_slice(at, label_len);
	at += label_len;
	out->subject = str_slice(at, (size_t)(key.data + key.len - at));
}

void
attribute_pack(struct packer *packer, const struct attribute *attribute)
{
	pack_number(packer, attribute->kind);
	pack_number(packer, attribute->seq);
	pack_text(packer, attribute->subject);
	pack_text(packer, attribute->label);
	pack_text(packer, attribute->value);
	pack_text(packer, attribute->by);
	pack_number(packer, (uint64_t)attribute->at_ms);
}

bool
attribute_unpack(struct unpacker *from, struct attribute *out)
{
	uint64_t kind = unpack_number(from);

	if (kind == 0)
		return false;
	out->kind = (enum attribute_kind)kind;
	out->seq = unpack_number(from);
	out->subject = unpack_text(from);
	out->label = unpack_text(from);
	out->value = unpack_text(from);
	out->by = unpack_text(from);
	out->at_ms = (int64_t)unpack_number(from);
	return true;
}
