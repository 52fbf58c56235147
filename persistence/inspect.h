/*
 * A store that no server has open: what is in it, what is wrong with it, and
 * mending it. By the server's own reader. Public.
 */
#ifndef PERSISTENCE_INSPECT_H
#define PERSISTENCE_INSPECT_H

#include "domain/history.h"
#include "domain/room.h"
#include "persistence/disk/disk.h"
#include "persistence/recovery/recovery.h"

enum inspect_status {
	INSPECT_WHOLE,
	INSPECT_TORN,       /* unfinished bytes at the end, as after a crash */
	INSPECT_DAMAGED,    /* something is lost that was on the disk */
	INSPECT_UNREADABLE, /* no store, a newer one, or the disk fails */
	INSPECT_IN_USE,     /* a server has it open */
	INSPECT_NO_ROOM     /* whole, but there is no such room */
};

/*
 * Told of what is found, in the order of the journal; what is not of interest
 * may be NULL. What is pointed to is good for the call.
 */
struct inspector {
	void (*room)(const struct room *, uint64_t lsn, void *arg);
	void (*room_gone)(struct str room, uint64_t lsn, void *arg);
	void (*message)(struct str room, const struct message *, uint64_t lsn,
	    void *arg);
	/* Its messages up to seq are gone. */
	void (*trim)(struct str room, uint64_t seq, uint64_t lsn, void *arg);
	void (*found)(const struct recovery_finding *, void *arg);
	void *arg;
};

/* Figures, and why it did not go well; nothing in it is to be freed. */
struct inspection {
	struct recovery_result result;
	char why[256];
};

/* Reads it and writes nothing. */
enum inspect_status inspect_read(struct disk *, const struct inspector *,
    struct inspection *);

/*
 * Does what the start of a server would do, too: cuts, quarantines, and notes
 * in the journal what is lost. How the store was found; INSPECT_UNREADABLE:
 * it could not be mended.
 */
enum inspect_status inspect_repair(struct disk *, const struct inspector *,
    struct inspection *);

/*
 * Repairs the store, and removes a room with all its messages. How the store
 * was found; INSPECT_UNREADABLE: it could not be written; INSPECT_NO_ROOM.
 */
enum inspect_status inspect_delete_room(struct disk *, struct str room,
    struct inspection *);

/* Every file of the directory but LOCK; 0 or an errno. */
int inspect_copy(struct disk *from, struct disk *to);

#endif
