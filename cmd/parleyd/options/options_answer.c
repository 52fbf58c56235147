/* The answers to --help, --version, --check-config and --print-config. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "cmd/parleyd/options/option.h"

static const char usage[] =
    "parleyd: a chat server for WebSocket clients\n"
    "\n"
    "Usage: parleyd [--config FILE] [--OPTION VALUE]...\n"
    "       parleyd store check|stats|rooms|dump|repair|delete-room DIR ...\n"
    "       parleyd user add|passwd|role|lock|unlock|remove|list ...\n"
    "       parleyd token --key FILE --sub USER [OPTION]...\n"
    "       parleyd doctor [--url URL] [OPTION]...\n"
    "       parleyd health [--url URL] [OPTION]...\n"
    "       parleyd ctl [--url URL] COMMAND [ARGUMENT]...\n"
    "\n"
    "  --config FILE    read options from a file, \"name = value\" in a line\n"
    "  --check-config   check all options, and exit\n"
    "  --print-config   print the options in effect as such a file, and exit\n"
    "  --help=conf      print a sample of such a file\n"
    "  --version        print the version, and exit\n"
    "  --help           print this, and exit\n"
    "\n"
    "An option such as --limits-rooms can also be set in the environment, as\n"
    "PARLEY_LIMITS_ROOMS, and in the file, as limits.rooms. Flags override "
    "the\n"
    "environment, which overrides the file. All options with their defaults:\n";

#define WIDTH 79

/* Prints a sentence in lines that begin with indent. */
static void
wrapped_print(FILE *out, const char *text, const char *indent)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t word = strcspn(text, " ");

		if (column > 0 && column + 1 + word > WIDTH) {
			fputc('\n', out);
			column = 0;
		}
		column += (size_t)fprintf(out, "%s%.*s",
		    column == 0 ? indent : " ", (int)word, text);
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void
help_print(FILE *out)
{
	char name[OPTION_NAME_SIZE], takes[OPTION_TAKES_SIZE];

	fputs(usage, out);
	for (size_t i = 0; i < option_count; i++) {
		const struct option *option = &option_table[i];

		if (option->section != NULL)
			fprintf(out, "\n%s\n", option->section);
		option_spell(option->name, OPTION_STYLE_FLAG, name);
		option_takes(option, takes);
		fprintf(out, "  %s %s\n", name, option->preset);
		wrapped_print(out, option->help, "      ");
		wrapped_print(out, takes, "      = ");
	}
}

static void
markdown_print(FILE *out)
{
	char takes[OPTION_TAKES_SIZE];

	for (size_t i = 0; i < option_count; i++) {
		const struct option *option = &option_table[i];

		if (option->section != NULL)
			fprintf(out,
			    "%s### %s\n\n| option | default | meaning |\n"
			    "| --- | --- | --- |\n",
			    i == 0 ? "" : "\n", option->section);
		option_takes(option, takes);
		fprintf(out, "| `%s` | %s | %s Takes %s.%s |\n", option->name,
		    option->preset, option->help, takes,
		    option->needs_restart ? " A change needs a restart." : "");
	}
}

/* The options of a man page; share/man/ has the rest of it. */
static void
man_print(enum option_style style, FILE *out)
{
	const char *between = style == OPTION_STYLE_FILE ? " = " : " ";
	char name[OPTION_NAME_SIZE], takes[OPTION_TAKES_SIZE];

	for (size_t i = 0; i < option_count; i++) {
		const struct option *option = &option_table[i];

		if (option->section != NULL)
			fprintf(out, ".SS %s\n", option->section);
		option_spell(option->name, style, name);
		option_takes(option, takes);
		fprintf(out, ".TP\n.B \"%s%s%s\"\n%s\nTakes %s.%s\n", name,
		    between, option->preset, option->help, takes,
		    option->needs_restart ? " A change needs a restart." : "");
	}
}

/* A file of all options with their presets, each as a comment. */
static void
sample_print(FILE *out)
{
	char takes[OPTION_TAKES_SIZE];

	fputs(
	    "# Options of parleyd. A line without # takes effect; those here\n"
	    "# have the defaults. See parley.conf(5). After a change:\n"
	    "# parleyd --config FILE --check-config, then a reload.\n",
	    out);
	for (size_t i = 0; i < option_count; i++) {
		const struct option *option = &option_table[i];

		if (option->section != NULL)
			fprintf(out, "\n# --- %s ---\n", option->section);
		option_takes(option, takes);
		fputc('\n', out);
		wrapped_print(out, option->help, "# ");
		wrapped_print(out, takes, "# = ");
		if (option->needs_restart)
			fputs("# A change needs a restart.\n", out);
		fprintf(out, "#%s = %s\n", option->name, option->preset);
	}
}

static void
config_print(const struct options *options, FILE *out)
{
	char value[OPTION_TEXT_SIZE];

	for (size_t i = 0; i < option_count; i++) {
		const struct option *option = &option_table[i];

		if (option->section != NULL)
			fprintf(out, "%s# %s\n", i == 0 ? "" : "\n",
			    option->section);
		option_format(option, options, value);
		fprintf(out, "%s%s = %s\n",
		    option->is_secret && strcmp(value, "***") == 0 ? "# " : "",
		    option->name, value);
	}
}

void
options_answer(const struct options *options, FILE *out)
{
	switch (options->action) {
	case OPTIONS_HELP:
		help_print(out);
		break;
	case OPTIONS_HELP_MARKDOWN:
		markdown_print(out);
		break;
	case OPTIONS_HELP_MAN:
		man_print(OPTION_STYLE_FLAG, out);
		break;
	case OPTIONS_HELP_CONF_MAN:
		man_print(OPTION_STYLE_FILE, out);
		break;
	case OPTIONS_HELP_CONF:
		sample_print(out);
		break;
	case OPTIONS_VERSION:
		fputs("parleyd " PARLEY_VERSION "\n", out);
		break;
	case OPTIONS_CHECK_CONFIG:
		fputs("parleyd: the options are valid\n", out);
		break;
	case OPTIONS_PRINT_CONFIG:
		config_print(options, out);
		break;
	case OPTIONS_RUN:
		assert(options->action != OPTIONS_RUN);
	}
}
