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

struct commit_gate;

/*
 * Nothing is committed yet. NULL: no memory. The publisher behind it is
 * borrowed. `most` bytes are held at most; who would need more is cut off, as
 * is who would hear of something that there is no memory for.
 */
struct commit_gate *commit_gate_create(struct publisher *behind, size_t most);

/* What is still held is never told. Accepts NULL. */
void commit_gate_destroy(struct commit_gate *);

/* The door out of the chat; borrowed. */
struct publisher *commit_gate_publisher(struct commit_gate *);

/*
 * Everything up to this LSN may be told; not more at once than takes about a
 * millisecond. True: there is more, call again soon.
 */
bool commit_gate_open(struct commit_gate *, uint64_t committed);

/*
 * Nothing from this LSN on was kept, and these numbers are given out again:
 * who waits for one is told that it failed, the others never hear of it. Opens
 * as commit_gate_open() does.
 */
bool commit_gate_fail(struct commit_gate *, uint64_t first);

/* What is held, in bytes. */
size_t commit_gate_bytes(const struct commit_gate *);

#endif
