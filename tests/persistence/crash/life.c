#include "tests/persistence/crash/life.h"

#include <stdio.h>
#include <string.h>

#include "tests/persistence/crash/report.h"

#define STEPS_MOST 1000

static const struct store_options usual = {
	.sync_interval_ms = 1000,
	.segment_bytes = 12 * 1024,
	.queue_bytes = 1 << 20,
	.min_free_bytes = 64 * 1024,
	.probe_ms = 5000,
	.compact_after_bytes = 20 * 1024,
	.clock_trust_ms = 600000,
};

void
life_begin(struct life *life, const struct subject_kind *kind,
    enum store_sync sync, uint64_t seed)
{
	*life = (struct life){ .kind = kind,
		.options = usual,
		.memory = memory_disk_create(),
		.chance = { seed } };
	life->options.sync = sync;
	if (seed % 2 == 0)
		memory_disk_cannot_allocate(life->memory);
	model_init(&life->model);
}

static void
take_disk(struct life *life, struct memory_disk *memory)
{
	memory_disk_destroy(life->memory);
	life->memory = memory;
	memory_disk_watch(memory, life->watch, life->watch_arg);
	if (life->fault.nth > 0)
		memory_disk_fail(memory, life->fault);
}

/* The process is dead: nothing more reaches the disk. */
static void
subject_abandon(struct life *life)
{
	if (life->subject == NULL)
		return;
	memory_disk_stop_after(life->memory, 0);
	life->kind->close(life->subject);
	life->subject = NULL;
}

void
life_end(struct life *life)
{
	subject_abandon(life);
	if (memory_disk_open_files(life->memory) != 0)
		violation("files are left open");
	memory_disk_destroy(life->memory);
	model_fini(&life->model);
}

/* --- judging -------------------------------------------------------------- */

size_t
life_least(const struct life *life, enum crash_shape shape)
{
	bool is_kept = shape == CRASH_KILL && !life->may_lose;

	return is_kept || life->options.sync == STORE_SYNC_ALWAYS
		   ? life->model.reported
		   : life->model.safe;
}

/* How a room differs from what was acknowledged last. */
static _Noreturn void
difference_print(const struct life *life, const struct content *content)
{
	const struct state *reported =
	    &life->model.states[life->model.reported];

	for (unsigned i = 0; i < ROOMS; i++) {
		struct print found = content_print(content, i);

		printf("room%u: told life %u up to %llu (%llx), "
		       "found life %u up to %llu (%llx)\n",
		    i, reported->rooms[i].life,
		    (unsigned long long)reported->rooms[i].last,
		    (unsigned long long)reported->rooms[i].hash, found.life,
		    (unsigned long long)found.last,
		    (unsigned long long)found.hash);
	}
	violation("what is found never was, or less than was told");
}

/* The last state whose numbers anybody may know. */
static size_t
last_numbered(const struct life *life)
{
	return life->promised != 0 ? life->promised : life->model.reported;
}

/* A room continues from its acknowledged state, or has a new epoch. */
static void
judge_epochs(const struct life *life, const struct content *content)
{
	const struct state *reported = &life->model.states[last_numbered(life)];

	for (unsigned i = 0; i < ROOMS; i++) {
		const struct found_room *found = &content->rooms[i];
		bool is_same;

		if (found->life == 0 || found->life != reported->rooms[i].life)
			continue;
		is_same = strcmp(found->epoch,
			      life->model.lives[found->life - 1]->epoch) == 0;
		if (is_same && found->last < reported->rooms[i].last)
			violation("room%u: numbers that were told are given "
				  "out again",
			    i);
		if (!is_same && life->options.sync == STORE_SYNC_ALWAYS)
			violation("room%u: another epoch without need", i);
	}
}

static void
judge_numbers(const struct life *life, const struct content *content,
    const struct finding *finding, size_t state)
{
	if (!finding->is_reported)
		judge_epochs(life, content);
	else if (finding->numbering_holds &&
		 !model_follows(&life->model, state, last_numbered(life)))
		violation("numbers that were told are given out again");
}

size_t
life_judge(const struct life *life, const struct content *content,
    const struct finding *finding, size_t least)
{
	unsigned place = ROOMS;
	const char *fault = content_fault(content, &place);
	size_t state = model_find(&life->model, content, least);

	if (fault != NULL)
		violation("room %u: %s", place, fault);
	if (state == NO_STATE)
		difference_print(life, content);
	if (finding->lost_records > 0 && !life->may_lose)
		violation("%llu records are called lost after a mere crash",
		    (unsigned long long)finding->lost_records);
	judge_numbers(life, content, finding, state);
	return state;
}

/* --- opening and closing -------------------------------------------------- */

/* After whatever it was that ended the last process. */
static bool
open_after(struct life *life, enum crash_shape shape)
{
	struct finding finding;
	enum opened opened;

	life->promised = life->model.reported;
	life->model.reported = life_least(life, shape);
	opened = life->kind->open(life->memory, &life->options, &life->subject,
	    &life->content, &finding);
	if (opened == OPENED)
		model_resume(&life->model,
		    life_judge(life, &life->content, &finding,
			life->model.reported),
		    &life->content);
	else if (!life->may_fail)
		violation("it cannot be opened (%d)", opened);
	life->promised = 0;
	return opened == OPENED;
}

bool
life_open(struct life *life)
{
	return open_after(life, CRASH_KILL);
}

void
life_receive(struct life *life)
{
	struct news news;

	life->kind->poll(life->subject, &news);
	model_commit(&life->model, news.committed);
	if (news.failed_first == 0)
		return;
	if (!life->may_fail)
		violation("a write failed, but no call");
	model_fail(&life->model, news.failed_first);
}

void
life_settle(struct life *life)
{
	unsigned steps = 0;

	while (life->kind->step(life->subject))
		if (++steps == STEPS_MOST)
			violation("the writer never comes to rest");
	life_receive(life);
}

void
life_sync(struct life *life)
{
	bool is_sync = life->fault.call == DISK_CALL_FDATASYNC ||
		       life->fault.call == DISK_CALL_FSYNC ||
		       life->fault.call == DISK_CALL_SYNC_DIR;

	if (!is_sync || memory_disk_failures(life->memory) == 0)
		model_sync(&life->model);
}

void
life_close(struct life *life)
{
	life_settle(life);
	life->kind->close(life->subject);
	life->subject = NULL;
	if (memory_disk_open_files(life->memory) != 0)
		violation("files are left open");
	life_sync(life);
}

bool
life_crash(struct life *life, enum crash_shape shape, uint64_t seed)
{
	struct memory_disk *left = memory_disk_crash(life->memory, shape, seed);

	subject_abandon(life);
	take_disk(life, left);
	return open_after(life, shape);
}

void
life_heal(struct life *life)
{
	memory_disk_heal(life->memory);
	life->may_fail = false;
	life->fault = (struct disk_fault){ 0 };
	(void)life_crash(life, CRASH_KILL, 0);
}
