#include "tests/persistence/crash/faults.h"

#include <errno.h>

#include "domain/base/count_of.h"
#include "tests/persistence/crash/scenario.h"
#include "tests/support/failing_malloc.h"

static struct scenario scenario;

static void
fault_scenario_begin(const struct fault_plan *plan, const char *what)
{
	where = (struct where){ .what = what,
		.over = plan->kind->name,
		.sync = sync_names[plan->sync],
		.seed = plan->seed,
		.inner_at = -1 };
	scenario_begin(&scenario, plan->kind, plan->sync, plan->seed);
	scenario.may_fail = true;
	scenario.may_lose = plan->sync != STORE_SYNC_ALWAYS;
}

/*
 * Runs the scenario. Acknowledged messages must be found when calls succeed
 * again.
 */
static void
fault_scenario_run(const struct fault_plan *plan)
{
	if (scenario_open(&scenario))
		scenario_run(&scenario, plan->steps);
}

static void
fault_scenario_end(void)
{
	scenario_end_faults(&scenario);
	scenario_run(&scenario, 3);
	scenario_end(&scenario);
}

/* False: there are fewer such calls. */
static bool
fail_at(const struct fault_plan *plan, struct disk_fault fault)
{
	bool is_hit;

	fault_scenario_begin(plan, "fault");
	where.at = (int)fault.nth;
	where.shape = (int)fault.call;
	where.variant = fault.forever;
	where.error = fault.error;
	scenario.fault = fault;
	memory_disk_fail(scenario.memory, fault);
	fault_scenario_run(plan);
	is_hit = memory_disk_failures(scenario.memory) > 0;
	fault_scenario_end();
	counts.faults += is_hit;
	return is_hit;
}

static const int errors[] = { EIO, ENOSPC, EDQUOT, EINTR, EMFILE, ENOMEM, 0 };

/* EINTR does not last for ever; only these calls can be short. */
static bool
fault_is_possible(const struct disk_fault *fault)
{
	if (fault->error == EINTR)
		return !fault->forever;
	return fault->error != 0 || fault->call == DISK_CALL_PREAD ||
	       fault->call == DISK_CALL_PWRITE;
}

static void
fault_each_call(const struct fault_plan *plan, struct disk_fault fault)
{
	if (!fault_is_possible(&fault))
		return;
	for (fault.nth = 1; fail_at(plan, fault);)
		fault.nth++;
}

static void
fault_repeat(const struct fault_plan *plan)
{
	fail_at(plan,
	    (struct disk_fault){ .call = (enum disk_call)plan->only->shape,
		.nth = (unsigned)plan->only->at,
		.error = plan->only->error,
		.forever = plan->only->variant != 0 });
}

void
faults_try(const struct fault_plan *plan)
{
	if (plan->only != NULL) {
		fault_repeat(plan);
		return;
	}
	for (enum disk_call call = DISK_CALL_ANY + 1; call < DISK_CALLS; call++)
		for (size_t i = 0; i < COUNT_OF(errors); i++)
			for (int forever = 0; forever <= 1; forever++)
				fault_each_call(plan,
				    (struct disk_fault){ .call = call,
					.error = errors[i],
					.forever = forever != 0 });
}

/* --- memory --------------------------------------------------------------- */

static bool
run_out_at(const struct fault_plan *plan, unsigned n)
{
	bool is_hit;

	fault_scenario_begin(plan, "memory");
	where.at = (int)n;
	malloc_fail_at(n);
	fault_scenario_run(plan);
	malloc_fail_at(0);
	is_hit = malloc_has_failed();
	fault_scenario_end();
	counts.lacks_of_memory += is_hit;
	return is_hit;
}

void
memory_try(const struct fault_plan *plan)
{
	unsigned n = 1;

	if (plan->only != NULL) {
		(void)run_out_at(plan, (unsigned)plan->only->at);
		return;
	}
	while (run_out_at(plan, n))
		n++;
}
