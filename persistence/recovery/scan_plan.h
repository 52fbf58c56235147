/* Which files of the store have to be read. */
#ifndef PERSISTENCE_SCAN_PLAN_H
#define PERSISTENCE_SCAN_PLAN_H

#include "persistence/recovery/journal_scan.h"

/*
 * The newest snapshot, or an older one if the newest is damaged and the older
 * one is followed by segments without a gap; and the segments that it does not
 * cover. The plan borrows from the listing. 0 or an errno.
 */
int scan_plan_make(const struct store_listing *, struct segment_reader *,
    struct scan_plan *);

#endif
