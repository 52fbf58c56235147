#include "cmd/parleyd/options/options_load.h"

#include <stdarg.h>
#include <stdio.h>
#include <sysexits.h>

#define ORIGIN_SIZE 320

/* What is quoted of a name or a value at most: for "%.*s". */
#define QUOTE_MOST 64
#define QUOTE(text) \
	(int)((text).len < QUOTE_MOST ? (text).len : QUOTE_MOST), (text).data

size_t
options_load_index(const struct option *option)
{
	return (size_t)(option - option_table);
}

/* What goes wrong in our own command line is usage, the rest configuration. */
bool
options_load_fail(struct options_load *loading, enum options_load_rank rank,
    const char *format, ...)
{
	struct options_error *error = loading->error;
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	for (char *c = error->text; *c != '\0'; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?'; /* one line, whatever was given to us */
	}
	error->exit_code = rank == FROM_FLAG ? EX_USAGE : EX_CONFIG;
	return false;
}

/* "--limits-rooms", "PARLEY_LIMITS_ROOMS", "parley.conf:3: limits.rooms" */
static void
options_load_origin(const struct options_load *loading,
    const struct option *option, enum options_load_rank rank,
    char out[ORIGIN_SIZE])
{
	if (rank == FROM_FLAG)
		option_spell(option->name, OPTION_STYLE_FLAG, out);
	else if (rank == FROM_ENV)
		option_spell(option->name, OPTION_STYLE_ENV, out);
	else if (rank == FROM_FILE)
		snprintf(out, ORIGIN_SIZE, "%.200s:%u: %s", loading->file,
		    loading->line[options_load_index(option)], option->name);
	else
		snprintf(out, ORIGIN_SIZE, "%s", option->name);
}

/* "; did you mean limits.rooms?", or nothing if that is NULL. */
#define HINT_SIZE (OPTION_NAME_SIZE + 32)
static void
write_hint(const char *meant, char out[HINT_SIZE])
{
	out[0] = '\0';
	if (meant != NULL)
		snprintf(out, HINT_SIZE, "; did you mean %s?", meant);
}

/* What is wrong with a value. */
static bool
fail_value(struct options_load *loading, const struct option *option,
    enum options_load_rank rank, struct str value)
{
	char from[ORIGIN_SIZE], takes[OPTION_TAKES_SIZE], hint[HINT_SIZE];
	const char *meant;
	struct str name;

	options_load_origin(loading, option, rank, from);
	if (option->type == OPTION_LISTEN &&
	    listen_misspells_dialect(value, &name, &meant)) {
		write_hint(meant, hint);
		return options_load_fail(loading, rank,
		    "%s: there is no dialect \"%.*s\"%s", from, QUOTE(name),
		    hint);
	}
	option_takes(option, takes);
	return options_load_fail(loading, rank, "%s: \"%.*s\": expected %s",
	    from, QUOTE(value), takes);
}

/*
 * One value. It must be good even where it has no say: better to hear of it
 * now than on the day when the flag above it goes.
 */
bool
options_load_assign(struct options_load *loading, const struct option *option,
    enum options_load_rank rank, struct str value)
{
	enum options_load_rank *had =
	    &loading->rank[options_load_index(option)];
	struct options changed = *loading->out;

	if (option->type == OPTION_LISTEN && rank != *had)
		listen_clear(&changed.listeners);
	if (!option_parse(option, value, &changed))
		return fail_value(loading, option, rank, value);
	if (rank >= *had) {
		*loading->out = changed;
		*had = rank;
	}
	return true;
}

bool
options_load_fail_unknown(struct options_load *loading,
    enum options_load_rank rank, enum option_style style, const char *before,
    struct str name)
{
	const struct option *meant = option_closest(style, name);
	char spelling[OPTION_NAME_SIZE], hint[HINT_SIZE];

	if (meant != NULL)
		option_spell(meant->name, style, spelling);
	write_hint(meant != NULL ? spelling : NULL, hint);
	return options_load_fail(loading, rank,
	    "%s%.*s: there is no such option%s", before, QUOTE(name), hint);
}
