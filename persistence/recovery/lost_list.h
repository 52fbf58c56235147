/* Ranges of lost LSNs, and which of them were not reported yet. */
#ifndef PERSISTENCE_LOST_LIST_H
#define PERSISTENCE_LOST_LIST_H

#include "persistence/format/record_payload.h"

/* Filled with zeros it is empty. */
struct lost_list {
	struct lost_range *ranges;
	size_t count;
	size_t capacity;
};

void lost_list_fini(struct lost_list *);

/* Appends. False: no memory. */
bool lost_list_add(struct lost_list *, const struct lost_range *);

/* Sorts the ranges and joins those that meet. */
void lost_list_merge(struct lost_list *);

/*
 * Adds to `unreported` what of `found` is not in `reported`. `found` is sorted
 * and without overlaps; `reported` is sorted by this. False: no memory.
 *
 * Of a snapshot only the number of missing records is known, not which of its
 * LSNs were in use: records are added up per snapshot.
 */
bool lost_list_find_unreported(const struct lost_list *found,
    struct lost_list *reported, struct lost_list *unreported);

#endif
