#include "persistence/blobs/blob_record.h"

#include <assert.h>

#include "domain/base/count_of.h"
#include "persistence/format/crc32c.h"
#include "persistence/format/little_endian.h"

#define BLOB_MAGIC UINT64_C(0x32626f6c62796c70) /* "plyblob2" */

/* Texts of a blob, in their order in the record. */
static const struct {
	size_t offset;
	size_t size;
} record_texts[] = {
	{ offsetof(struct blob, id), sizeof(((struct blob *)NULL)->id) },
	{ offsetof(struct blob, key), sizeof(((struct blob *)NULL)->key) },
	{ offsetof(struct blob, secret),
	    sizeof(((struct blob *)NULL)->secret) },
	{ offsetof(struct blob, owner), sizeof(((struct blob *)NULL)->owner) },
	{ offsetof(struct blob, payer), sizeof(((struct blob *)NULL)->payer) },
	{ offsetof(struct blob, name), sizeof(((struct blob *)NULL)->name) },
	{ offsetof(struct blob, declared),
	    sizeof(((struct blob *)NULL)->declared) },
	{ offsetof(struct blob, type), sizeof(((struct blob *)NULL)->type) },
};

static char *
record_put_text(char *at, const char *text)
{
	size_t len = strlen(text);

	at = put_u16(at, (uint16_t)len);
	return mempcpy(at, text, len);
}

size_t
blob_record_write(char out[BLOB_RECORD_MOST], const struct blob *blob,
    const uint8_t boot_id[BOOT_ID_SIZE])
{
	char *at = put_u64(out, BLOB_MAGIC);

	at = mempcpy(at, boot_id, BOOT_ID_SIZE);
	at = put_u64(at, blob->size);
	at = put_u64(at, (uint64_t)blob->created_ms);
	at = put_u64(at, (uint64_t)blob->expires_ms);
	at = put_u16(at, blob->is_complete);
	at = mempcpy(at, blob->hash, sizeof(blob->hash));
	for (size_t i = 0; i < COUNT_OF(record_texts); i++)
		at = record_put_text(at,
		    (const char *)blob + record_texts[i].offset);
	at = put_u16(at, (uint16_t)blob->grant_count);
	for (size_t i = 0; i < blob->grant_count; i++) {
		at = put_u16(at, (uint16_t)blob->grants[i].scope);
		at = record_put_text(at, blob->grants[i].target);
	}
	at = put_u32(at, crc32c(0, out, (size_t)(at - out)));
	assert(at - out <= BLOB_RECORD_MOST);
	return (size_t)(at - out);
}

/* --- reading -------------------------------------------------------------- */

/* NULL: the record is shorter. */
static const char *
record_take(struct str *rest, size_t len)
{
	const char *at = rest->data;

	if (rest->len < len)
		return NULL;
	*rest = str_slice(rest->data + len, rest->len - len);
	return at;
}

static bool
record_take_u16(struct str *rest, uint16_t *out)
{
	const char *at = record_take(rest, 2);

	if (at != NULL)
		*out = get_u16(at);
	return at != NULL;
}

static bool
record_take_u64(struct str *rest, uint64_t *out)
{
	const char *at = record_take(rest, 8);

	if (at != NULL)
		*out = get_u64(at);
	return at != NULL;
}

static bool
record_take_text(struct str *rest, char *out, size_t size)
{
	const char *at;
	uint16_t len;

	if (!record_take_u16(rest, &len) || len >= size)
		return false;
	at = record_take(rest, len);
	if (at == NULL || memchr(at, '\0', len) != NULL)
		return false;
	memcpy(out, at, len);
	out[len] = '\0';
	return true;
}

static bool
record_take_grants(struct str *rest, struct blob *out)
{
	uint16_t count, scope;

	if (!record_take_u16(rest, &count) || count > BLOB_GRANTS_MOST)
		return false;
	for (out->grant_count = 0; out->grant_count < count;
	     out->grant_count++) {
		struct blob_grant *grant = &out->grants[out->grant_count];

		if (!record_take_u16(rest, &scope) || scope < BLOB_ROOM ||
		    scope > BLOB_ALL ||
		    !record_take_text(rest, grant->target,
			sizeof(grant->target)))
			return false;
		grant->scope = (enum blob_scope)scope;
	}
	return true;
}

static bool
record_take_numbers(struct str *rest, struct blob *out)
{
	uint64_t created, expires;
	uint16_t is_complete;
	const char *hash;

	if (!record_take_u64(rest, &out->size) ||
	    !record_take_u64(rest, &created) ||
	    !record_take_u64(rest, &expires) ||
	    !record_take_u16(rest, &is_complete))
		return false;
	hash = record_take(rest, sizeof(out->hash));
	if (hash == NULL ||
	    (out->size > INT64_MAX && out->size != BLOB_SIZE_UNKNOWN))
		return false;
	memcpy(out->hash, hash, sizeof(out->hash));
	out->created_ms = (int64_t)created;
	out->expires_ms = (int64_t)expires;
	out->is_complete = is_complete != 0;
	return true;
}

static bool
record_take_texts(struct str *rest, struct blob *out)
{
	for (size_t i = 0; i < COUNT_OF(record_texts); i++)
		if (!record_take_text(rest,
			(char *)out + record_texts[i].offset,
			record_texts[i].size))
			return false;
	return blob_id_is_valid(str_from(out->id)) && out->payer[0] != '\0' &&
	       out->name[0] != '\0';
}

bool
blob_record_read(struct str record, struct blob *out,
    uint8_t boot_id[BOOT_ID_SIZE])
{
	struct str rest = record;
	const char *boot;
	uint64_t magic;

	*out = (struct blob){ .grant_count = 0 };
	if (record.len < 4 || crc32c(0, record.data, record.len - 4) !=
				  get_u32(record.data + record.len - 4))
		return false;
	rest.len -= 4;
	if (!record_take_u64(&rest, &magic) || magic != BLOB_MAGIC)
		return false;
	boot = record_take(&rest, BOOT_ID_SIZE);
	if (boot == NULL)
		return false;
	memcpy(boot_id, boot, BOOT_ID_SIZE);
	return record_take_numbers(&rest, out) &&
	       record_take_texts(&rest, out) && record_take_grants(&rest, out);
}
