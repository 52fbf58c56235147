#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/parleyd/options/config_file.h"
#include "tests/suite.h"

/* What was visited: "1:name=value;" for each. */
static char seen[512];

static bool
setting_note(struct str name, struct str value, unsigned line, void *arg)
{
	size_t used = strlen(seen);

	(void)arg;
	snprintf(seen + used, sizeof(seen) - used, "%u:%.*s=%.*s;", line,
	    (int)name.len, name.data, (int)value.len, value.data);
	return !str_equal(name, STR("stop"));
}

static const struct {
	struct str text;
	const char *seen;
	unsigned bad_line; /* 0: none */
} texts[] = {
	{ STR(""), "", 0 },
	{ STR("\n\n"), "", 0 },
	{ STR("a = 1"), "1:a=1;", 0 },
	{ STR("a = 1\n"), "1:a=1;", 0 },
	{ STR("a=1\r\nb=2\r\n"), "1:a=1;2:b=2;", 0 },
	{ STR("\t a\t=\t1 \n"), "1:a=1;", 0 },
	{ STR("# note\n  # note\na = 1 # note\n"), "3:a=1;", 0 },
	{ STR("a = b = c d\n"), "1:a=b = c d;", 0 },
	{ STR("a =\n= 1\n"), "1:a=;2:=1;", 0 },
	{ STR("a = 1\nb\nc = 3\n"), "1:a=1;", 2 },
	{ STR("[section]\n"), "", 1 },
	{ STR("a = 1\0 2\n"), "", 1 },
	{ STR("\0"), "", 1 },
};

START_TEST(reads_line_by_line)
{
	struct config_error error;
	bool good = texts[_i].bad_line == 0;

	seen[0] = '\0';
	ck_assert(config_parse(texts[_i].text, setting_note, NULL, &error) ==
		  good);
	ck_assert_str_eq(seen, texts[_i].seen);
	ck_assert_uint_eq(error.line, texts[_i].bad_line);
	ck_assert((error.why == NULL) == good);
}
END_TEST

START_TEST(stops_when_told_to)
{
	struct config_error error;

	seen[0] = '\0';
	ck_assert(!config_parse(STR("a = 1\nstop = 2\nb = 3\n"), setting_note,
	    NULL, &error));
	ck_assert_str_eq(seen, "1:a=1;2:stop=2;");
	ck_assert_ptr_null(error.why);
}
END_TEST

/* A file of `size` bytes that begins with "a = 1" and goes on in a comment. */
static void
make_file(char *path, size_t size)
{
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	ck_assert_ptr_nonnull(file);
	for (size_t i = fprintf(file, "a = 1 #") < 0 ? 0 : 7; i < size; i++)
		fputc('x', file);
	ck_assert_int_eq(fclose(file), 0);
}

START_TEST(reads_a_file_up_to_its_bound)
{
	char path[] = "/tmp/parley-test-XXXXXX";
	struct config_error error;

	make_file(path, CONFIG_FILE_MAX);
	seen[0] = '\0';
	ck_assert(config_read(path, setting_note, NULL, &error));
	ck_assert_str_eq(seen, "1:a=1;");
	unlink(path);
}
END_TEST

START_TEST(refuses_a_file_beyond_its_bound)
{
	char path[] = "/tmp/parley-test-XXXXXX";
	struct config_error error;

	make_file(path, CONFIG_FILE_MAX + 1);
	ck_assert(!config_read(path, setting_note, NULL, &error));
	ck_assert_uint_eq(error.line, 0);
	ck_assert_str_eq(error.why, "larger than 1 MiB");
	unlink(path);
}
END_TEST

START_TEST(reports_why_a_file_cannot_be_read)
{
	struct config_error error;

	ck_assert(!config_read("/nowhere/parley.conf", setting_note, NULL,
	    &error));
	ck_assert_str_eq(error.why, "No such file or directory");
	ck_assert(!config_read("/", setting_note, NULL, &error));
	ck_assert_str_eq(error.why, "Is a directory");
}
END_TEST

SUITE(config_file)
{
	tcase_add_loop_test(tests, reads_line_by_line, 0, COUNT_OF(texts));
	tcase_add_test(tests, stops_when_told_to);
	tcase_add_test(tests, reads_a_file_up_to_its_bound);
	tcase_add_test(tests, refuses_a_file_beyond_its_bound);
	tcase_add_test(tests, reports_why_a_file_cannot_be_read);
}
