#include "tests/persistence/crash/damages.h"

#include <string.h>

#include "tests/persistence/crash/ledger.h"
#include "tests/persistence/crash/life.h"

#define SEGMENT_HEAD_LEAST 64

static struct life life;
static struct ledger ledger;
static struct content content, again;

/* What is to be expected of one damage. */
struct expected {
	uint64_t lost;
	bool is_lost[LEDGER_LINES];
	/* Something else than messages is: then rooms may be missing. */
	bool is_vague;
	bool is_snapshot_gone; /* and nobody knows how much was in it */
};

static bool
is_of_rooms(const struct ledger_line *line)
{
	return line->type == RECORD_ROOM || line->type == RECORD_ROOM_GONE ||
	       line->type == RECORD_TRIM;
}

/* What fills a record up does not matter, but it must be there. */
static bool
is_hit(const struct ledger_line *line, struct damage damage,
    enum damage_kind kind)
{
	size_t to = kind == DAMAGE_CUT ? (line->to + 7) / 8 * 8 : line->to;

	return damage.from < to && line->from < damage.to &&
	       !(line->is_in_snapshot && line->type == RECORD_SNAP_END);
}

/* Not one copy of its head is left. */
static bool
is_headless(struct damage damage, enum damage_kind kind)
{
	return kind == DAMAGE_REMOVED ||
	       (kind == DAMAGE_CUT && damage.from < SEGMENT_HEAD_LEAST);
}

static void
expect(struct expected *expected, const char *file, struct damage damage,
    enum damage_kind kind)
{
	memset(expected, 0, sizeof(*expected));
	for (size_t i = 0; i < ledger.count; i++) {
		const struct ledger_line *line = &ledger.lines[i];

		if (strcmp(line->file, file) != 0 ||
		    !is_hit(line, damage, kind))
			continue;
		expected->is_lost[i] = true;
		expected->lost++;
		expected->is_vague |= is_of_rooms(line);
		expected->is_snapshot_gone |=
		    line->is_in_snapshot && is_headless(damage, kind);
	}
}

/* --- what is found -------------------------------------------------------- */

/* NULL: what was said is not in any file any more. */
static const struct ledger_line *
line_of(unsigned number)
{
	for (size_t i = 0; i < ledger.count; i++)
		if (ledger.lines[i].number == number)
			return &ledger.lines[i];
	return NULL;
}

static void
judge_message(const struct expected *expected, unsigned place, unsigned number,
    unsigned found)
{
	const struct ledger_line *line = line_of(number);
	bool is_lost = line != NULL && expected->is_lost[line - ledger.lines];

	if (found != 0 && found != number)
		violation("room %u: message %u stands for message %u", place,
		    found, number);
	if (found == 0 && line != NULL && !is_lost)
		violation("room %u: message %u is missing without need", place,
		    number);
	if (found != 0 && is_lost)
		violation("room %u: message %u is lost, but found", place,
		    number);
}

static unsigned
number_at(const struct found_room *room, uint64_t seq)
{
	return seq >= room->first && seq <= room->last ? room->numbers[seq] : 0;
}

static void
judge_room(const struct expected *expected, unsigned place)
{
	const struct print *told = model_room(&life.model, place);
	const struct found_room *found = &content.rooms[place];
	const unsigned *numbers;

	/* If the end of an earlier room is lost, its messages are back. */
	if (told->life == 0 || expected->is_vague)
		return;
	if (told->life != found->life)
		violation("room %u is not the one it was", place);
	if (found->last > told->last)
		violation("room %u: more than was ever said", place);
	numbers = life.model.lives[told->life - 1]->numbers;
	for (uint64_t seq = told->last > KEPT ? told->last - KEPT + 1 : 1;
	     seq <= told->last; seq++)
		judge_message(expected, place, numbers[seq],
		    number_at(found, seq));
}

static void
judge_count(const struct expected *expected, uint64_t lost)
{
	if (lost < expected->lost)
		violation("%llu records are lost, only %llu are counted",
		    (unsigned long long)expected->lost,
		    (unsigned long long)lost);
	if (lost > expected->lost && !expected->is_snapshot_gone)
		violation("%llu records are lost, but %llu are counted",
		    (unsigned long long)expected->lost,
		    (unsigned long long)lost);
}

static void
judge(const struct expected *expected, const struct finding *finding)
{
	if (content.wrong != NULL && !expected->is_vague)
		violation("%s", content.wrong);
	if (finding->is_told)
		judge_count(expected, finding->lost_records);
	for (unsigned place = 0; place < ROOMS; place++)
		judge_room(expected, place);
}

