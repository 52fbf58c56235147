/*
 * Runs every suite that was linked in, each in a process of its own: a fork for
 * each test takes longer with each result of another suite. CK_FORK=no keeps
 * all in this one, CK_RUN_SUITE=name runs one.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/suite.h"

#define SUITES_MAX 256

static struct {
	const char *name;
	Suite *(*make)(void);
} suites[SUITES_MAX];
static size_t suite_count;

void
suite_register(const char *name, Suite *(*make)(void))
{
	if (suite_count == SUITES_MAX)
		abort();
	suites[suite_count].name = name;
	suites[suite_count++].make = make;
}

static bool
suite_run(size_t at)
{
	SRunner *runner = srunner_create(suites[at].make());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0;
}

static bool
suite_run_apart(size_t at)
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0)
		exit(suite_run(at) ? EXIT_SUCCESS : EXIT_FAILURE);
	return child > 0 && waitpid(child, &status, 0) == child &&
	       WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

int
main(void)
{
	const char *forks = getenv("CK_FORK"), *one = getenv("CK_RUN_SUITE");
	bool is_apart = forks == NULL || strcmp(forks, "no") != 0;
	size_t ran = 0;
	bool ok = true;

	for (size_t i = 0; i < suite_count; i++) {
		if (one != NULL && strcmp(one, suites[i].name) != 0)
			continue;
		ran++;
		ok &= is_apart ? suite_run_apart(i) : suite_run(i);
	}
	return ok && ran > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
