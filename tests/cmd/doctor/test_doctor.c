#include "cmd/parleyd/doctor/checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/suite.h"

/* Figures of a kernel, in a folder. */
static char proc[32];
static struct options options;
static struct doctor doctor;

static void
setup(void)
{
	strcpy(proc, "/tmp/parley-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(proc));
	memset(&options, 0, sizeof(options));
	options.transport.connections = 10000;
	options.transport.memory = 1 << 20;
	doctor = (struct doctor){ .options = &options, .proc = proc };
	doctor.findings.check = "test";
}

static void
teardown(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", proc);
	ck_assert_int_eq(system(command), 0);
	findings_fini(&doctor.findings);
}

static void
figure_write(const char *folder, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "mkdir -p %s/%s", proc, folder);
	ck_assert_int_eq(system(path), 0);
	snprintf(path, sizeof(path), "%s/%s/%s", proc, folder, name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

static const struct {
	void (*check)(struct doctor *);
	const char *folder, *name, *figure;
	enum finding_severity severity;
	const char *remedy;
} figures[] = {
	{ check_backlog, "sys/net/core", "somaxconn", "128\n", FINDING_WARNING,
	    "sysctl -w net.core.somaxconn=4096" },
	{ check_backlog, "sys/net/core", "somaxconn", "4096\n", FINDING_OK,
	    "" },
	/* 10 000 connections of 16 KiB are 40 000 pages. */
	{ check_tcp_memory, "sys/net/ipv4", "tcp_mem", "1\t2\t39999\n",
	    FINDING_WARNING,
	    "sysctl -w net.ipv4.tcp_mem=\"20000 30000 40000\", or fewer "
	    "connections" },
	{ check_tcp_memory, "sys/net/ipv4", "tcp_mem", "1\t2\t40000\n",
	    FINDING_OK, "" },
	{ check_files, "sys/fs", "file-max", "10000\n", FINDING_ERROR,
	    "sysctl -w fs.file-max=40256" },
};

START_TEST(judges_a_figure_of_the_kernel)
{
	const struct finding *last;

	figure_write(figures[_i].folder, figures[_i].name, figures[_i].figure);
	figures[_i].check(&doctor);
	ck_assert_uint_gt(doctor.findings.count, 0);
	last = &doctor.findings.at[doctor.findings.count - 1];
	ck_assert_int_eq(last->severity, figures[_i].severity);
	ck_assert_str_eq(last->remedy, figures[_i].remedy);
	ck_assert_int_ge(findings_worst(&doctor.findings), last->severity);
}
END_TEST

START_TEST(a_figure_that_is_not_there_is_no_finding)
{
	check_backlog(&doctor);
	check_tcp_memory(&doctor);
	ck_assert_uint_eq(doctor.findings.count, 0);
	figure_write("sys/net/core", "somaxconn", "many\n");
	check_backlog(&doctor);
	ck_assert_uint_eq(doctor.findings.count, 0);
}
END_TEST

START_TEST(more_memory_than_there_is_is_a_warning)
{
	check_memory(&doctor);
	ck_assert_int_eq(findings_worst(&doctor.findings), FINDING_OK);
	options.transport.memory = SIZE_MAX;
	check_memory(&doctor);
	ck_assert_int_eq(findings_worst(&doctor.findings), FINDING_WARNING);
	ck_assert_ptr_nonnull(strstr(doctor.findings.at[1].remedy,
	    "limits.memory = "));
}
END_TEST

START_TEST(takes_paths_off_a_list)
{
	const char *list = "/a b , /c,, /d";
	char path[TLS_PATHS_SIZE];

	ck_assert(path_list_take(&list, path));
	ck_assert_str_eq(path, "/a b");
	ck_assert(path_list_take(&list, path));
	ck_assert_str_eq(path, "/c");
	ck_assert(path_list_take(&list, path));
	ck_assert_str_eq(path, "/d");
	ck_assert(!path_list_take(&list, path));
}
END_TEST

SUITE(doctor)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, judges_a_figure_of_the_kernel, 0,
	    COUNT_OF(figures));
	tcase_add_test(tests, a_figure_that_is_not_there_is_no_finding);
	tcase_add_test(tests, more_memory_than_there_is_is_a_warning);
	tcase_add_test(tests, takes_paths_off_a_list);
}
