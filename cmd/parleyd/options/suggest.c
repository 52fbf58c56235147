#include "cmd/parleyd/options/suggest.h"

#include <assert.h>
#include <ctype.h>

static size_t
least_of(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* All of '.', '_' and '-' mean the same to who mistypes. */
static bool
looks_like(char a, char b)
{
	if (strchr("._-", a) != NULL)
		return strchr("._-", b) != NULL;
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Levenshtein's distance; both are shorter than GUESS_NAME_SIZE. */
static size_t
distance(struct str a, struct str b)
{
	size_t row[GUESS_NAME_SIZE];

	for (size_t k = 0; k <= b.len; k++)
		row[k] = k;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t k = 1; k <= b.len; k++) {
			bool same = looks_like(a.data[i - 1], b.data[k - 1]);
			size_t above = row[k];

			row[k] = least_of(above + 1, row[k - 1] + 1,
			    diagonal + (same ? 0 : 1));
			diagonal = above;
		}
	}
	return row[b.len];
}

void
suggest_init(struct suggest *guess, struct str name)
{
	guess->name = name;
	guess->least = name.len / 6 + 2; /* as many slips as one may make */
	if (name.len >= GUESS_NAME_SIZE ||
	    memchr(name.data, '\0', name.len) != NULL)
		guess->least = 0;
}

bool
suggest_is_better(struct suggest *guess, const char *candidate)
{
	struct str meant = str_from(candidate);
	size_t found;

	assert(meant.len < GUESS_NAME_SIZE);
	if (guess->least == 0)
		return false;
	found = distance(guess->name, meant);
	if (found >= guess->least)
		return false;
	guess->least = found;
	return true;
}
