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

/* Where what is alive goes, in order of LSN. */
struct replay {
	/*
	 * ROOM, ROOM_GONE, MESSAGE, TRIM, and what else may be skipped; their
	 * payloads are not read yet. False: no memory; recovery ends.
	 */
	bool (*record)(struct replay *, const struct record *);
	/*
	 * These LSNs were durable and are not to be had any more, whether that
	 * was reported by an earlier start or not.
	 */
	void (*lost)(struct replay *, uint64_t first, uint64_t last);
};

enum recovery_mode {
	RECOVERY_REPAIR, /* the server, `repair`: files are changed */
	RECOVERY_READ    /* check, stats, dump: nothing is written */
};

/* One place where something is wrong. */
struct recovery_finding {
	enum finding_kind {
		FINDING_TORN,    /* bytes that were never acknowledged */
		FINDING_LOST,    /* records that were durable */
		FINDING_REPORTED /* likewise; an earlier start has said so */
	} kind;
	const char *file;     /* "": there is none to be read at all */
	uint64_t at, len;     /* bytes */
	uint64_t first, last; /* LSNs; TORN: last is not known */
	uint64_t records;     /* TORN: good ones that are cut, too */
};

struct recovery_config {
	struct disk *disk;
	enum recovery_mode mode;
	bool refuse_damage; /* store.on_damage = refuse */
	/* Told of what is wrong; may be NULL. */
	void (*found)(const struct recovery_finding *, void *arg);
	void *arg;
};

enum recovery_status {
	RECOVERY_OK,
	RECOVERY_TORN,    /* a torn tail was cut (LOOK: would be) */
	RECOVERY_DAMAGED, /* something is lost, and reported; refused if so
			     asked */
	RECOVERY_NEWER,   /* FORMAT or a segment of a newer program */
	RECOVERY_FOREIGN, /* no store, or unreadable */
	RECOVERY_FAILED   /* the disk or memory; logged */
};

/* What the journal goes on from. */
struct recovery_result {
	uint8_t store_id[STORE_ID_SIZE];
	uint64_t next_lsn;
	uint64_t durable_lsn;          /* next_lsn - 1 once it is mended */
	uint64_t epochs_invalid_up_to; /* see epoch_validity.h */
	/* There was no space to repair the files: nothing may be written until
	 * recovery_repair() has succeeded. */
	bool needs_repair;
	uint64_t first_live_lsn; /* of the oldest segment still needed */
	uint64_t snapshot_lsn;   /* 0: none */
	uint64_t records;        /* good ones, in the snapshot too */
	uint64_t segments;       /* that are still needed */
	uint64_t bytes;          /* of records in segments */
	uint64_t live_bytes;     /* of records in the snapshot */
	uint64_t torn_bytes, torn_records;
	uint64_t lost_records, lost_ranges; /* reported now, not earlier */
	/* For each the journal writes a LOST record. */
	struct lost_range *lost;
	size_t lost_count;
	char why[256]; /* for people, if it did not go well: file, offset, … */
};

/*
 * The directory is locked by the caller; an empty one is made a store (MEND).
 * Stopped anywhere and run again, it comes to the same end. The result is to
 * be finished whatever the end.
 */
enum recovery_status recovery_run(const struct recovery_config *,
    struct replay *, struct recovery_result *);
void recovery_result_fini(struct recovery_result *);

/*
 * Repairs the files after a recovery that had no space for it, and whose next
 * LSN this is. 0 or an errno; EIO: the files are not as they were then.
 */
int recovery_repair(struct disk *, uint64_t next_lsn);

#endif
