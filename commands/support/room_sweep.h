/*
 * Removes persistent rooms that nothing happens in any more, unless a user has
 * created them.
 */
#ifndef COMMANDS_ROOM_SWEEP_H
#define COMMANDS_ROOM_SWEEP_H

#include <stdbool.h>

struct request;

/*
 * To be called about once a minute, or room_empty_ms; some rooms at a time.
 * With other nodes, one of them proposes the ends. True: it waits for an
 * answer, and is to be called again.
 */
bool room_sweep_run(struct request *);

#endif
