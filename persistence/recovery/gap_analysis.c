#include "persistence/recovery/gap_analysis.h"

#include <assert.h>
#include <stdlib.h>

#include "domain/base/array.h"

void
gap_analysis_fini(struct gap_analysis *judgement)
{
	free(judgement->gaps);
	free(judgement->before);
	lost_list_fini(&judgement->reported);
	lost_list_fini(&judgement->news);
	*judgement = (struct gap_analysis){ 0 };
}

bool
gap_analysis_add_record(struct gap_analysis *judgement,
    const struct record *record, uint64_t size)
{
	struct lost_range range;

	judgement->total.records++;
	judgement->total.bytes += size;
	if (record->type != RECORD_LOST ||
	    !lost_entry_read(record->payload, &range))
		return true;
	judgement->total.reported++;
	return lost_list_add(&judgement->reported, &range);
}

static bool
reserve(struct gap_analysis *judgement)
{
	size_t capacity = judgement->capacity;
	struct scan_gap *gaps;
	struct tally *before;

	gaps = array_grow(judgement->gaps, judgement->count, &capacity,
	    sizeof(*gaps));
	if (gaps == NULL)
		return false;
	judgement->gaps = gaps;
	before = array_grow(judgement->before, judgement->count,
	    &judgement->capacity, sizeof(*before));
	if (before == NULL)
		return false;
	judgement->before = before;
	return true;
}

bool
gap_analysis_add_gap(struct gap_analysis *judgement, const struct scan_gap *gap)
{
	if (!reserve(judgement))
		return false;
	judgement->gaps[judgement->count] = *gap;
	judgement->before[judgement->count++] = judgement->total;
	judgement->total.bytes += gap->is_blank ? 0 : gap->len;
	return true;
}

/* Damage that hit no record is none. */
void
gap_analysis_end_snapshot(struct gap_analysis *judgement, uint64_t missing)
{
	if (missing == 0)
		judgement->count = 0;
	else
		judgement->gaps[0].records = missing;
}

bool
gap_analysis_is_lost(const struct gap_analysis *judgement,
    const struct scan_gap *gap)
{
	return gap->first <= gap->last && gap->first <= judgement->durable;
}

/* What is behind the gap goes, and it itself as far as nobody was promised. */
static void
cut_at(struct gap_analysis *judgement, size_t i)
{
	struct scan_gap *gap = &judgement->gaps[i];
	const struct tally *before = &judgement->before[i];

	judgement->torn.records = judgement->total.records - before->records;
	judgement->torn.bytes = judgement->total.bytes - before->bytes;
	if (gap_analysis_is_lost(judgement, gap)) {
		gap->last = judgement->durable;
		judgement->next_lsn = judgement->durable + 1;
		if (!gap->is_blank)
			judgement->torn.bytes -= gap->len;
	} else {
		judgement->next_lsn = gap->first;
	}
	/* What is cut reports nothing. */
	judgement->reported.count = before->reported;
	judgement->count = i + 1;
}

/* There is one: the last gap has no end. */
static void
find_cut(struct gap_analysis *judgement)
{
	size_t i = 0;

	while (judgement->gaps[i].first > judgement->gaps[i].last ||
	       judgement->gaps[i].last <= judgement->durable) {
		i++;
		assert(i < judgement->count);
	}
	cut_at(judgement, i);
}

static bool
list_found(const struct gap_analysis *judgement, struct lost_list *found)
{
	for (size_t i = 0; i < judgement->count; i++) {
		const struct scan_gap *gap = &judgement->gaps[i];
		struct lost_range range = { gap->first, gap->last, gap->records,
			0 };

		if (!gap_analysis_is_lost(judgement, gap))
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
gap_analysis_pass(struct gap_analysis *judgement, uint64_t durable)
{
	struct lost_list found = { 0 };
	bool is_done;

	assert(judgement->count > 0);
	judgement->durable = durable;
	find_cut(judgement);
	is_done =
	    list_found(judgement, &found) &&
	    lost_list_news(&found, &judgement->reported, &judgement->news);
	lost_list_fini(&found);
	return is_done;
}
