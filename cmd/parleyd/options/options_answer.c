#include <assert.h>
#include <stdio.h>

#include "cmd/parleyd/options/option.h"

static const char usage[] =
    "parleyd: a chat server for WebSocket clients\n"
    "\n"
    "Usage: parleyd [--config FILE] [--OPTION VALUE]...\n"
    "       parleyd store check|stats|dump|repair DIR\n"
    "\n"
    "  --config FILE    read options from a file, \"name = value\" in a line\n"
    "  --check-config   say whether all options are in order, and exit\n"
    "  --print-config   print the options in effect as such a file, and exit\n"
    "  --version        print the version, and exit\n"
    "  --help           print this, and exit\n"
    "\n"
    "An option such as --limits-rooms can also be in the environment, as\n"
    "PARLEY_LIMITS_ROOMS, and in the file, as limits.rooms. A flag goes\n"
    "before the environment, that before the file. Here are all of them\n"
    "with their defaults.\n";

#define WIDTH 79

/* Words of a sentence, in lines that begin with indent. */
static void
print_wrapped(FILE *out, const char *text, const char *indent)
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
print_help(FILE *out)
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
		print_wrapped(out, option->help, "      ");
		print_wrapped(out, takes, "      = ");
	}
}

static void
print_markdown(FILE *out)
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

static void
print_config(const struct options *options, FILE *out)
{
	char value[OPTION_TEXT_SIZE];

	for (size_t i = 0; i < option_count; i++) {
		const struct option *option = &option_table[i];

		if (option->section != NULL)
			fprintf(out, "%s# %s\n", i == 0 ? "" : "\n",
			    option->section);
		option_format(option, options, value);
		fprintf(out, "%s = %s\n", option->name, value);
	}
}

void
options_answer(const struct options *options, FILE *out)
{
	switch (options->action) {
	case OPTIONS_HELP:
		print_help(out);
		break;
	case OPTIONS_HELP_MARKDOWN:
		print_markdown(out);
		break;
	case OPTIONS_VERSION:
		fputs("parleyd " PARLEY_VERSION "\n", out);
		break;
	case OPTIONS_CHECK_CONFIG:
		fputs("parleyd: the options are in order\n", out);
		break;
	case OPTIONS_PRINT_CONFIG:
		print_config(options, out);
		break;
	case OPTIONS_RUN:
		assert(options->action != OPTIONS_RUN);
	}
}
