#include "cmd/parleyd/options/suggest.h"

#include <assert.h>
#include <ctype.h>

static size_t
min_of_three(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* '.', '_' and '-' are often confused. */
static bool
char_resembles(char a, char b)
{
	if (strchr("._-", a) != NULL)
		return strchr("._-", b) != NULL;
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Levenshtein distance; both are shorter than SUGGEST_NAME_SIZE. */
static size_t
edit_distance(struct str a, struct str b)
{
	size_t row[SUGGEST_NAME_SIZE];

	for (size_t k = 0; k <= b.len; k++)
		row[k] = k;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t k = 1; k <= b.len; k++) {
			bool same =
			    char_resembles(a.data[i - 1], b.data[k - 1]);
			size_t above = row[k];

			row[k] = min_of_three(above + 1, row[k - 1] + 1,
			    diagonal + (same ? 0 : 1));
			diagonal = above;
		}
	}
	return row[b.len];
}

void
suggest_init(struct suggest *suggest, struct str name)
{
	suggest->name = name;
	suggest->least = name.len / 6 + 2; /* one more than the edits allowed */
	if (name.len >= SUGGEST_NAME_SIZE ||
	    memchr(name.data, '\0', name.len) != NULL)
		suggest->least = 0;
}

bool
suggest_is_better(struct suggest *suggest, const char *candidate)
{
	struct str word = str_from(candidate);
	size_t found;

	assert(word.len < SUGGEST_NAME_SIZE);
	if (suggest->least == 0)
		return false;
	found = edit_distance(suggest->name, word);
	if (found >= suggest->least)
		return false;
	suggest->least = found;
	return true;
}
