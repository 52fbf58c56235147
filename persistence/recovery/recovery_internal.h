/* What the parts of recovery share. */
#ifndef PERSISTENCE_RECOVERY_INTERNAL_H
#define PERSISTENCE_RECOVERY_INTERNAL_H

#include "persistence/recovery/epoch_validity.h"
#include "persistence/recovery/gap_analysis.h"
#include "persistence/recovery/recovery.h"

struct recovery {
	const struct recovery_config *config;
	struct disk *disk;
	struct replay *replay;
	struct recovery_result *result;
	struct store_listing survey;
	struct segment_reader *reader;
	struct scan_plan plan;
	struct gap_analysis judgement;
	struct epoch_validity numbering;
	bool is_behind; /* the first gap was met: what follows waits … */
	struct journal_scan rest; /* … to be read again from here, … */
	struct scan_gap next;     /* … right behind this gap */
	unsigned logged;
};

/* Says why, and hands `how` back; a failure is logged. */
enum recovery_end recovery_stop(struct recovery *, enum recovery_end how,
    const char *format, ...) __attribute__((format(printf, 3, 4)));
enum recovery_end recovery_fail(struct recovery *, const char *what, int error);

bool recovery_may_write(const struct recovery *);

/*
 * Looks which files there are, and whose store they are; makes one of an empty
 * directory. RECOVERY_OK: the survey and the store's id are good.
 */
enum recovery_end recovery_survey(struct recovery *);

/* Tells those who asked, and the log, what the judgement found. */
void recovery_tell(struct recovery *);

#endif
