/* Reads, checks and repairs a store that no server has open. Public. */
#ifndef PERSISTENCE_INSPECT_H
#define PERSISTENCE_INSPECT_H

#include "domain/attribute.h"
#include "domain/history.h"
#include "domain/room.h"
#include "persistence/disk/disk.h"
#include "persistence/recovery/recovery.h"

enum inspect_status {
	INSPECT_WHOLE,
	INSPECT_TORN,       /* unfinished end, as after a crash */
	INSPECT_DAMAGED,    /* records are lost */
	INSPECT_UNREADABLE, /* no store, a newer version, or a disk error */
	INSPECT_IN_USE,     /* a server has it open */
	INSPECT_NO_ROOM     /* there is no such room */
};

/*
 * Called with what is found, in order of LSN; members may be NULL. Arguments
 * are valid during the call.
 */
struct inspector {
	void (*room)(const struct room *, uint64_t lsn, void *arg);
	void (*room_gone)(struct str room, uint64_t lsn, void *arg);
	void (*message)(struct str room, const struct message *, uint64_t lsn,
	    void *arg);
	void (*attribute)(struct str room, const struct attribute *,
	    uint64_t lsn, void *arg);
	/* Messages up to seq are gone. */
	void (*trim)(struct str room, uint64_t seq, uint64_t lsn, void *arg);
	void (*found)(const struct recovery_finding *, void *arg);
	void *arg;
};

/* Figures, and the reason of a failure; nothing to free. */
struct inspection {
	struct recovery_result result;
	char why[256];
};

/* Reads the store and writes nothing. */
enum inspect_status inspect_read(struct disk *, const struct inspector *,
    struct inspection *);

/*
 * Repairs the store as the start of a server would, and writes LOST records.
 * Returns how it was found; INSPECT_UNREADABLE: it could not be repaired.
 */
enum inspect_status inspect_repair(struct disk *, const struct inspector *,
    struct inspection *);

/*
 * Repairs the store and removes a room with its messages. Returns how it was
 * found; INSPECT_UNREADABLE: it could not be written; INSPECT_NO_ROOM.
 */
enum inspect_status inspect_delete_room(struct disk *, struct str room,
    struct inspection *);

/* Copies every file of the directory but LOCK; 0 or an errno. */
int inspect_copy(struct disk *from, struct disk *to);

#endif
