/* What parleyd store prints. */
#ifndef CMD_STORE_PRINT_H
#define CMD_STORE_PRINT_H

#include <stdio.h>

#include "persistence/inspect.h"

/* Each one JSON object in a line of its own, for dump. */
void store_print_room(FILE *, const struct room *, uint64_t lsn);
void store_print_room_gone(FILE *, struct str room, uint64_t lsn);
void store_print_message(FILE *, struct str room, const struct message *,
    uint64_t lsn);
void store_print_attribute(FILE *, struct str room, const struct attribute *,
    uint64_t lsn);
void store_print_trim(FILE *, struct str room, uint64_t seq, uint64_t lsn);

/* One JSON object: the room, when it was last active, what it holds. */
void store_print_room_summary(FILE *, const struct room *, int64_t active_ms,
    uint64_t messages, uint64_t bytes);

/* One line of text. */
void store_print_finding(FILE *, const struct recovery_finding *);

/* The figures of a recovery, "name value" in each line. */
void store_print_figures(FILE *, const struct recovery_result *);

#endif
