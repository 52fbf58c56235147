#include "tests/persistence/crash/damages.h"

#include <string.h>

#include "tests/persistence/crash/losses.h"
#include "tests/persistence/crash/scenario.h"

static const struct damage_plan *plan;
static struct scenario scenario;
static struct ledger ledger, later;
static struct content content, again;
static struct losses losses;

static struct subject *
open_damaged(struct memory_disk *disk, struct content *into,
    struct finding *finding)
{
	struct subject *subject;
	enum opened opened = scenario.kind->open(disk, &scenario.options,
	    &subject, into, finding);

	if (opened != OPENED)
		violation("what is left cannot be opened (%d)", opened);
	return subject;
}

static void
damage_leave(struct memory_disk *disk, struct subject *subject)
{
	memory_disk_watch(disk, NULL, NULL);
	memory_disk_stop_after(disk, 0);
	scenario.kind->close(subject);
	memory_disk_destroy(disk);
}

/*
 * A loss is reported once. A second recovery finds the same content. Takes the
 * disk.
 */
static void
damage_examine(struct memory_disk *damaged)
{
	struct finding finding;
	struct subject *subject;
	struct memory_disk *left;

	ledger_read(&later, damaged);
	subject = open_damaged(damaged, &content, &finding);
	losses_check(&losses, &scenario.model, &content);
	if (finding.is_reported)
		losses_check_count(&losses,
		    finding.lost_records + later.reported);
	left = memory_disk_crash(damaged, CRASH_NOTHING, 0);
	damage_leave(damaged, subject);
	subject = open_damaged(left, &again, &finding);
	if (finding.lost_records > 0)
		violation("the same loss is reported twice");
	if (!content_is_equal(&content, &again))
		violation("the second recovery differs from the first");
	damage_leave(left, subject);
}

/*
 * Without a sync all written data is there until the system stops, and a power
 * cut may remove any of it.
 */
static enum crash_shape
worst_shape(void)
{
	return plan->sync == STORE_SYNC_ALWAYS ? CRASH_ALL : CRASH_KILL;
}

/* --- crashes during the repair ------------------------------------------- */

static void
damage_crash_recovery(struct memory_disk *memory, enum disk_call call,
    void *arg)
{
	(void)call;
	(void)arg;
	where.inner_at++;
	for (int shape = 0; shape < CRASH_SHAPES; shape++) {
		if (plan->sync != STORE_SYNC_ALWAYS && shape != CRASH_KILL)
			continue;
		where.inner_shape = shape;
		if (plan->only != NULL &&
		    (plan->only->inner_at != where.inner_at ||
			plan->only->inner_shape != shape))
			continue;
		damage_examine(memory_disk_crash(memory,
		    (enum crash_shape)shape, (uint64_t)where.inner_at));
		counts.crashes_inside++;
	}
}

/* Takes the disk. */
static void
damage_examine_recovery(struct memory_disk *damaged)
{
	struct finding finding;

	where.inner_at = 0;
	memory_disk_watch(damaged, damage_crash_recovery, NULL);
	damage_leave(damaged, open_damaged(damaged, &content, &finding));
	where.inner_at = -1;
}

static bool
damage_crashes_recovery(void)
{
	return plan->only != NULL ? plan->only->inner_at >= 0
				  : counts.damages % plan->inner_each == 0;
}

/* A store of a newer program is refused and not changed. */
static bool
is_refused(struct memory_disk *damaged)
{
	struct memory_disk *copy = memory_disk_crash(damaged, CRASH_KILL, 0);
	struct finding finding;
	struct subject *subject;
	enum opened opened = scenario.kind->open(copy, &scenario.options,
	    &subject, &content, &finding);

	if (opened == OPENED_REFUSED && !memory_disk_equal(copy, damaged))
		violation("what is refused is changed");
	if (opened == OPENED)
		damage_leave(copy, subject);
	else
		memory_disk_destroy(copy);
	return opened == OPENED_REFUSED;
}

/* --- every damage --------------------------------------------------------- */

static uint64_t
damage_seed(void)
{
	return chance_mix(where.seed * 7919 + (uint64_t)where.at * 131 +
			  (uint64_t)where.variant);
}

static void
damage_once(const char *file, enum damage_kind kind)
{
	struct memory_disk *damaged =
	    memory_disk_crash(scenario.memory, worst_shape(), 0);
	size_t len = ledger_end(&ledger, file);
	struct damage damage;

	if (len == 0)
		(void)memory_disk_file(damaged, file, &len);
	if (len == 0) {
		memory_disk_destroy(damaged);
		return;
	}
	damage = memory_disk_damage(damaged, file, len, kind, damage_seed());
	losses_expect(&losses, &ledger, file, damage, kind);
	counts.damages++;
	if (strcmp(file, FORMAT_NAME) == 0 && is_refused(damaged)) {
		memory_disk_destroy(damaged);
		return;
	}
	if (damage_crashes_recovery())
		damage_examine_recovery(memory_disk_crash(damaged,
		    worst_shape(), 0));
	damage_examine(damaged);
}

static void
damage_file(int at, const char *file)
{
	where.at = at;
	for (int kind = 0; kind < DAMAGE_KINDS; kind++)
		for (int i = 0; i < (int)plan->variants; i++) {
			where.shape = kind;
			where.variant = i;
			if (plan->only == NULL || (plan->only->shape == kind &&
						      plan->only->variant == i))
				damage_once(file, (enum damage_kind)kind);
		}
}

void
damages_try(const struct damage_plan *which)
{
	const char *file;

	plan = which;
	where = (struct where){ .what = "damage",
		.over = plan->kind->name,
		.sync = sync_names[plan->sync],
		.seed = plan->seed,
		.inner_at = -1 };
	scenario_begin(&scenario, plan->kind, plan->sync, plan->seed);
	if (scenario_open(&scenario))
		scenario_run(&scenario, plan->steps);
	scenario_write_all(&scenario);
	ledger_read(&ledger, scenario.memory);
	for (int at = 0;
	     (file = memory_disk_name(scenario.memory, (size_t)at)) != NULL;
	     at++)
		if (plan->only == NULL || plan->only->at == at)
			damage_file(at, file);
	scenario_end(&scenario);
}
