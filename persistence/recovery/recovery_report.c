/* What recovery says about what it found. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "domain/log.h"
#include "persistence/recovery/recovery_internal.h"

/* Many ranges are rather one event than many lines. */
#define LOGGED_MOST 20

enum recovery_end
recovery_stop(struct recovery *recovery, enum recovery_end how,
    const char *format, ...)
{
	char *why = recovery->result->why;
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(recovery->result->why), format, args);
	va_end(args);
	if (how == RECOVERY_FAILED)
		log_error("store: %s", why);
	return how;
}

enum recovery_end
recovery_fail(struct recovery *recovery, const char *what, int error)
{
	return recovery_stop(recovery, RECOVERY_FAILED, "%s: %s", what,
	    strerror(error));
}

bool
recovery_may_write(const struct recovery *recovery)
{
	return recovery->config->mode == RECOVERY_MEND;
}

static void
gap_name(const struct scan_gap *gap, char out[STORE_NAME_SIZE])
{
	out[0] = '\0';
	if (gap->file != NULL)
		store_listing_file_name(gap->file, out);
}

/* Both in order of LSN; *at is how far the news were looked at. */
static bool
is_news(const struct lost_list *news, const struct scan_gap *gap, size_t *at)
{
	while (*at < news->count && news->ranges[*at].last < gap->first)
		++*at;
	return *at < news->count && news->ranges[*at].first <= gap->last;
}

static void
tell(struct recovery *recovery, const struct recovery_finding *finding)
{
	char *why = recovery->result->why;
	char text[sizeof(recovery->result->why)];

	if (recovery->config->found != NULL)
		recovery->config->found(finding, recovery->config->arg);
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
		log_warn("store: %s: cut", text);
	else if (++recovery->logged <= LOGGED_MOST)
		log_error("store: %s", text);
}

static void
tell_lost(struct recovery *recovery, const struct scan_gap *gap, bool is_news)
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

	gap_name(gap, name);
	if (gap->file != NULL && gap->file->is_snapshot)
		finding.records = gap->records;
	tell(recovery, &finding);
}

static void
tell_torn(struct recovery *recovery, const struct scan_gap *cut)
{
	const struct tally *torn = &recovery->judgement.torn;
	char name[STORE_NAME_SIZE];
	struct recovery_finding finding = {
		.kind = FINDING_TORN,
		.file = name,
		.at = cut->at,
		.len = torn->bytes,
		.first = recovery->judgement.next_lsn,
		.records = torn->records,
	};

	gap_name(cut, name);
	tell(recovery, &finding);
}

void
recovery_tell(struct recovery *recovery)
{
	const struct gap_analysis *judgement = &recovery->judgement;
	size_t at = 0;

	for (size_t i = 0; i < judgement->count; i++) {
		const struct scan_gap *gap = &judgement->gaps[i];

		if (gap_analysis_is_lost(judgement, gap))
			tell_lost(recovery, gap,
			    is_news(&judgement->news, gap, &at));
	}
	if (judgement->torn.bytes > 0)
		tell_torn(recovery, &judgement->gaps[judgement->count - 1]);
	if (recovery->logged > LOGGED_MOST)
		log_error("store: %u more ranges are lost",
		    recovery->logged - LOGGED_MOST);
}
