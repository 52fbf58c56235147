#include "persistence/recovery/lost_list.h"

#include <stdlib.h>

#include "domain/base/array.h"

void
lost_list_fini(struct lost_list *list)
{
	free(list->ranges);
	*list = (struct lost_list){ 0 };
}

bool
lost_list_add(struct lost_list *list, const struct lost_range *range)
{
	struct lost_range *ranges = array_grow(list->ranges, list->count,
	    &list->capacity, sizeof(*ranges));

	if (ranges == NULL)
		return false;
	list->ranges = ranges;
	ranges[list->count++] = *range;
	return true;
}

/* By snapshot, then by LSN. */
static int
ranges_compare(const void *a, const void *b)
{
	const struct lost_range *x = a, *y = b;

	if (x->snapshot != y->snapshot)
		return x->snapshot < y->snapshot ? -1 : 1;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return 0;
}

void
lost_list_merge(struct lost_list *list)
{
	size_t kept = 0;

	if (list->count == 0)
		return;
	qsort(list->ranges, list->count, sizeof(*list->ranges), ranges_compare);
	for (size_t i = 1; i < list->count; i++) {
		struct lost_range *last = &list->ranges[kept];
		const struct lost_range *range = &list->ranges[i];

		if (range->snapshot != last->snapshot ||
		    range->first > last->last + 1) {
			list->ranges[++kept] = *range;
			continue;
		}
		if (range->last > last->last)
			last->last = range->last;
		last->records += range->records;
	}
	list->count = kept + 1;
}

static bool
lost_piece_add(struct lost_list *unreported, const struct lost_range *found,
    uint64_t first, uint64_t last)
{
	struct lost_range piece = { first, last, 0, found->snapshot };

	if (first > last)
		return true;
	if (found->snapshot == 0)
		piece.records = last - first + 1;
	return lost_list_add(unreported, &piece);
}

/* Adds the parts of a range that no reported range from *at on covers. */
static bool
pieces_add(struct lost_list *unreported, const struct lost_range *found,
    const struct lost_list *reported, size_t *at)
{
	uint64_t first = found->first;

	for (; *at < reported->count; (*at)++) {
		const struct lost_range *range = &reported->ranges[*at];

		if (range->snapshot > found->snapshot ||
		    (range->snapshot == found->snapshot &&
			range->first > found->last))
			break;
		if (range->snapshot < found->snapshot || range->last < first)
			continue;
		if (range->first > first &&
		    !lost_piece_add(unreported, found, first, range->first - 1))
			return false;
		first = range->last + 1;
		/* It may cover a part of the next range, too. */
		if (range->last > found->last)
			return true;
	}
	return lost_piece_add(unreported, found, first, found->last);
}

static uint64_t
snapshot_records(const struct lost_list *list, uint64_t snapshot)
{
	uint64_t records = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->ranges[i].snapshot == snapshot)
			records += list->ranges[i].records;
	return records;
}

/*
 * Distributes the missing records over the snapshot's ranges from index `from`
 * on: one to each range as long as there are any, the others to the first.
 * Without missing records the ranges were reported before.
 */
static void
records_distribute(struct lost_list *unreported, size_t from, uint64_t missing)
{
	uint64_t others = unreported->count - from - 1;

	if (missing == 0) {
		unreported->count = from;
		return;
	}
	unreported->ranges[from].records =
	    missing > others ? missing - others : 1;
	for (size_t i = from + 1; i < unreported->count; i++)
		unreported->ranges[i].records = i - from < missing ? 1 : 0;
}

static bool
journal_unreported_add(const struct lost_list *found,
    const struct lost_list *reported, struct lost_list *unreported)
{
	size_t at = 0;

	for (size_t i = 0; i < found->count; i++)
		if (found->ranges[i].snapshot == 0 &&
		    !pieces_add(unreported, &found->ranges[i], reported, &at))
			return false;
	return true;
}

/* All ranges of snapshots are of the same one. */
static bool
snapshot_unreported_add(const struct lost_list *found,
    const struct lost_list *reported, struct lost_list *unreported)
{
	size_t from = unreported->count, at = 0;
	uint64_t snapshot = 0, missing, reported_records;

	for (size_t i = 0; i < found->count; i++) {
		if (found->ranges[i].snapshot == 0)
			continue;
		snapshot = found->ranges[i].snapshot;
		if (!pieces_add(unreported, &found->ranges[i], reported, &at))
			return false;
	}
	if (unreported->count == from)
		return true;
	missing = snapshot_records(found, snapshot);
	reported_records = snapshot_records(reported, snapshot);
	records_distribute(unreported, from,
	    missing > reported_records ? missing - reported_records : 0);
	return true;
}

bool
lost_list_find_unreported(const struct lost_list *found,
    struct lost_list *reported, struct lost_list *unreported)
{
	lost_list_merge(reported);
	return snapshot_unreported_add(found, reported, unreported) &&
	       journal_unreported_add(found, reported, unreported);
}
