/* The names of options: how each source spells them, and finding them. */
#include <ctype.h>
#include <stdio.h>

#include "cmd/parleyd/options/option.h"

static char
char_spell(char c, enum option_style style)
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
		out[used++] = char_spell(*name++, style);
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

const struct option *
option_closest(enum option_style style, struct str name)
{
	const struct option *closest = NULL;
	char spelling[OPTION_NAME_SIZE];
	struct suggest suggest;

	suggest_init(&suggest, name);
	for (size_t i = 0; i < option_count; i++) {
		option_spell(option_table[i].name, style, spelling);
		if (suggest_is_better(&suggest, spelling))
			closest = &option_table[i];
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
		/* Keep the group, with what the dot is spelled as. */
		spelling[strlen(spelling) - strlen(dot) + 1] = '\0';
		if (name.len > strlen(spelling) &&
		    memcmp(name.data, spelling, strlen(spelling)) == 0)
			return true;
	}
	return false;
}
