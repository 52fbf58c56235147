#include "cmd/parleyd/options/options_load.h"

#include <stdarg.h>
#include <stdio.h>
#include <sysexits.h>

#define ORIGIN_SIZE 320

/* The longest quotation of a name or value: for "%.*s". */
#define QUOTE_MOST 64
#define QUOTE(text) \
	(int)((text).len < QUOTE_MOST ? (text).len : QUOTE_MOST), (text).data

size_t
options_load_index(const struct option *option)
{
	return (size_t)(option - option_table);
}

/* An error in the command line is a usage error, others are configuration. */
bool
options_load_fail(struct options_load *load, enum options_load_rank rank,
    const char *format, ...)
{
	struct options_error *error = load->error;
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	for (char *c = error->text; *c != '\0'; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?'; /* the error stays one line */
	}
	error->exit_code = rank == FROM_FLAG ? EX_USAGE : EX_CONFIG;
	return false;
}

/* "--limits-rooms", "PARLEY_LIMITS_ROOMS", "parley.conf:3: limits.rooms" */
static void
options_load_origin(const struct options_load *load,
    const struct option *option, enum options_load_rank rank,
    char out[ORIGIN_SIZE])
{
	if (rank == FROM_FLAG)
		option_spell(option->name, OPTION_STYLE_FLAG, out);
	else if (rank == FROM_ENV)
		option_spell(option->name, OPTION_STYLE_ENV, out);
	else if (rank == FROM_FILE)
		snprintf(out, ORIGIN_SIZE, "%.200s:%u: %s", load->file,
		    load->line[options_load_index(option)], option->name);
	else
		snprintf(out, ORIGIN_SIZE, "%s", option->name);
}

/* "; did you mean limits.rooms?", or nothing if that is NULL. */
#define HINT_SIZE (OPTION_NAME_SIZE + 32)
static void
hint_write(const char *suggestion, char out[HINT_SIZE])
{
	out[0] = '\0';
	if (suggestion != NULL)
		snprintf(out, HINT_SIZE, "; did you mean %s?", suggestion);
}

/* Reports a value that the option does not take. */
static bool
value_fail(struct options_load *load, const struct option *option,
    enum options_load_rank rank, struct str value)
{
	char from[ORIGIN_SIZE], takes[OPTION_TAKES_SIZE], hint[HINT_SIZE];
	const char *suggestion;
	struct str name;

	options_load_origin(load, option, rank, from);
	if (option->type == OPTION_LISTEN &&
	    listen_misspells_dialect(value, &name, &suggestion)) {
		hint_write(suggestion, hint);
		return options_load_fail(load, rank,
		    "%s: there is no dialect \"%.*s\"%s", from, QUOTE(name),
		    hint);
	}
	option_takes(option, takes);
	return options_load_fail(load, rank, "%s: \"%.*s\": expected %s", from,
	    QUOTE(value), takes);
}

/*
 * A value is checked even if another source overrides it: an error must not
 * wait until that source is removed.
 */
bool
options_load_assign(struct options_load *load, const struct option *option,
    enum options_load_rank rank, struct str value)
{
	enum options_load_rank *rank_before =
	    &load->rank[options_load_index(option)];
	struct options changed = *load->out;

	if (option->type == OPTION_LISTEN && rank != *rank_before)
		listen_clear((void *)((char *)&changed + option->offset));
	if (!option_parse(option, value, &changed))
		return value_fail(load, option, rank, value);
	if (rank >= *rank_before) {
		*load->out = changed;
		*rank_before = rank;
	}
	return true;
}

bool
options_load_fail_unknown(struct options_load *load,
    enum options_load_rank rank, enum option_style style, const char *before,
    struct str name)
{
	const struct option *suggestion = option_closest(style, name);
	char spelling[OPTION_NAME_SIZE], hint[HINT_SIZE];

	if (suggestion != NULL)
		option_spell(suggestion->name, style, spelling);
	hint_write(suggestion != NULL ? spelling : NULL, hint);
	return options_load_fail(load, rank,
	    "%s%.*s: there is no such option%s", before, QUOTE(name), hint);
}
