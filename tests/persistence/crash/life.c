#include "tests/persistence/crash/life.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "tests/persistence/crash/report.h"

#define INTERVAL_MS 1000
#define STEPS_MOST 1000

static const struct store_options usual = {
	.sync_interval_ms = INTERVAL_MS,
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
abandon(struct life *life)
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
	abandon(life);
	if (memory_disk_open_files(life->memory) != 0)
		violation("files are left open");
	memory_disk_destroy(life->memory);
	model_fini(&life->model);
}

/* --- judging -------------------------------------------------------------- */

size_t
life_least(const struct life *life, enum crash_shape shape)
{
	return shape == CRASH_KILL || life->options.sync == STORE_SYNC_ALWAYS
		   ? life->model.told
		   : life->model.safe;
}

/* In what a room differs from what was told last. */
static _Noreturn void
tell_difference(const struct life *life, const struct content *content)
{
	const struct state *told = &life->model.states[life->model.told];

	for (unsigned i = 0; i < ROOMS; i++) {
		struct print found = content_print(content, i);

		printf("room%u: told life %u up to %llu (%llx), "
		       "found life %u up to %llu (%llx)\n",
		    i, told->rooms[i].life,
		    (unsigned long long)told->rooms[i].last,
		    (unsigned long long)told->rooms[i].hash, found.life,
		    (unsigned long long)found.last,
		    (unsigned long long)found.hash);
	}
	violation("what is found never was, or less than was told");
}

/* The last state whose numbers anybody may know. */
static size_t
last_numbered(const struct life *life)
{
	return life->promised != 0 ? life->promised : life->model.told;
}

/* A room goes on from what was told of it, or is called another. */
static void
judge_epochs(const struct life *life, const struct content *content)
{
	const struct state *told = &life->model.states[last_numbered(life)];

	for (unsigned i = 0; i < ROOMS; i++) {
		const struct found_room *found = &content->rooms[i];
		bool is_same;

		if (found->life == 0 || found->life != told->rooms[i].life)
			continue;
		is_same = strcmp(found->epoch,
			      life->model.lives[found->life - 1]->epoch) == 0;
		if (is_same && found->last < told->rooms[i].last)
			violation("room%u: numbers that were told are given "
				  "out again",
			    i);
		if (!is_same && life->options.sync == STORE_SYNC_ALWAYS)
			violation("room%u: another epoch without need", i);
	}
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
		tell_difference(life, content);
	if (finding->lost_records > 0)
		violation("%llu records are called lost after a mere crash",
		    (unsigned long long)finding->lost_records);
	if (!finding->is_told)
		judge_epochs(life, content);
	else if (finding->numbering_holds &&
		 !model_follows(&life->model, state, last_numbered(life)))
		violation("numbers that were told are given out again");
	return state;
}

/* --- opening and closing -------------------------------------------------- */

static bool
open_with(struct life *life, size_t least)
{
	struct finding finding;
	enum opened opened = life->kind->open(life->memory, &life->options,
	    &life->subject, &life->content, &finding);

	if (opened != OPENED && !life->may_fail)
		violation("it cannot be opened (%d)", opened);
	if (opened != OPENED)
		return false;
	model_resume(&life->model,
	    life_judge(life, &life->content, &finding, least), &life->content);
	return true;
}

bool
life_open(struct life *life)
{
	return open_with(life, life->model.told);
}

static void
hear(struct life *life)
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
	hear(life);
}

void
life_close(struct life *life)
{
	life_settle(life);
	life->kind->close(life->subject);
	life->subject = NULL;
	if (memory_disk_open_files(life->memory) != 0)
		violation("files are left open");
	model_sync(&life->model);
}

bool
life_crash(struct life *life, enum crash_shape shape, uint64_t seed)
{
	struct memory_disk *left = memory_disk_crash(life->memory, shape, seed);

	bool is_open;

	abandon(life);
	take_disk(life, left);
	life->promised = life->model.told;
	life->model.told = life_least(life, shape);
	is_open = open_with(life, life->model.told);
	life->promised = 0;
	return is_open;
}

void
life_heal(struct life *life)
{
	memory_disk_heal(life->memory);
	life->may_fail = false;
	life->fault = (struct disk_fault){ 0 };
	(void)life_crash(life, CRASH_KILL, 0);
}

/* --- what happens --------------------------------------------------------- */

