#include <ctype.h>
#include <stdio.h>

#include "cmd/parleyd/option.h"

static char
spell_char(char c, enum option_style style)
{
	if (style == OPTION_STYLE_FLAG)
		return c == '.' || c == '_' ? '-' : c;
	if (style == OPTION_STYLE_ENV)
		return c == '.' ? '_' : (char)toupper((unsigned char)c);
	return c;
}

void
option_spell(const char *name, enum option_style style,
    char out[OPTION_NAME_SIZE])
{
	static const char *const prefixes[] = {
		[OPTION_STYLE_FILE] = "",
		[OPTION_STYLE_ENV] = "PARLEY_",
		[OPTION_STYLE_FLAG] = "--",
	};
	size_t used = strlen(prefixes[style]);

	memcpy(out, prefixes[style], used);
	while (*name != '\0' && used < OPTION_NAME_SIZE - 1)
		out[used++] = spell_char(*name++, style);
	out[used] = '\0';
}

const struct option *
option_find(enum option_style style, struct str name)
{
	char spelling[OPTION_NAME_SIZE];

	for (size_t i = 0; i < option_count; i++) {
		option_spell(option_table[i].name, style, spelling);
		if (str_equal(name, str_from(spelling)))
			return &option_table[i];
	}
	return NULL;
}

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

/* Levenshtein's distance; both are shorter than OPTION_NAME_SIZE. */
static size_t
distance(struct str a, struct str b)
{
	size_t row[OPTION_NAME_SIZE];

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

const struct option *
option_closest(enum option_style style, struct str name)
{
	const struct option *closest = NULL;
	char spelling[OPTION_NAME_SIZE];
	size_t least = name.len / 6 + 2; /* as many slips as one may make */

	if (name.len >= OPTION_NAME_SIZE || memchr(name.data, '\0', name.len))
		return NULL;
	for (size_t i = 0; i < option_count; i++) {
		size_t found;

		option_spell(option_table[i].name, style, spelling);
		found = distance(name, str_from(spelling));
		if (found < least) {
			least = found;
			closest = &option_table[i];
		}
	}
	return closest;
}

bool
option_is_grouped(enum option_style style, struct str name)
{
	char spelling[OPTION_NAME_SIZE];

	for (size_t i = 0; i < option_count; i++) {
		const char *dot = strchr(option_table[i].name, '.');

		if (dot == NULL)
			continue;
		option_spell(option_table[i].name, style, spelling);
		/* Up to the dot, whatever it has become. */
		spelling[strlen(spelling) - strlen(dot) + 1] = '\0';
		if (name.len > strlen(spelling) &&
		    memcmp(name.data, spelling, strlen(spelling)) == 0)
			return true;
	}
	return false;
}
