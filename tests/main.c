/* Runs every suite that was linked in. CK_RUN_SUITE=name runs one. */
#include <stdlib.h>

#include "tests/suite.h"

#define SUITES_MAX 128

static Suite *(*makers[SUITES_MAX])(void);
static size_t maker_count;

void
suite_register(Suite *(*make)(void))
{
	if (maker_count == SUITES_MAX)
		abort();
	makers[maker_count++] = make;
}

int
main(void)
{
	SRunner *runner = srunner_create(NULL);
	int failed;

	for (size_t i = 0; i < maker_count; i++)
		srunner_add_suite(runner, makers[i]());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 && maker_count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
