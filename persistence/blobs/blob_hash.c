#include "persistence/blobs/blob_hash.h"

#include <assert.h>
#include <openssl/evp.h>

/* The library's own, by another name. */
static EVP_MD_CTX *
hash_context(struct blob_hash *hash)
{
	return (EVP_MD_CTX *)hash;
}

bool
blob_hash_prepare(void)
{
	uint8_t out[BLOB_HASH_SIZE];

	return EVP_Digest("", 0, out, NULL, EVP_sha256(), NULL) == 1;
}

struct blob_hash *
blob_hash_create(void)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (context != NULL &&
	    EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1)
		return (struct blob_hash *)context;
	EVP_MD_CTX_free(context);
	return NULL;
}

void
blob_hash_destroy(struct blob_hash *hash)
{
	EVP_MD_CTX_free(hash_context(hash));
}

/* Neither takes memory, so neither fails. */
void
blob_hash_add(struct blob_hash *hash, const void *bytes, size_t len)
{
	int is_added = EVP_DigestUpdate(hash_context(hash), bytes, len);

	assert(is_added == 1);
}

void
blob_hash_end(struct blob_hash *hash, uint8_t out[BLOB_HASH_SIZE])
{
	int is_done = EVP_DigestFinal_ex(hash_context(hash), out, NULL);

	assert(is_done == 1);
}
