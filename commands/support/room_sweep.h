/*
 * Removes persistent rooms that nothing happens in any more, unless a user has
 * created them.
 */
#ifndef COMMANDS_ROOM_SWEEP_H
#define COMMANDS_ROOM_SWEEP_H

struct request;

/* To be called about once a minute, or room_empty_ms; some rooms at a time. */
void room_sweep_run(struct request *);

#endif
