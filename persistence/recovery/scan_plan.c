#include "persistence/recovery/scan_plan.h"

/*
 * The first segment that is needed: the last one that begins at or before the
 * first LSN after the snapshot.
 */
static size_t
segment_first(const struct store_listing *listing, uint64_t snapshot_lsn)
{
	size_t first = 0;

	for (size_t i = 0; i < listing->segment_count; i++)
		if (listing->segments[i].is_readable &&
		    listing->segments[i].lsn <= snapshot_lsn + 1)
			first = i;
	return first;
}

static void
plan_fill(const struct store_listing *listing,
    const struct store_listing_file *snapshot, struct scan_plan *plan)
{
	size_t first = 0;

	if (snapshot != NULL)
		first = segment_first(listing, snapshot->lsn);
	plan->snapshot = snapshot;
	plan->segments =
	    first > 0 ? &listing->segments[first] : listing->segments;
	plan->segment_count = listing->segment_count - first;
}

static int
snapshot_is_complete(const struct store_listing_file *snapshot,
    struct segment_reader *reader, bool *is_complete)
{
	struct scan_plan alone = { .snapshot = snapshot };
	struct scan_event event;
	struct journal_scan scan;

	journal_scan_init(&scan, &alone, reader);
	do
		journal_scan_next(&scan, &event);
	while (event.kind == SCAN_RECORD || event.kind == SCAN_GAP);
	*is_complete = event.kind == SCAN_SNAPSHOT_END && event.missing == 0;
	return event.kind == SCAN_FAILED ? event.error : 0;
}

/* Whether the segments continue the snapshot without a gap. */
static bool
snapshot_joins_segments(const struct store_listing *listing,
    const struct store_listing_file *snapshot)
{
	return listing->segment_count > 0 &&
	       listing->segments[0].lsn <= snapshot->lsn + 1;
}

/* With one snapshot there is no choice, and no need to read it twice. */
static bool
snapshot_has_choice(const struct store_listing *listing)
{
	size_t readable = 0;

	for (size_t i = 0; i < listing->snapshot_count; i++)
		readable += listing->snapshots[i].is_readable;
	return readable > 1;
}

static int
snapshot_choose(const struct store_listing *listing,
    struct segment_reader *reader, const struct store_listing_file **out)
{
	const struct store_listing_file *newest = NULL;
	bool has_others = snapshot_has_choice(listing);

	*out = NULL;
	for (size_t i = listing->snapshot_count; i-- > 0 && *out == NULL;) {
		const struct store_listing_file *at = &listing->snapshots[i];
		bool is_good = true;
		int error = 0;

		if (!at->is_readable ||
		    (newest != NULL && !snapshot_joins_segments(listing, at)))
			continue;
		if (newest == NULL)
			newest = at;
		if (has_others)
			error = snapshot_is_complete(at, reader, &is_good);
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
scan_plan_make(const struct store_listing *listing,
    struct segment_reader *reader, struct scan_plan *plan)
{
	const struct store_listing_file *snapshot;
	int error = snapshot_choose(listing, reader, &snapshot);

	if (error == 0)
		plan_fill(listing, snapshot, plan);
	return error;
}
