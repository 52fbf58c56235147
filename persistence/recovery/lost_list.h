/* Ranges of LSNs that are lost, and which of them nobody has been told. */
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

/* At the end. False: no memory. */
bool lost_list_add(struct lost_list *, const struct lost_range *);

/* Sorts the ranges, and makes one of those that meet. */
void lost_list_merge(struct lost_list *);

/*
 * What of `found` is not among `reported`, added to `news`. The found ones
 * are in order and apart from each other; the reported ones in any order, which
 * is changed. False: no memory.
 *
 * Of a snapshot only the number of records that are missing altogether is
 * known, not which of its LSNs were in use: the records of its ranges are
 * added up, and so are those of its news.
 */
bool lost_list_news(const struct lost_list *found, struct lost_list *reported,
    struct lost_list *news);

#endif
