#include "persistence/recovery/scan_plan.h"

/*
 * From which segment on: the last one that is known to begin before all that
 * the snapshot does not cover.
 */
static size_t
first_segment(const struct store_listing *survey, uint64_t snapshot_lsn)
{
	size_t first = 0;

	for (size_t i = 0; i < survey->segment_count; i++)
		if (survey->segments[i].is_readable &&
		    survey->segments[i].lsn <= snapshot_lsn + 1)
			first = i;
	return first;
}

static void
plan_with(const struct store_listing *survey,
    const struct store_listing_file *snapshot, struct scan_plan *plan)
{
	size_t first = 0;

	if (snapshot != NULL)
		first = first_segment(survey, snapshot->lsn);
	plan->snapshot = snapshot;
	plan->segments =
	    first > 0 ? &survey->segments[first] : survey->segments;
	plan->segment_count = survey->segment_count - first;
}

static int
is_complete(const struct store_listing_file *snapshot,
    struct segment_reader *reader, bool *is_complete)
{
	struct scan_plan alone = { .snapshot = snapshot };
	struct scan_event event;
	struct journal_scan walk;

	journal_scan_init(&walk, &alone, reader);
	do
		journal_scan_next(&walk, &event);
	while (event.kind == SCAN_RECORD || event.kind == SCAN_GAP);
	*is_complete = event.kind == SCAN_SNAPSHOT_END && event.missing == 0;
	return event.kind == SCAN_FAILED ? event.error : 0;
}

/* Whether nothing is missing between it and the segments that are left. */
static bool
joins(const struct store_listing *survey,
    const struct store_listing_file *snapshot)
{
	return survey->segment_count > 0 &&
	       survey->segments[0].lsn <= snapshot->lsn + 1;
}

/* There is no need to read it twice if there is no choice. */
static bool
has_choice(const struct store_listing *survey)
{
	size_t readable = 0;

	for (size_t i = 0; i < survey->snapshot_count; i++)
		readable += survey->snapshots[i].is_readable;
	return readable > 1;
}

static int
choose(const struct store_listing *survey, struct segment_reader *reader,
    const struct store_listing_file **out)
{
	const struct store_listing_file *newest = NULL;
	bool has_others = has_choice(survey);

	*out = NULL;
	for (size_t i = survey->snapshot_count; i-- > 0 && *out == NULL;) {
		const struct store_listing_file *at = &survey->snapshots[i];
		bool is_good = true;
		int error = 0;

		if (!at->is_readable || (newest != NULL && !joins(survey, at)))
			continue;
		if (newest == NULL)
			newest = at;
		if (has_others)
			error = is_complete(at, reader, &is_good);
		if (error != 0)
			return error;
		if (is_good)
			*out = at;
	}
	if (*out == NULL)
		*out = newest;
	return 0;
}

int
scan_plan_make(const struct store_listing *survey,
    struct segment_reader *reader, struct scan_plan *plan)
{
	const struct store_listing_file *snapshot;
	int error = choose(survey, reader, &snapshot);

	if (error == 0)
		plan_with(survey, snapshot, plan);
	return error;
}
