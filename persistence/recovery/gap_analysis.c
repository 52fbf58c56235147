#include "persistence/recovery/gap_analysis.h"

#include <assert.h>
#include <stdlib.h>

#include "domain/base/array.h"

void
gap_analysis_fini(struct gap_analysis *analysis)
{
	free(analysis->gaps);
	free(analysis->before);
	lost_list_fini(&analysis->reported);
	lost_list_fini(&analysis->unreported);
	*analysis = (struct gap_analysis){ 0 };
}

bool
gap_analysis_add_record(struct gap_analysis *analysis,
    const struct record *record, uint64_t size)
{
	struct lost_range range;

	analysis->total.records++;
	analysis->total.bytes += size;
	if (record->type != RECORD_LOST ||
	    !lost_payload_read(record->payload, &range))
		return true;
	analysis->total.reported++;
	return lost_list_add(&analysis->reported, &range);
}

static bool
gaps_reserve(struct gap_analysis *analysis)
{
	size_t capacity = analysis->capacity;
	struct scan_gap *gaps;
	struct tally *before;

	gaps = array_grow(analysis->gaps, analysis->count, &capacity,
	    sizeof(*gaps));
	if (gaps == NULL)
		return false;
	analysis->gaps = gaps;
	before = array_grow(analysis->before, analysis->count,
	    &analysis->capacity, sizeof(*before));
	if (before == NULL)
		return false;
	analysis->before = before;
	return true;
}

bool
gap_analysis_add_gap(struct gap_analysis *analysis, const struct scan_gap *gap)
{
	if (!gaps_reserve(analysis))
		return false;
	analysis->gaps[analysis->count] = *gap;
	analysis->before[analysis->count++] = analysis->total;
	analysis->total.bytes += gap->is_blank ? 0 : gap->len;
	return true;
}

/* Damage between records is not a loss. */
void
gap_analysis_end_snapshot(struct gap_analysis *analysis, uint64_t missing)
{
	if (missing == 0)
		analysis->count = 0;
	else
		analysis->gaps[0].records = missing;
}

bool
gap_analysis_is_lost(const struct gap_analysis *analysis,
    const struct scan_gap *gap)
{
	return gap->first <= gap->last && gap->first <= analysis->durable;
}

/*
 * Truncates the journal at the gap. The part of the gap that was durable stays,
 * as lost.
 */
static void
gaps_cut_at(struct gap_analysis *analysis, size_t i)
{
	struct scan_gap *gap = &analysis->gaps[i];
	const struct tally *before = &analysis->before[i];

	analysis->torn.records = analysis->total.records - before->records;
	analysis->torn.bytes = analysis->total.bytes - before->bytes;
	if (gap_analysis_is_lost(analysis, gap)) {
		gap->last = analysis->durable;
		analysis->next_lsn = analysis->durable + 1;
		if (!gap->is_blank)
			analysis->torn.bytes -= gap->len;
	} else {
		analysis->next_lsn = gap->first;
	}
	/* LOST records after the cut do not count. */
	analysis->reported.count = before->reported;
	analysis->count = i + 1;
}

/* There is always one: the last gap has no end. */
static void
gaps_find_cut(struct gap_analysis *analysis)
{
	size_t i = 0;

	while (analysis->gaps[i].first > analysis->gaps[i].last ||
	       analysis->gaps[i].last <= analysis->durable) {
		i++;
		assert(i < analysis->count);
	}
	gaps_cut_at(analysis, i);
}

static bool
gaps_list_lost(const struct gap_analysis *analysis, struct lost_list *found)
{
	for (size_t i = 0; i < analysis->count; i++) {
		const struct scan_gap *gap = &analysis->gaps[i];
		struct lost_range range = { gap->first, gap->last, gap->records,
			0 };

		if (!gap_analysis_is_lost(analysis, gap))
			continue;
		if (gap->file != NULL && gap->file->is_snapshot)
			range.snapshot = gap->file->lsn;
		else
			range.records = gap->last - gap->first + 1;
		if (!lost_list_add(found, &range))
			return false;
	}
	return true;
}

bool
gap_analysis_finish(struct gap_analysis *analysis, uint64_t durable)
{
	struct lost_list found = { 0 };
	bool is_done;

	assert(analysis->count > 0);
	analysis->durable = durable;
	gaps_find_cut(analysis);
	is_done = gaps_list_lost(analysis, &found) &&
		  lost_list_find_unreported(&found, &analysis->reported,
		      &analysis->unreported);
	lost_list_fini(&found);
	return is_done;
}
