/* Whose store it is that is to be recovered. */
#include "domain/log.h"
#include "persistence/format/store_format.h"
#include "persistence/format/watermark.h"
#include "persistence/recovery/recovery_internal.h"

static enum recovery_end
make_store(struct recovery *recovery)
{
	uint8_t *store_id = recovery->result->store_id;
	int error;

	/* The others were there before it: somebody took them away. */
	if (recovery->survey.has_mark)
		return recovery_stop(recovery, RECOVERY_FOREIGN,
		    "of a store only " WATERMARK_NAME " is left");
	if (recovery->survey.has_strange || !recovery_may_write(recovery))
		return recovery_stop(recovery, RECOVERY_FOREIGN,
		    "the directory is no store");
	log_info("store: begun, since there was none");
	disk_random(recovery->disk, store_id, STORE_ID_SIZE);
	error = store_format_write(recovery->disk, store_id);
	return error == 0 ? RECOVERY_OK
			  : recovery_fail(recovery, FORMAT_NAME, error);
}

/* FORMAT is damaged or gone, but the other files know whose they are. */
static enum recovery_end
restore_format(struct recovery *recovery)
{
	int error;

	log_error("store: " FORMAT_NAME " does not fit the other files%s",
	    recovery_may_write(recovery) ? "; written anew" : "");
	if (!recovery_may_write(recovery))
		return RECOVERY_OK;
	error = store_format_write(recovery->disk, recovery->result->store_id);
	return error == 0 ? RECOVERY_OK
			  : recovery_fail(recovery, FORMAT_NAME, error);
}

static enum recovery_end
identify(struct recovery *recovery, enum store_format format)
{
	const struct store_listing *survey = &recovery->survey;
	uint8_t *store_id = recovery->result->store_id;
	uint8_t by_format[STORE_ID_SIZE];

	memcpy(by_format, store_id, STORE_ID_SIZE);
	if (format == STORE_FORMAT_NONE && survey->snapshot_count == 0 &&
	    survey->segment_count == 0)
		return make_store(recovery);
	if (store_listing_store_id(survey, by_format, store_id))
		return format == STORE_FORMAT_OURS &&
			       memcmp(by_format, store_id, STORE_ID_SIZE) == 0
			   ? RECOVERY_OK
			   : restore_format(recovery);
	if (format == STORE_FORMAT_OURS)
		return RECOVERY_OK;
	return recovery_stop(recovery, RECOVERY_FOREIGN,
	    "neither " FORMAT_NAME " nor any other file says whose store it "
	    "is");
}

enum recovery_end
recovery_survey(struct recovery *recovery)
{
	enum store_format format;
	int error;

	error = store_format_read(recovery->disk, &format,
	    recovery->result->store_id);
	if (error != 0)
		return recovery_fail(recovery, FORMAT_NAME, error);
	if (format == STORE_FORMAT_NEWER)
		return recovery_stop(recovery, RECOVERY_NEWER,
		    FORMAT_NAME ": the store is of a newer program");
	error = store_listing_make(&recovery->survey, recovery->disk);
	if (error != 0)
		return recovery_fail(recovery,
		    recovery->survey.failed_name[0] != '\0'
			? recovery->survey.failed_name
			: "cannot look at the files",
		    error);
	if (recovery->survey.is_newer)
		return recovery_stop(recovery, RECOVERY_NEWER,
		    "%s is of a newer program", recovery->survey.newer_name);
	return identify(recovery, format);
}
