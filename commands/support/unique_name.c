#include "commands/support/unique_name.h"

#include <stdlib.h>

#define FIRST_NUMBER 2
#define WORD_BITS 64

/* The numbers found taken of one name. */
struct series {
	struct list link;
	uint64_t *taken; /* a bit for each number from FIRST_NUMBER on */
	size_t words;
	size_t used; /* bits that are set */
	size_t base_len;
	char base[]; /* member_name_key() of the name */
};

static struct str
series_key(const void *entry)
{
	const struct series *series = entry;

	return str_slice(series->base, series->base_len);
}

static void
series_destroy(struct unique_names *suffixes, struct series *series)
{
	id_map_remove(&suffixes->by_name, series_key(series));
	list_remove(&series->link);
	free(series->taken);
	free(series);
}

static struct series *
series_find(const struct unique_names *suffixes, struct str scope,
    struct str name)
{
	char key[MEMBER_KEY_SIZE];
	size_t len = member_name_key(scope, name, key);

	return id_map_find(&suffixes->by_name, str_slice(key, len));
}

static struct series *
series_create(struct unique_names *suffixes, struct str scope, struct str name)
{
	char key[MEMBER_KEY_SIZE];
	size_t len = member_name_key(scope, name, key);
	struct series *series = calloc(1, sizeof(*series) + len);

	if (series == NULL)
		return NULL;
	memcpy(series->base, key, len);
	series->base_len = len;
	if (!id_map_put(&suffixes->by_name, series)) {
		free(series);
		return NULL;
	}
	list_append(&suffixes->all, &series->link);
	return series;
}

/* The first number not known to be taken. */
static unsigned
series_candidate(const struct series *series)
{
	size_t word = 0;
	size_t bit = 0;

	while (word < series->words && series->taken[word] == UINT64_MAX)
		word++;
	if (word < series->words)
		bit = (size_t)__builtin_ctzll(~series->taken[word]);
	return (unsigned)(FIRST_NUMBER + word * WORD_BITS + bit);
}

static bool
series_mark(struct series *series, unsigned number)
{
	size_t bit = number - FIRST_NUMBER;
	size_t word = bit / WORD_BITS;

	if (word >= series->words) {
		uint64_t *taken =
		    realloc(series->taken, (word + 1) * sizeof(*taken));

		if (taken == NULL)
			return false;
		taken[word] = 0;
		series->taken = taken;
		series->words = word + 1;
	}
	series->taken[word] |= (uint64_t)1 << bit % WORD_BITS;
	series->used++;
	return true;
}

static bool
series_clear(struct series *series, unsigned number)
{
	size_t bit = number - FIRST_NUMBER;
	size_t word = bit / WORD_BITS;
	uint64_t mask = (uint64_t)1 << bit % WORD_BITS;

	if (word >= series->words || (series->taken[word] & mask) == 0)
		return false;
	series->taken[word] &= ~mask;
	series->used--;
	return true;
}

static bool
is_same_name(struct str a, struct str b)
{
	char skeleton_a[MEMBER_SKELETON_SIZE];
	char skeleton_b[MEMBER_SKELETON_SIZE];
	size_t a_len = member_name_skeleton(a, skeleton_a);
	size_t b_len = member_name_skeleton(b, skeleton_b);

	return str_equal(str_slice(skeleton_a, a_len),
	    str_slice(skeleton_b, b_len));
}

static bool
is_free(struct member_store *members, struct str scope, struct str name,
    struct str own)
{
	return !member_store_is_taken(members, scope, name) ||
	       (own.data != NULL && is_same_name(name, own));
}

void
unique_name_init(struct unique_names *suffixes)
{
	id_map_init(&suffixes->by_name, series_key);
	list_init(&suffixes->all);
}

void
unique_name_fini(struct unique_names *suffixes)
{
	while (!list_is_empty(&suffixes->all))
		series_destroy(suffixes,
		    LIST_OWNER(suffixes->all.next, struct series, link));
	id_map_fini(&suffixes->by_name);
}

enum chat_error
unique_name_choose(struct unique_names *suffixes, struct member_store *members,
    struct str scope, const char wish[MEMBER_NAME_SIZE], struct str own,
    char out[MEMBER_NAME_SIZE])
{
	struct series *series;
	unsigned number = FIRST_NUMBER;

	memcpy(out, wish, strlen(wish) + 1);
	if (is_free(members, scope, str_from(out), own))
		return CHAT_OK;
	series = series_find(suffixes, scope, str_from(wish));
	for (;;) {
		if (series != NULL)
			number = series_candidate(series);
		member_name_suffix(wish, number, out);
		if (is_free(members, scope, str_from(out), own))
			return CHAT_OK;
		if (series == NULL)
			series = series_create(suffixes, scope, str_from(wish));
		if (series == NULL)
			return CHAT_UNAVAILABLE;
		if (series_mark(series, number))
			continue;
		if (series->used == 0)
			series_destroy(suffixes, series);
		return CHAT_UNAVAILABLE;
	}
}

/* The number behind "alice#12" and the length of "alice"; 0: there is none. */
static unsigned
name_split(struct str name, size_t *base_len)
{
	size_t digits = name.len;
	uint64_t number = 0;

	while (digits > 0 && name.data[digits - 1] >= '0' &&
	       name.data[digits - 1] <= '9')
		digits--;
	if (digits == 0 || name.data[digits - 1] != '#')
		return 0;
	for (size_t i = digits; i < name.len && number <= UINT32_MAX; i++)
		number = number * 10 + (uint64_t)(name.data[i] - '0');
	*base_len = digits - 1;
	return number >= FIRST_NUMBER && number <= UINT32_MAX ? (unsigned)number
							      : 0;
}

void
unique_name_release(struct unique_names *suffixes, struct str scope,
    struct str name)
{
	struct series *series;
	size_t base_len;
	unsigned number = name_split(name, &base_len);

	if (number == 0)
		return;
	series = series_find(suffixes, scope, str_slice(name.data, base_len));
	if (series == NULL || !series_clear(series, number))
		return;
	if (series->used == 0)
		series_destroy(suffixes, series);
}
