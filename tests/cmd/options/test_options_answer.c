#include <stdlib.h>
#include <unistd.h>

#include "cmd/parleyd/options/option.h"
#include "tests/suite.h"

static char *no_environment[] = { NULL };

static bool
options_load_flag(struct options *out, char *flag, char *value)
{
	char *argv[] = { "parleyd", flag, value, NULL };
	struct options_sources from = { value == NULL ? 2 : 3, argv,
		no_environment };
	struct options_error error;

	return options_load(out, &from, &error);
}

/* What a flag makes the program print; freed by the caller. */
static char *
flag_answer(char *flag)
{
	struct options options;
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert(options_load_flag(&options, flag, NULL));
	options_answer(&options, out);
	fclose(out);
	return text;
}

START_TEST(the_handbook_matches_the_table)
{
	static char handbook[64 * 1024];
	FILE *file = fopen("docs/configuration.md", "r");
	char *options = flag_answer("--help=markdown");
	size_t len;

	ck_assert_msg(file != NULL, "run from the root of the tree");
	len = fread(handbook, 1, sizeof(handbook) - 1, file);
	fclose(file);
	ck_assert_uint_gt(len, strlen(options));
	ck_assert_msg(strcmp(handbook + len - strlen(options), options) == 0,
	    "docs/configuration.md is stale: make docs");
	free(options);
}
END_TEST

START_TEST(help_names_every_option_in_80_columns)
{
	char *help = flag_answer("--help");
	char flag[OPTION_NAME_SIZE + 8], name[OPTION_NAME_SIZE];

	for (size_t i = 0; i < option_count; i++) {
		option_spell(option_table[i].name, OPTION_STYLE_FLAG, name);
		snprintf(flag, sizeof(flag), "\n  %s ", name);
		ck_assert_msg(strstr(help, flag) != NULL, "%s", name);
	}
	for (char *line = strtok(help, "\n"); line != NULL;
	     line = strtok(NULL, "\n"))
		ck_assert_msg(strlen(line) <= 80, "%s", line);
	free(help);
}
END_TEST

/* Reads a text as a file of options. */
static void
options_read_text(const char *text, struct options *out)
{
	char path[] = "/tmp/parley-test-XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert(options_load_flag(out, "--config", path));
	unlink(path);
}

START_TEST(the_sample_has_the_presets)
{
	char *sample = flag_answer("--help=conf");
	struct options presets, commented, active;

	ck_assert(options_load_flag(&presets, "--check-config", NULL));
	presets.action = OPTIONS_RUN;
	options_read_text(sample, &commented);
	for (char *at = strchr(sample, '#'); at != NULL;
	     at = strchr(at + 1, '#'))
		if (at[1] >= 'a' && at[1] <= 'z')
			*at = ' ';
	options_read_text(sample, &active);
	for (size_t i = 0; i < option_count; i++) {
		char text[3][OPTION_TEXT_SIZE];

		ck_assert_ptr_nonnull(strstr(sample, option_table[i].name));
		option_format(&option_table[i], &presets, text[0]);
		option_format(&option_table[i], &commented, text[1]);
		option_format(&option_table[i], &active, text[2]);
		ck_assert_str_eq(text[0], text[1]);
		ck_assert_str_eq(text[0], text[2]);
	}
	free(sample);
}
END_TEST

START_TEST(what_it_prints_can_be_read_again)
{
	char path[] = "/tmp/parley-test-XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");
	struct options printed, read;
	char *text = flag_answer("--print-config");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert(options_load_flag(&printed, "--print-config", NULL));
	ck_assert(options_load_flag(&read, "--config", path));
	read.action = OPTIONS_PRINT_CONFIG;
	ck_assert_mem_eq(&printed, &read, sizeof(read));
	unlink(path);
	free(text);
}
END_TEST

START_TEST(prints_its_version)
{
	char *text = flag_answer("--version");

	ck_assert_str_eq(text, "parleyd " PARLEY_VERSION "\n");
	free(text);
}
END_TEST

START_TEST(prints_that_all_is_in_order)
{
	char *text = flag_answer("--check-config");

	ck_assert_str_eq(text, "parleyd: the options are valid\n");
	free(text);
}
END_TEST

SUITE(options_answer)
{
	tcase_add_test(tests, the_handbook_matches_the_table);
	tcase_add_test(tests, help_names_every_option_in_80_columns);
	tcase_add_test(tests, the_sample_has_the_presets);
	tcase_add_test(tests, what_it_prints_can_be_read_again);
	tcase_add_test(tests, prints_its_version);
	tcase_add_test(tests, prints_that_all_is_in_order);
}