static void
open_damaged(struct memory_disk *disk, struct content *into,
    struct finding *finding, struct subject **subject)
{
	enum opened opened =
	    life.kind->open(disk, &life.options, subject, into, finding);

	if (opened != OPENED)
		violation("what is left cannot be opened (%d)", opened);
}

static void
leave(struct memory_disk *disk, struct subject *subject)
{
	memory_disk_stop_after(disk, 0);
	life.kind->close(subject);
	memory_disk_destroy(disk);
}

/* As far as messages are kept. */
static bool
is_equal(const struct found_room *a, const struct found_room *b)
{
	if (a->life != b->life || a->life == 0)
		return a->life == b->life;
	if (a->last != b->last)
		return false;
	for (uint64_t i = 0; i < KEPT && i < a->last; i++)
		if (number_at(a, a->last - i) != number_at(b, b->last - i))
			return false;
	return true;
}

/* It was said once; and what is left now stays, whatever comes. */
static void
examine(struct memory_disk *damaged, const struct expected *expected)
{
	struct subject *subject;
	struct finding finding;
	struct memory_disk *left;

	open_damaged(damaged, &content, &finding, &subject);
	judge(expected, &finding);
	left = memory_disk_crash(damaged, CRASH_NOTHING, 0);
	leave(damaged, subject);
	open_damaged(left, &again, &finding, &subject);
	if (finding.lost_records > 0)
		violation("the same loss is reported twice");
	for (unsigned place = 0; place < ROOMS; place++)
		if (!is_equal(&content.rooms[place], &again.rooms[place]))
			violation("room %u: the second recovery differs",
			    place);
	leave(left, subject);
}

/* What calls itself a newer program's is left as it is. */
static bool
is_refused(struct memory_disk *damaged)
{
	struct memory_disk *copy = memory_disk_crash(damaged, CRASH_KILL, 0);
	struct finding finding;
	struct subject *subject;
	enum opened opened =
	    life.kind->open(copy, &life.options, &subject, &content, &finding);

	if (opened == OPENED_REFUSED && !memory_disk_equal(copy, damaged))
		violation("what is refused is changed");
	if (opened == OPENED)
		leave(copy, subject);
	else
		memory_disk_destroy(copy);
	return opened == OPENED_REFUSED;
}

/* --- every damage --------------------------------------------------------- */

static bool
is_wanted(const struct where *only, int at, int shape, int variant)
{
	return only == NULL || (only->at == at && only->shape == shape &&
				   only->variant == variant);
}

static void
damage_once(const struct memory_disk *whole, const char *file,
    enum damage_kind kind)
{
	static struct expected expected;
	struct memory_disk *damaged =
	    memory_disk_crash((struct memory_disk *)whole, CRASH_KILL, 0);
	size_t len = ledger_end(&ledger, file);

	if (len == 0)
		(void)memory_disk_file(damaged, file, &len);
	if (len > 0) {
		struct damage damage = memory_disk_damage(damaged, file, len,
		    kind,
		    chance_mix(where.seed * 7919 + (uint64_t)where.at * 131 +
			       (uint64_t)where.variant));

		expect(&expected, file, damage, kind);
		if (strcmp(file, FORMAT_NAME) == 0 && is_refused(damaged))
			memory_disk_destroy(damaged);
		else
			examine(damaged, &expected);
		counts.damages++;
	} else {
		memory_disk_destroy(damaged);
	}
}

static void
damage_all(const struct damage_plan *plan)
{
	const char *file;

	for (int at = 0;
	     (file = memory_disk_name(life.memory, (size_t)at)) != NULL; at++)
		for (int kind = 0; kind < DAMAGE_KINDS; kind++)
			for (int i = 0; i < (int)plan->variants; i++) {
				where.at = at;
				where.shape = kind;
				where.variant = i;
				if (is_wanted(plan->only, at, kind, i))
					damage_once(life.memory, file,
					    (enum damage_kind)kind);
			}
}

void
damages_try(const struct damage_plan *plan)
{
	where = (struct where){ .what = "damage",
		.over = plan->kind->name,
		.sync = sync_names[STORE_SYNC_ALWAYS],
		.seed = plan->seed,
		.inner_at = -1 };
	life_begin(&life, plan->kind, STORE_SYNC_ALWAYS, plan->seed);
	if (life_open(&life))
		life_go_on(&life, plan->steps);
	life_settle(&life);
	ledger_read(&ledger, life.memory);
	damage_all(plan);
	life_end(&life);
}
