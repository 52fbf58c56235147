/*
 * Holds back what a crash could take away: a publisher in front of another.
 * Public.
 *
 * An event with an LSN beyond what is committed waits, and behind it whatever
 * concerns the same room: who enters it, what is said in it, answers about it.
 * Rooms that nothing waits for do not notice.
 */
#ifndef PERSISTENCE_COMMIT_GATE_H
#define PERSISTENCE_COMMIT_GATE_H

#include <stddef.h>
#include <stdint.h>

#include "domain/publisher.h"

struct gate;

/*
 * Nothing is committed yet. NULL: no memory. The publisher behind it is
 * borrowed. `most` bytes are held at most; who would need more is cut off, as
 * is who would hear of something that there is no memory for.
 */
struct gate *gate_create(struct publisher *behind, size_t most);

/* What is still held is never told. Accepts NULL. */
void gate_destroy(struct gate *);

/* The door out of the chat; borrowed. */
struct publisher *gate_publisher(struct gate *);

/*
 * Everything up to this LSN may be told; not more at once than takes about a
 * millisecond. True: there is more, call again soon.
 */
bool gate_open(struct gate *, uint64_t committed);

/*
 * Nothing from this LSN on was kept, and these numbers are given out again:
 * who waits for one is told that it failed, the others never hear of it. Opens
 * as gate_open() does.
 */
bool gate_fail(struct gate *, uint64_t first);

/* What is held, in bytes. */
size_t gate_bytes(const struct gate *);

#endif
