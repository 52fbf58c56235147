/* cluster_sim [--seeds N] [--from SEED] [--faults BITS] [--story] [--plants] */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "domain/base/id_map.h"
#include "domain/log.h"
#include "tests/cluster/simulation/simulation.h"

#define PLANT_SCHEDULES 2000

struct totals {
	uint64_t acked, unknown, refused, lost, resumed, declared;
	uint64_t restarts, scripts, sent, repeated, gaps;
};

static uint64_t
number_argument(int argc, char **argv, const char *name, uint64_t preset)
{
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return strtoull(argv[i + 1], NULL, 0);
	return preset;
}

static bool
has_argument(int argc, char **argv, const char *name)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return false;
}

/* False: a violation; the options to repeat it are printed. */
static bool
seed_run(uint64_t seed, unsigned faults, FILE *story, struct totals *totals)
{
	struct sim_result result;

	simulate(seed, faults, PLANT_NOTHING, story, &result);
	totals->acked += result.acked;
	totals->unknown += result.unknown;
	totals->refused += result.refused;
	totals->lost += result.lost;
	totals->resumed += result.resumed;
	totals->declared += result.declared;
	totals->restarts += result.restarts;
	totals->scripts += result.scripts;
	totals->sent += result.sent;
	totals->repeated += result.repeated;
	totals->gaps += result.gaps;
	if (result.violation == NULL)
		return true;
	printf("%s does not hold at %" PRId64 " ms: %s\n"
	       "repeat: cluster_sim --from %" PRIu64
	       " --seeds 1 --faults %u --story\n",
	    result.violation, result.at_ms, result.detail, seed, faults);
	return false;
}

/* How many schedules until a planted fault is noticed; 0: it is not. */
static uint64_t
plant_notice(enum sim_plant plant, unsigned faults, struct sim_result *result)
{
	for (uint64_t seed = 1; seed <= PLANT_SCHEDULES; seed++) {
		simulate(seed, faults, plant, NULL, result);
		if (result->violation != NULL)
			return seed;
	}
	return 0;
}

/* False: a planted fault is not noticed. */
static bool
plants_notice(unsigned faults)
{
	bool all = true;

	for (int plant = PLANT_NOTHING + 1; plant < SIM_PLANTS; plant++) {
		struct sim_result result;
		uint64_t after =
		    plant_notice((enum sim_plant)plant, faults, &result);

		printf("planted fault %d: %s after %" PRIu64 " schedules\n",
		    plant, after == 0 ? "not noticed" : result.violation,
		    after);
		all = all && after != 0;
	}
	return all;
}

static void
line_print(enum log_level level, const char *line)
{
	printf("       %s: %s\n", log_level_word(level), line);
}

int
main(int argc, char **argv)
{
	uint64_t count = number_argument(argc, argv, "--seeds", 1000);
	uint64_t from = number_argument(argc, argv, "--from", 1);
	unsigned faults =
	    (unsigned)number_argument(argc, argv, "--faults", SIM_FAULTS - 1);
	uint64_t most = number_argument(argc, argv, "--failures", 1);
	FILE *story = has_argument(argc, argv, "--story") ? stdout : NULL;
	struct totals totals = { 0 };
	uint64_t failures = 0, seed;

	id_map_seed(1);
	if (story != NULL)
		log_set_sink(line_print, LOG_DEBUG);
	if (has_argument(argc, argv, "--plants"))
		return !plants_notice(faults);
	for (seed = from; seed < from + count && failures < most; seed++)
		failures += !seed_run(seed, faults, story, &totals);
	printf("%" PRIu64 " schedules: %" PRIu64 " messages acknowledged, "
	       "%" PRIu64 " of them lost, %" PRIu64 " refused, %" PRIu64
	       " unknown; %" PRIu64 " resumed, %" PRIu64
	       " in another epoch; %" PRIu64 " nodes killed; %" PRIu64
	       " scripts; %" PRIu64 " events sent, %" PRIu64
	       " of them again, in %" PRIu64 " schedules with a gap; %" PRIu64
	       " failures\n",
	    seed - from, totals.acked, totals.lost, totals.refused,
	    totals.unknown, totals.resumed, totals.declared, totals.restarts,
	    totals.scripts, totals.sent + totals.repeated, totals.repeated,
	    totals.gaps, failures);
	return failures > 0;
}
