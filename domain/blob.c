#include "domain/blob.h"

#include <assert.h>

/* Places of the hyphens in a UUID. */
static bool
is_hyphen_place(size_t at)
{
	return at == 8 || at == 13 || at == 18 || at == 23;
}

bool
blob_id_is_valid(struct str id)
{
	if (id.len != ID_SIZE - 1)
		return false;
	for (size_t i = 0; i < id.len; i++) {
		char c = id.data[i];

		if (is_hyphen_place(i)
			? c != '-'
			: !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
	}
	return true;
}

uint64_t
blob_charge(const struct blob *blob)
{
	uint64_t bytes =
	    blob->size == BLOB_SIZE_UNKNOWN ? blob->received : blob->size;

	return bytes < BLOB_CHARGE_LEAST ? BLOB_CHARGE_LEAST : bytes;
}

bool
blob_has_grant(const struct blob *blob, enum blob_scope scope,
    struct str target)
{
	for (size_t i = 0; i < blob->grant_count; i++)
		if (blob->grants[i].scope == scope &&
		    str_equal(str_from(blob->grants[i].target), target))
			return true;
	return false;
}

void
blob_add_grant(struct blob *blob, enum blob_scope scope, struct str target)
{
	struct blob_grant *grant = &blob->grants[blob->grant_count++];

	assert(blob->grant_count <= BLOB_GRANTS_MOST);
	assert(target.len < sizeof(grant->target));
	assert((target.len == 0) == (scope == BLOB_ALL));
	grant->scope = scope;
	*str_put(grant->target, target) = '\0';
}
