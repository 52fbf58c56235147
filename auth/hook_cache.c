#include "auth/hook_cache.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct cached_answer {
	struct list link;
	struct hook_key key;
	int64_t until_ms;
	struct hook_answer answer;
};

void
hook_key_make(struct str request, struct hook_key *out)
{
	sha256(request, out->bytes);
}

static struct str
hook_key_text(const struct hook_key *key)
{
	return str_slice((const char *)key->bytes, sizeof(key->bytes));
}

static struct str
cached_answer_key(const void *entry)
{
	return hook_key_text(&((const struct cached_answer *)entry)->key);
}

static void
cached_answer_forget(struct hook_cache *cache, struct cached_answer *cached)
{
	id_map_remove(&cache->by_key, cached_answer_key(cached));
	list_remove(&cached->link);
	free(cached);
}

static struct cached_answer *
cached_answer_of(struct list *link)
{
	return LIST_OWNER(link, struct cached_answer, link);
}

void
hook_cache_init(struct hook_cache *cache)
{
	id_map_init(&cache->by_key, cached_answer_key);
	list_init(&cache->all);
}

void
hook_cache_fini(struct hook_cache *cache)
{
	hook_cache_clear(cache);
	id_map_fini(&cache->by_key);
}

const struct hook_answer *
hook_cache_find(struct hook_cache *cache, const struct hook_key *key,
    int64_t now_ms)
{
	struct cached_answer *cached =
	    id_map_find(&cache->by_key, hook_key_text(key));

	if (cached == NULL)
		return NULL;
	if (now_ms < cached->until_ms)
		return &cached->answer;
	cached_answer_forget(cache, cached);
	return NULL;
}

void
hook_cache_add(struct hook_cache *cache, const struct hook_key *key,
    const struct hook_answer *answer, int64_t now_ms)
{
	struct cached_answer *cached =
	    id_map_find(&cache->by_key, hook_key_text(key));

	assert(answer->ttl_s >= 0);
	if (cached != NULL)
		cached_answer_forget(cache, cached);
	if (answer->ttl_s == 0)
		return;
	if (id_map_count(&cache->by_key) == HOOK_CACHE_MAX)
		cached_answer_forget(cache, cached_answer_of(cache->all.next));
	cached = malloc(sizeof(*cached));
	if (cached == NULL)
		return;
	cached->key = *key;
	cached->until_ms = now_ms + answer->ttl_s * 1000;
	cached->answer = *answer;
	if (!id_map_put(&cache->by_key, cached)) {
		free(cached);
		return;
	}
	list_append(&cache->all, &cached->link);
}

void
hook_cache_clear(struct hook_cache *cache)
{
	while (!list_is_empty(&cache->all))
		cached_answer_forget(cache, cached_answer_of(cache->all.next));
}
