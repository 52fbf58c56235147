/* Shared by the files of recovery. */
#ifndef PERSISTENCE_RECOVERY_INTERNAL_H
#define PERSISTENCE_RECOVERY_INTERNAL_H

#include "persistence/recovery/epoch_validity.h"
#include "persistence/recovery/gap_analysis.h"
#include "persistence/recovery/recovery.h"

struct recovery {
	struct recovery_config config;
	struct disk *disk;
	struct replay *replay;
	struct recovery_result *result;
	struct store_listing listing;
	struct segment_reader *reader;
	struct scan_plan plan;
	struct journal_scan scan;
	bool has_begun; /* scan is a position, of an earlier listing */
	bool is_ahead;  /* a server still writes */
	struct gap_analysis analysis;
	struct epoch_validity validity;
	bool has_gap;                  /* the first gap was found */
	struct journal_scan resume_at; /* the position after it */
	struct scan_gap next;          /* the gap */
	unsigned logged;
};

/* Sets result->why and returns `status`; logs it if that is RECOVERY_FAILED. */
enum recovery_status recovery_stop(struct recovery *,
    enum recovery_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum recovery_status recovery_fail(struct recovery *, const char *what,
    int error);

/* For a failed write: defers the repair if the disk is full. */
enum recovery_status recovery_fail_to_write(struct recovery *, const char *what,
    int error);

bool recovery_may_write(const struct recovery *);

/*
 * Lists the files and finds the store's id; creates a store in an empty
 * directory. RECOVERY_OK: the listing and the id are valid.
 */
enum recovery_status recovery_identify(struct recovery *);

/* Logs the findings and passes them to config->found. */
void recovery_report(struct recovery *);

#endif
