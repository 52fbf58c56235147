#include "tests/persistence/crash/losses.h"

#include <string.h>

#include "tests/persistence/crash/report.h"

#define HEAD_COPY 64 /* the first of the two in a segment's head */

static bool
is_of_rooms(const struct ledger_line *line)
{
	return line->type == RECORD_ROOM || line->type == RECORD_ROOM_GONE ||
	       line->type == RECORD_TRIM;
}

/* The padding of a record may have any value, but it must exist. */
static bool
line_is_damaged(const struct ledger_line *line, struct damage damage,
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
	       (kind == DAMAGE_CUT && damage.from < HEAD_COPY);
}

void
losses_expect(struct losses *losses, const struct ledger *ledger,
    const char *file, struct damage damage, enum damage_kind kind)
{
	*losses = (struct losses){ .ledger = ledger };
	for (size_t i = 0; i < ledger->count; i++) {
		const struct ledger_line *line = &ledger->lines[i];

		if (strcmp(line->file, file) != 0 ||
		    !line_is_damaged(line, damage, kind))
			continue;
		losses->is_lost[i] = true;
		losses->count++;
		losses->is_vague |= is_of_rooms(line);
		losses->is_attribute_lost |= line->type == RECORD_ATTRIBUTE;
		losses->is_snapshot_gone |=
		    line->is_in_snapshot && is_headless(damage, kind);
	}
}

/* --- what is found -------------------------------------------------------- */

/* NULL: no file has the message any more. */
static const struct ledger_line *
line_of(const struct ledger *ledger, unsigned number)
{
	for (size_t i = 0; i < ledger->count; i++)
		if (ledger->lines[i].number == number)
			return &ledger->lines[i];
	return NULL;
}

static void
losses_check_message(const struct losses *losses, unsigned place,
    unsigned number, unsigned found)
{
	const struct ledger_line *line = line_of(losses->ledger, number);
	bool is_lost =
	    line != NULL && losses->is_lost[line - losses->ledger->lines];

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

/* Lost messages have no attributes. */
static void
losses_check_marks(const struct print *reported, const struct found_room *found,
    unsigned place)
{
	if (memcmp(reported->marks, found->marks, sizeof(reported->marks)) != 0)
		violation("room %u: an attribute is not as it was", place);
	for (uint64_t i = 0; i < KEPT && i < reported->last; i++) {
		uint64_t seq = reported->last - i;

		if (found_number(found, seq) != 0 &&
		    memcmp(&reported->messages[seq % KEPT],
			&found->messages[seq],
			sizeof(found->messages[seq])) != 0)
			violation("room %u: message %llu is not as it was",
			    place, (unsigned long long)seq);
	}
}

static void
losses_check_room(const struct losses *losses, const struct model *model,
    const struct found_room *found, unsigned place)
{
	const struct print *reported = model_room(model, place);
	const unsigned *numbers;

	if (reported->generation == 0)
		return;
	if (reported->generation != found->generation)
		violation("room %u is not the one it was", place);
	if (found->last > reported->last)
		violation("room %u: more than was ever sent", place);
	numbers = model->generations[reported->generation - 1]->numbers;
	for (uint64_t i = 0; i < KEPT && i < reported->last; i++)
		losses_check_message(losses, place, numbers[reported->last - i],
		    found_number(found, reported->last - i));
	if (!losses->is_attribute_lost)
		losses_check_marks(reported, found, place);
}

/* If the removal of an earlier room is lost, its messages are found again. */
void
losses_check(const struct losses *losses, const struct model *model,
    const struct content *content)
{
	if (losses->is_vague)
		return;
	if (content->wrong != NULL)
		violation("%s", content->wrong);
	for (unsigned place = 0; place < ROOMS; place++)
		losses_check_room(losses, model, &content->rooms[place], place);
}

void
losses_check_count(const struct losses *losses, uint64_t lost)
{
	if (lost < losses->count)
		violation("%llu records are lost, only %llu are counted",
		    (unsigned long long)losses->count,
		    (unsigned long long)lost);
	if (lost > losses->count && !losses->is_snapshot_gone)
		violation("%llu records are lost, but %llu are counted",
		    (unsigned long long)losses->count,
		    (unsigned long long)lost);
}
