#include "tests/persistence/crash/scenario.h"

#include <stdio.h>
#include <string.h>

#include "tests/persistence/crash/report.h"

#define STEPS_MOST 1000

static const struct store_options scenario_store_options = {
	.sync_interval_ms = 1000,
	.segment_bytes = 12 * 1024,
	.queue_bytes = 1 << 20,
	.min_free_bytes = 64 * 1024,
	.probe_ms = 5000,
	.compact_after_bytes = 20 * 1024,
	.clock_trust_ms = 600000,
};

void
scenario_begin(struct scenario *scenario, const struct subject_kind *kind,
    enum store_sync sync, uint64_t seed)
{
	*scenario = (struct scenario){ .kind = kind,
		.options = scenario_store_options,
		.memory = memory_disk_create(),
		.chance = { seed } };
	scenario->options.sync = sync;
	if (seed % 2 == 0)
		memory_disk_cannot_allocate(scenario->memory);
	model_init(&scenario->model);
}

static void
take_disk(struct scenario *scenario, struct memory_disk *memory)
{
	memory_disk_destroy(scenario->memory);
	scenario->memory = memory;
	memory_disk_watch(memory, scenario->watch, scenario->watch_arg);
	if (scenario->fault.nth > 0)
		memory_disk_fail(memory, scenario->fault);
}

/* The process is killed: nothing more reaches the disk. */
static void
subject_kill(struct scenario *scenario)
{
	if (scenario->subject == NULL)
		return;
	memory_disk_stop_after(scenario->memory, 0);
	scenario->kind->close(scenario->subject);
	scenario->subject = NULL;
}

void
scenario_end(struct scenario *scenario)
{
	subject_kill(scenario);
	if (memory_disk_open_files(scenario->memory) != 0)
		violation("files are left open");
	memory_disk_destroy(scenario->memory);
	model_fini(&scenario->model);
}

/* --- checks -------------------------------------------------------------- */

size_t
scenario_oldest_state(const struct scenario *scenario, enum crash_shape shape)
{
	bool is_kept = shape == CRASH_KILL && !scenario->may_lose;

	return is_kept || scenario->options.sync == STORE_SYNC_ALWAYS
		   ? scenario->model.reported
		   : scenario->model.safe;
}

/* Prints how the rooms differ from the last acknowledged state. */
static _Noreturn void
difference_print(const struct scenario *scenario, const struct content *content)
{
	const struct state *reported =
	    &scenario->model.states[scenario->model.reported];

	for (unsigned i = 0; i < ROOMS; i++) {
		struct print found = content_print(content, i);

		printf("room%u: reported generation %u up to %llu (%llx), "
		       "found generation %u up to %llu (%llx)\n",
		    i, reported->rooms[i].generation,
		    (unsigned long long)reported->rooms[i].last,
		    (unsigned long long)reported->rooms[i].hash,
		    found.generation, (unsigned long long)found.last,
		    (unsigned long long)found.hash);
	}
	violation("the content found never existed, or is older than reported");
}

/* The last state whose numbers a client may know. */
static size_t
last_numbered(const struct scenario *scenario)
{
	return scenario->promised != 0 ? scenario->promised
				       : scenario->model.reported;
}

/* A room continues from its acknowledged state, or has a new epoch. */
static void
scenario_check_epochs(const struct scenario *scenario,
    const struct content *content)
{
	const struct state *reported =
	    &scenario->model.states[last_numbered(scenario)];

	for (unsigned i = 0; i < ROOMS; i++) {
		const struct found_room *found = &content->rooms[i];
		bool is_same;

		if (found->generation == 0 ||
		    found->generation != reported->rooms[i].generation)
			continue;
		is_same =
		    strcmp(found->epoch,
			scenario->model.generations[found->generation - 1]
			    ->epoch) == 0;
		if (is_same && found->last < reported->rooms[i].last)
			violation("room%u: reported numbers are given "
				  "out again",
			    i);
		if (!is_same && scenario->options.sync == STORE_SYNC_ALWAYS)
			violation("room%u: another epoch without need", i);
	}
}

