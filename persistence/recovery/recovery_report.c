/* Errors and findings of recovery, in the log and to the caller. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "domain/log.h"
#include "persistence/recovery/recovery_internal.h"

/* More ranges than this are logged as a number. */
#define LOGGED_MOST 20

enum recovery_status
recovery_stop(struct recovery *recovery, enum recovery_status status,
    const char *format, ...)
{
	char *why = recovery->result->why;
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(recovery->result->why), format, args);
	va_end(args);
	if (status == RECOVERY_FAILED && !recovery->is_ahead)
		log_error("store: %s", why);
	return status;
}

enum recovery_status
recovery_fail(struct recovery *recovery, const char *what, int error)
{
	return recovery_stop(recovery, RECOVERY_FAILED, "%s: %s", what,
	    strerror(error));
}

enum recovery_status
recovery_fail_to_write(struct recovery *recovery, const char *what, int error)
{
	if (!disk_error_is_temporary(error))
		return recovery_fail(recovery, what, error);
	log_warn("store: %s: %s: repaired when there is space", what,
	    strerror(error));
	recovery->result->needs_repair = true;
	return RECOVERY_OK;
}

bool
recovery_may_write(const struct recovery *recovery)
{
	return recovery->config.mode == RECOVERY_REPAIR && !recovery->is_ahead;
}

static void
gap_file_name(const struct scan_gap *gap, char out[STORE_NAME_SIZE])
{
	out[0] = '\0';
	if (gap->file != NULL)
		store_listing_file_name(gap->file, out);
}

/* Both are in order of LSN; *at is the position in `news`. */
static bool
gap_is_unreported(const struct lost_list *unreported,
    const struct scan_gap *gap, size_t *at)
{
	while (*at < unreported->count &&
	       unreported->ranges[*at].last < gap->first)
		++*at;
	return *at < unreported->count &&
	       unreported->ranges[*at].first <= gap->last;
}

static void
finding_report(struct recovery *recovery,
    const struct recovery_finding *finding)
{
	char *why = recovery->result->why;
	char text[sizeof(recovery->result->why)];

	if (recovery->config.found != NULL)
		recovery->config.found(finding, recovery->config.arg);
	if (finding->kind == FINDING_REPORTED)
		return;
	snprintf(text, sizeof(text),
	    finding->kind == FINDING_LOST
		? "%s, byte %" PRIu64 ", %" PRIu64 " bytes: records %" PRIu64
		  " to %" PRIu64 " are lost"
		: "%s, byte %" PRIu64 ", %" PRIu64
		  " bytes were not finished: records from %" PRIu64 " on",
	    finding->file[0] != '\0' ? finding->file : "a missing file",
	    finding->at, finding->len, finding->first, finding->last);
	if (why[0] == '\0')
		memcpy(why, text, sizeof(text));
	if (!recovery_may_write(recovery))
		return;
	if (finding->kind == FINDING_TORN)
		log_warn("store: %s: truncated", text);
	else if (++recovery->logged <= LOGGED_MOST)
		log_error("store: %s", text);
}

static void
lost_report(struct recovery *recovery, const struct scan_gap *gap, bool is_news)
{
	char name[STORE_NAME_SIZE];
	struct recovery_finding finding = {
		.kind = is_news ? FINDING_LOST : FINDING_REPORTED,
		.file = name,
		.at = gap->at,
		.len = gap->len,
		.first = gap->first,
		.last = gap->last,
		.records = gap->last - gap->first + 1,
	};

	gap_file_name(gap, name);
	if (gap->file != NULL && gap->file->is_snapshot)
		finding.records = gap->records;
	finding_report(recovery, &finding);
}

static void
torn_report(struct recovery *recovery, const struct scan_gap *cut)
{
	const struct tally *torn = &recovery->analysis.torn;
	char name[STORE_NAME_SIZE];
	struct recovery_finding finding = {
		.kind = FINDING_TORN,
		.file = name,
		.at = cut->at,
		.len = torn->bytes,
		.first = recovery->analysis.next_lsn,
		.records = torn->records,
	};

	gap_file_name(cut, name);
	finding_report(recovery, &finding);
}

void
recovery_report(struct recovery *recovery)
{
	const struct gap_analysis *analysis = &recovery->analysis;
	size_t at = 0;

	for (size_t i = 0; i < analysis->count; i++) {
		const struct scan_gap *gap = &analysis->gaps[i];

		if (gap_analysis_is_lost(analysis, gap))
			lost_report(recovery, gap,
			    gap_is_unreported(&analysis->unreported, gap, &at));
	}
	if (analysis->torn.bytes > 0)
		torn_report(recovery, &analysis->gaps[analysis->count - 1]);
	if (recovery->logged > LOGGED_MOST)
		log_error("store: %u more ranges are lost",
		    recovery->logged - LOGGED_MOST);
}