static unsigned
any_room(struct life *life)
{
	return (unsigned)chance_below(&life->chance, ROOMS);
}

/* Whether it was taken. */
static bool
is_taken(const struct life *life, enum chat_error error)
{
	if (error != CHAT_OK && !life->may_fail)
		violation("it is refused: %s", chat_error_word(error));
	return error == CHAT_OK;
}

static void
make_room(struct life *life, unsigned place)
{
	unsigned number = model_next_life(&life->model);
	struct room room;
	uint64_t lsn;

	speech_room(&room, place, number);
	if (is_taken(life, life->kind->make_room(life->subject, &room, &lsn)))
		model_make_room(&life->model, place, number, room.epoch, lsn);
}

static void
remove_room(struct life *life, unsigned place)
{
	struct room room;
	uint64_t lsn;

	speech_room(&room, place, 1);
	if (is_taken(life, life->kind->remove_room(life->subject,
			       str_from(room.id), &lsn)))
		model_remove_room(&life->model, place, lsn);
}

static void
make_or_remove(struct life *life)
{
	unsigned place = any_room(life);

	if (model_room(&life->model, place)->life == 0)
		make_room(life, place);
	else if (!life->may_fail)
		remove_room(life, place);
}

static void
say(struct life *life)
{
	unsigned place = any_room(life);
	const struct print *room = model_room(&life->model, place);
	struct speech speech;
	struct room names;
	unsigned n;
	uint64_t lsn;

	if (room->life == 0 || room->last + 1 >= SEQ_MOST) {
		make_or_remove(life);
		return;
	}
	n = model_next_message(&life->model);
	speech_make(&speech, n);
	speech_room(&names, place, room->life);
	speech.message.seq = room->last + 1;
	if (!is_taken(life, life->kind->say(life->subject, str_from(names.id),
				&speech.message, &lsn)))
		return;
	if (speech.message.seq != room->last + 1)
		violation("room%u: another number than the next", place);
	model_say(&life->model, place, n, lsn);
}

/*
 * Who is not sure whether it arrived sends it again, with the same key. What
 * failed may have pushed the oldest out before it was taken back.
 */
static void
retry(struct life *life)
{
	unsigned place = any_room(life);
	const struct print *room = model_room(&life->model, place);
	size_t kept = room->last < KEPT ? (size_t)room->last : KEPT;
	struct speech speech;
	struct room names;
	uint64_t seq, found;

	if (life->kind->find == NULL || room->life == 0 || kept == 0)
		return;
	seq = room->last - chance_below(&life->chance, kept);
	speech_make(&speech, life->model.lives[room->life - 1]->numbers[seq]);
	if (speech.message.key.len == 0)
		return;
	speech_room(&names, place, room->life);
	found = life->kind->find(life->subject, str_from(names.id),
	    speech.message.key);
	if (found != seq && (found != 0 || !life->may_fail))
		violation("room%u: a retry would be stored again", place);
}

static void
say_some(struct life *life)
{
	size_t count = 1 + chance_below(&life->chance, 5);

	for (size_t i = 0; i < count; i++)
		say(life);
}

static void
write_some(struct life *life)
{
	life->kind->step(life->subject);
	hear(life);
}

/* What was told before is synced by then, if anything ever is. */
static void
wait(struct life *life)
{
	life_settle(life);
	memory_disk_advance(life->memory, 2 * INTERVAL_MS);
	life_settle(life);
	if (life->options.sync == STORE_SYNC_INTERVAL)
		model_sync(&life->model);
}

static void
reopen(struct life *life)
{
	life_close(life);
	(void)life_open(life);
}

static void
crash(struct life *life)
{
	enum crash_shape shape =
	    (enum crash_shape)chance_below(&life->chance, CRASH_SHAPES);

	(void)life_crash(life, shape, chance_next(&life->chance));
}

static void
live(struct life *life)
{
	size_t lot = chance_below(&life->chance, 100);

	if (lot < 45)
		say_some(life);
	else if (lot < 65)
		write_some(life);
	else if (lot < 80)
		life_settle(life);
	else if (lot < 84)
		make_or_remove(life);
	else if (lot < 87)
		retry(life);
	else if (lot < 94)
		wait(life);
	else if (lot < 97)
		reopen(life);
	else
		crash(life);
}

void
life_go_on(struct life *life, unsigned steps)
{
	for (unsigned i = 0; i < steps && life->subject != NULL; i++)
		live(life);
}
