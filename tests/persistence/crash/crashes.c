#include "tests/persistence/crash/crashes.h"

#include "tests/persistence/crash/scenario.h"

struct crasher {
	const struct crash_plan *plan;
	struct scenario *scenario;
	enum crash_shape shape; /* of the first crash */
	struct content content;
};

static bool
shape_is_random(enum crash_shape shape)
{
	return shape == CRASH_PREFIX || shape == CRASH_HALF ||
	       shape == CRASH_HALF_GARBAGE;
}

static bool
index_is_wanted(int only, int value)
{
	return only < 0 || only == value;
}

static uint64_t
crash_seed(void)
{
	return chance_mix(where.seed * 1000003 + (uint64_t)where.at) +
	       (uint64_t)where.variant;
}

static size_t
open_left(struct crasher *self, struct memory_disk *left, size_t least,
    struct subject **subject)
{
	const struct scenario *scenario = self->scenario;
	struct finding finding;
	enum opened opened = scenario->kind->open(left, &scenario->options,
	    subject, &self->content, &finding);
	size_t state;

	if (opened != OPENED)
		violation("the store cannot be opened (%d)", opened);
	state = scenario_check(scenario, &self->content, &finding, least);
	if (finding.is_reported && !finding.numbering_holds &&
	    scenario->options.sync == STORE_SYNC_ALWAYS)
		violation("all rooms get new epochs without need");
	return state;
}

static void
crash_leave(struct crasher *self, struct memory_disk *left,
    struct subject *subject)
{
	memory_disk_watch(left, NULL, NULL);
	memory_disk_stop_after(left, 0);
	self->scenario->kind->close(subject);
	if (memory_disk_open_files(left) != 0)
		violation("files are left open");
	memory_disk_destroy(left);
}

/*
 * Opens the store, which shows its content to readers; so the same content must
 * be found after another power cut. Takes the disk.
 */
static void
crash_examine(struct crasher *self, struct memory_disk *left,
    enum crash_shape shape)
{
	struct subject *subject;
	size_t state = open_left(self, left,
	    scenario_oldest_state(self->scenario, shape), &subject);
	struct memory_disk *again = memory_disk_crash(left, CRASH_NOTHING, 0);

	crash_leave(self, left, subject);
	if (open_left(self, again, state, &subject) != state)
		violation("the second recovery differs from the first");
	crash_leave(self, again, subject);
}

/* --- crashes inside a recovery -------------------------------------------- */

/* The loss of a power cut includes that of a killed process. */
static enum crash_shape
worse_of(enum crash_shape first, enum crash_shape second)
{
	return second == CRASH_KILL ? first : second;
}

static void
crash_recovery(struct memory_disk *memory, enum disk_call call, void *arg)
{
	struct crasher *self = arg;
	const struct where *only = self->plan->only;

	(void)call;
	where.inner_at++;
	if (only != NULL && !index_is_wanted(only->inner_at, where.inner_at))
		return;
	for (int i = 0; i < CRASH_SHAPES; i++) {
		enum crash_shape shape = (enum crash_shape)i;

		where.inner_shape = i;
		if (only != NULL && !index_is_wanted(only->inner_shape, i))
			continue;
		crash_examine(self,
		    memory_disk_crash(memory, shape, crash_seed()),
		    worse_of(self->shape, shape));
		counts.crashes_inside++;
	}
}

/* Takes the disk. */
static void
crash_examine_recovery(struct crasher *self, struct memory_disk *left)
{
	struct subject *subject;

	where.inner_at = 0;
	memory_disk_watch(left, crash_recovery, self);
	open_left(self, left,
	    scenario_oldest_state(self->scenario, self->shape), &subject);
	crash_leave(self, left, subject);
	where.inner_at = -1;
}

/*
 * --- crashes in a scenario
 * ----------------------------------------------------
 */

static bool
plan_crashes_recovery(const struct crash_plan *plan)
{
	if (plan->only != NULL)
		return plan->only->inner_at >= 0;
	return plan->inner_each > 0 && counts.crashes % plan->inner_each == 0;
}

static void
crash_once(struct crasher *self, struct memory_disk *memory)
{
	struct memory_disk *left =
	    memory_disk_crash(memory, self->shape, crash_seed());

	counts.crashes++;
	if (plan_crashes_recovery(self->plan))
		crash_examine_recovery(self,
		    memory_disk_crash(memory, self->shape, crash_seed()));
	crash_examine(self, left, self->shape);
}

static void
crash_in_every_shape(struct memory_disk *memory, enum disk_call call, void *arg)
{
	struct crasher *self = arg;
	const struct where *only = self->plan->only;

	(void)call;
	where.at++;
	if (only != NULL && only->at != where.at)
		return;
	for (int i = 0; i < CRASH_SHAPES; i++) {
		unsigned variants = shape_is_random((enum crash_shape)i)
					? self->plan->variants
					: 1;

		self->shape = (enum crash_shape)i;
		where.shape = i;
		if (only != NULL && !index_is_wanted(only->shape, i))
			continue;
		for (unsigned j = 0; j < variants; j++) {
			where.variant = (int)j;
			if (only == NULL ||
			    index_is_wanted(only->variant, (int)j))
				crash_once(self, memory);
		}
	}
}

void
crashes_try(const struct crash_plan *plan)
{
	static struct scenario scenario;
	static struct crasher self;

	self.plan = plan;
	self.scenario = &scenario;
	where = (struct where){ .what = "crash",
		.over = plan->kind->name,
		.sync = sync_names[plan->sync],
		.seed = plan->seed,
		.inner_at = -1 };
	scenario_begin(&scenario, plan->kind, plan->sync, plan->seed);
	scenario.watch = crash_in_every_shape;
	scenario.watch_arg = &self;
	memory_disk_watch(scenario.memory, scenario.watch, scenario.watch_arg);
	if (scenario_open(&scenario))
		scenario_run(&scenario, plan->steps);
	scenario_end(&scenario);
	counts.scenarios++;
}
