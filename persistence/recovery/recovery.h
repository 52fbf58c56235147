/*
 * Recovery: reads the files, replays the records, repairs the files.
 *
 * A record that is missing or damaged is one of two things:
 *  - part of a torn tail: it was never acknowledged, and is cut;
 *  - lost: it was durable once. It is reported, its bytes are copied to
 *    quarantine/, and no later start finds it again.
 */
#ifndef PERSISTENCE_RECOVERY_H
#define PERSISTENCE_RECOVERY_H

#include "persistence/disk/disk.h"
#include "persistence/format/record.h"
#include "persistence/format/record_payload.h"

/* Receives the records, in order of LSN. */
struct replay {
	/*
	 * ROOM, ROOM_GONE, MESSAGE or TRIM, payload not decoded. False: no
	 * memory; recovery ends.
	 */
	bool (*record)(struct replay *, const struct record *);
	/* These LSNs are lost, reported by an earlier start or not. May be
	 * NULL. */
	void (*lost)(struct replay *, uint64_t first, uint64_t last);
};

enum recovery_mode {
	RECOVERY_REPAIR, /* for the server and `repair`: files are changed */
	RECOVERY_READ    /* for check, stats, dump: nothing is written */
};

/* One place that is damaged or unfinished. */
struct recovery_finding {
	enum finding_kind {
		FINDING_TORN,    /* never acknowledged */
		FINDING_LOST,    /* durable once */
		FINDING_REPORTED /* lost, and reported by an earlier start */
	} kind;
	const char *file;     /* "": the file is missing */
	uint64_t at, len;     /* bytes */
	uint64_t first, last; /* LSNs; `last` is not set for TORN */
	uint64_t records;     /* TORN: good records that are cut with it */
};

struct recovery_config {
	struct disk *disk;
	enum recovery_mode mode;
	bool refuse_damage; /* store.on_damage = refuse */
	/* Called for each finding; may be NULL. */
	void (*found)(const struct recovery_finding *, void *arg);
	void *arg;
};

enum recovery_status {
	RECOVERY_OK,
	RECOVERY_TORN,    /* a torn tail was cut (READ: would be cut) */
	RECOVERY_DAMAGED, /* records are lost; refused if refuse_damage */
	RECOVERY_NEWER,   /* FORMAT or a segment of a newer program */
	RECOVERY_FOREIGN, /* no store, or unreadable */
	RECOVERY_CHANGED, /* what was read ahead is not what the files have */
	RECOVERY_FAILED   /* the disk or memory; logged */
};

/* What the journal continues from. */
struct recovery_result {
	uint8_t store_id[STORE_ID_SIZE];
	uint64_t next_lsn;
	uint64_t durable_lsn; /* next_lsn - 1 once the files are repaired */
	uint64_t epochs_invalid_up_to; /* see epoch_validity.h */
	/* There was no space to repair the files: nothing may be written until
	 * recovery_repair() has succeeded. */
	bool needs_repair;
	uint64_t first_live_lsn; /* of the oldest segment that is needed */
	uint64_t snapshot_lsn;   /* 0: none; known before the first record */
	/* Another program has received what happened up to there; 0: there is
	 * none. Known before the first record. */
	uint64_t cursor;
	uint64_t records;    /* good records, including the snapshot */
	uint64_t segments;   /* that are needed */
	uint64_t bytes;      /* of records in segments */
	uint64_t live_bytes; /* of records in the snapshot */
	uint64_t torn_bytes, torn_records;
	uint64_t lost_records, lost_ranges; /* not reported before */
	/* The journal writes a LOST record for each. */
	struct lost_range *lost;
	size_t lost_count;
	char why[256]; /* the reason if it failed, with file and offset */
};

/*
 * The caller holds the lock. Makes a store in an empty directory (REPAIR).
 * Idempotent: safe to interrupt and run again. Call recovery_result_fini() in
 * any case.
 */
enum recovery_status recovery_run(const struct recovery_config *,
    struct replay *, struct recovery_result *);
void recovery_result_fini(struct recovery_result *);

/*
 * --- the same in steps, beside a server that still writes -------------------
 */

struct recovery;

/* Everything is borrowed. NULL: no memory. */
struct recovery *recovery_create(const struct recovery_config *,
    struct replay *, struct recovery_result *);
void recovery_destroy(struct recovery *);

/*
 * Replays what was written so far, up to the first gap; the next call goes on
 * from there. Needs no lock, and changes nothing. Other than RECOVERY_OK: what
 * was replayed is of no use; the failure is not logged.
 */
enum recovery_status recovery_read_ahead(struct recovery *);

/* The rest of recovery_run(). */
enum recovery_status recovery_finish(struct recovery *);

/*
 * Repairs the files after a recovery with needs_repair and this next LSN. 0 or
 * an errno; EIO: the files have changed since.
 */
int recovery_repair(struct disk *, uint64_t next_lsn);

#endif
