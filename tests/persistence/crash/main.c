/*
 * crash_store: runs random scenarios on a store, with crashes, damage and
 * failures. Messages that were acknowledged or shown must always be found
 * again.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "domain/base/count_of.h"
#include "tests/persistence/crash/crashes.h"
#include "tests/persistence/crash/damages.h"
#include "tests/persistence/crash/faults.h"

static const struct subject_kind *const kinds[] = { &journal_subject,
	&stores_subject };

struct options {
	size_t crashes; /* at least so many */
	uint64_t seed;  /* of the first scenario */
	const struct subject_kind *only_kind;
	int only_sync; /* -1: each */
	struct where only;
	bool has_only;
};

enum {
	OPTION_CRASHES = 1,
	OPTION_SEED,
	OPTION_OVER,
	OPTION_SYNC,
	OPTION_ONLY,
	OPTION_AT,
	OPTION_SHAPE,
	OPTION_VARIANT,
	OPTION_INNER_AT,
	OPTION_INNER_SHAPE,
	OPTION_ERROR
};

static const struct option long_options[] = {
	{ "crashes", required_argument, NULL, OPTION_CRASHES },
	{ "seed", required_argument, NULL, OPTION_SEED },
	{ "over", required_argument, NULL, OPTION_OVER },
	{ "sync", required_argument, NULL, OPTION_SYNC },
	{ "only", required_argument, NULL, OPTION_ONLY },
	{ "at", required_argument, NULL, OPTION_AT },
	{ "shape", required_argument, NULL, OPTION_SHAPE },
	{ "variant", required_argument, NULL, OPTION_VARIANT },
	{ "inner-at", required_argument, NULL, OPTION_INNER_AT },
	{ "inner-shape", required_argument, NULL, OPTION_INNER_SHAPE },
	{ "error", required_argument, NULL, OPTION_ERROR },
	{ 0 },
};

static _Noreturn void
crash_store_usage(void)
{
	fputs("usage: crash_store [--crashes COUNT] [--seed SEED]\n"
	      "                   [--over STORE] [--sync POLICY]\n"
	      "and, to repeat one case, the options that it printed\n",
	    stderr);
	exit(2);
}

static const struct subject_kind *
kind_named(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	crash_store_usage();
}

static int
sync_named(const char *name)
{
	for (int i = 0; sync_names[i] != NULL; i++)
		if (strcmp(sync_names[i], name) == 0)
			return i;
	crash_store_usage();
}

static void
set_option(struct options *options, int option, const char *text)
{
	struct where *only = &options->only;
	int *const numbers[] = { [OPTION_AT] = &only->at,
		[OPTION_SHAPE] = &only->shape,
		[OPTION_VARIANT] = &only->variant,
		[OPTION_INNER_AT] = &only->inner_at,
		[OPTION_INNER_SHAPE] = &only->inner_shape,
		[OPTION_ERROR] = &only->error };

	if (option >= OPTION_AT) {
		*numbers[option] = atoi(text);
	} else if (option == OPTION_CRASHES) {
		options->crashes = strtoul(text, NULL, 10);
	} else if (option == OPTION_SEED) {
		options->seed = strtoull(text, NULL, 10);
	} else if (option == OPTION_OVER) {
		options->only_kind = kind_named(text);
	} else if (option == OPTION_SYNC) {
		options->only_sync = sync_named(text);
	} else {
		options->has_only = true;
		only->what = text;
	}
}

static void
read_options(struct options *options, int argc, char **argv)
{
	int option;

	*options = (struct options){ .crashes = 20000,
		.seed = 1,
		.only_sync = -1,
		.only = { .at = -1,
		    .shape = -1,
		    .variant = -1,
		    .inner_at = -1,
		    .inner_shape = -1 } };
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) > 0) {
		if (option == '?')
			crash_store_usage();
		set_option(options, option, optarg);
	}
	if (optind != argc)
		crash_store_usage();
}

static bool
case_is_wanted(const struct options *options, const char *what)
{
	return !options->has_only || strcmp(options->only.what, what) == 0;
}

static void
scenario_try(const struct options *options, const struct subject_kind *kind,
    enum store_sync sync, uint64_t seed)
{
	const struct where *only =
	    options->has_only && options->only.at >= 0 ? &options->only : NULL;
	struct crash_plan crashes = { kind, sync, seed, 60, 3, 50, only };
	struct fault_plan faults = { kind, sync, seed, 60, only };
	struct damage_plan damages = { kind, sync, seed, 50, 5, 20, only };

	if (case_is_wanted(options, "crash"))
		crashes_try(&crashes);
	if (case_is_wanted(options, "damage"))
		damages_try(&damages);
	if (case_is_wanted(options, "fault"))
		faults_try(&faults);
	if (case_is_wanted(options, "memory"))
		memory_try(&faults);
}

static bool
is_enough(const struct options *options)
{
	size_t crashes = counts.crashes + counts.crashes_inside;
	size_t others = counts.damages + counts.faults + counts.lacks_of_memory;

	if (options->has_only && strcmp(options->only.what, "crash") != 0)
		return others >= options->crashes;
	return crashes >= options->crashes;
}

/* The same seed over each store, with each policy. */
static void
scenarios_try(const struct options *options, uint64_t seed)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		if (options->only_kind != NULL &&
		    options->only_kind != kinds[i])
			continue;
		for (int sync = 0; sync_names[sync] != NULL; sync++)
			if ((options->only_sync < 0 ||
				options->only_sync == sync) &&
			    !is_enough(options))
				scenario_try(options, kinds[i],
				    (enum store_sync)sync, seed);
	}
}

int
main(int argc, char **argv)
{
	struct options options;
	uint64_t seed;

	read_options(&options, argc, argv);
	seed = options.seed;
	do
		scenarios_try(&options, seed++);
	while (options.only.at < 0 && !is_enough(&options));
	printf("crash_store: everything was found: %zu scenarios, %zu crashes, "
	       "%zu crashes inside recovery, %zu damages, %zu faults, "
	       "%zu lacks of memory; %.1f s\n",
	    counts.scenarios, counts.crashes, counts.crashes_inside,
	    counts.damages, counts.faults, counts.lacks_of_memory,
	    (double)clock() / CLOCKS_PER_SEC);
	return 0;
}