static void
scenario_check_numbers(const struct scenario *scenario,
    const struct content *content, const struct finding *finding, size_t state)
{
	if (!finding->is_reported)
		scenario_check_epochs(scenario, content);
	else if (finding->numbering_holds &&
		 !model_follows(&scenario->model, state,
		     last_numbered(scenario)))
		violation("reported numbers are given out again");
}

size_t
scenario_check(const struct scenario *scenario, const struct content *content,
    const struct finding *finding, size_t least)
{
	unsigned place = ROOMS;
	const char *fault = content_fault(content, &place);
	size_t state = model_find(&scenario->model, content, least);

	if (fault != NULL)
		violation("room %u: %s", place, fault);
	if (state == NO_STATE)
		difference_print(scenario, content);
	if (finding->lost_records > 0 && !scenario->may_lose)
		violation("%llu records are reported lost after a crash "
			  "without damage",
		    (unsigned long long)finding->lost_records);
	scenario_check_numbers(scenario, content, finding, state);
	return state;
}

/* --- opening and closing -------------------------------------------------- */

/* Opens the store after the end of a process, or a crash of this shape. */
static bool
scenario_recover(struct scenario *scenario, enum crash_shape shape)
{
	struct finding finding;
	enum opened opened;

	scenario->promised = scenario->model.reported;
	scenario->model.reported = scenario_oldest_state(scenario, shape);
	opened = scenario->kind->open(scenario->memory, &scenario->options,
	    &scenario->subject, &scenario->content, &finding);
	if (opened == OPENED)
		model_resume(&scenario->model,
		    scenario_check(scenario, &scenario->content, &finding,
			scenario->model.reported),
		    &scenario->content);
	else if (!scenario->may_fail)
		violation("the store cannot be opened (%d)", opened);
	scenario->promised = 0;
	return opened == OPENED;
}

bool
scenario_open(struct scenario *scenario)
{
	return scenario_recover(scenario, CRASH_KILL);
}

void
scenario_poll(struct scenario *scenario)
{
	struct poll_result news;

	scenario->kind->poll(scenario->subject, &news);
	model_commit(&scenario->model, news.committed);
	if (news.failed_first == 0)
		return;
	if (!scenario->may_fail)
		violation("a write failed, but no call");
	model_fail(&scenario->model, news.failed_first);
}

void
scenario_write_all(struct scenario *scenario)
{
	unsigned steps = 0;

	while (scenario->kind->step(scenario->subject))
		if (++steps == STEPS_MOST)
			violation("the writer never ends");
	scenario_poll(scenario);
}

void
scenario_note_sync(struct scenario *scenario)
{
	bool is_sync = scenario->fault.call == DISK_CALL_FDATASYNC ||
		       scenario->fault.call == DISK_CALL_FSYNC ||
		       scenario->fault.call == DISK_CALL_SYNC_DIR;

	if (!is_sync || memory_disk_failures(scenario->memory) == 0)
		model_sync(&scenario->model);
}

void
scenario_close(struct scenario *scenario)
{
	scenario_write_all(scenario);
	scenario->kind->close(scenario->subject);
	scenario->subject = NULL;
	if (memory_disk_open_files(scenario->memory) != 0)
		violation("files are left open");
	scenario_note_sync(scenario);
}

bool
scenario_crash(struct scenario *scenario, enum crash_shape shape, uint64_t seed)
{
	struct memory_disk *left =
	    memory_disk_crash(scenario->memory, shape, seed);

	subject_kill(scenario);
	take_disk(scenario, left);
	return scenario_recover(scenario, shape);
}

void
scenario_end_faults(struct scenario *scenario)
{
	memory_disk_heal(scenario->memory);
	scenario->may_fail = false;
	scenario->fault = (struct disk_fault){ 0 };
	(void)scenario_crash(scenario, CRASH_KILL, 0);
}
