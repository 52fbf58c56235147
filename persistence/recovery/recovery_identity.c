/* Which store the files belong to. */
#include "domain/log.h"
#include "persistence/format/store_format.h"
#include "persistence/format/watermark.h"
#include "persistence/recovery/recovery_internal.h"

static enum recovery_status
store_create(struct recovery *recovery)
{
	uint8_t *store_id = recovery->result->store_id;
	int error;

	/* The other files existed before it: they were removed by hand. */
	if (recovery->listing.has_watermark)
		return recovery_stop(recovery, RECOVERY_FOREIGN,
		    "of a store only " WATERMARK_NAME " is left");
	if (recovery->listing.has_foreign || !recovery_may_write(recovery))
		return recovery_stop(recovery, RECOVERY_FOREIGN,
		    "the directory is no store");
	log_info("store: created");
	disk_random(recovery->disk, store_id, STORE_ID_SIZE);
	error = store_format_write(recovery->disk, store_id);
	return error == 0 ? RECOVERY_OK
			  : recovery_fail(recovery, FORMAT_NAME, error);
}

/* FORMAT is damaged or missing, but the other files have the id. */
static enum recovery_status
format_restore(struct recovery *recovery)
{
	int error;

	log_error("store: " FORMAT_NAME " does not fit the other files%s",
	    recovery_may_write(recovery) ? ": rewritten" : "");
	if (!recovery_may_write(recovery))
		return RECOVERY_OK;
	error = store_format_write(recovery->disk, recovery->result->store_id);
	return error == 0
		   ? RECOVERY_OK
		   : recovery_fail_to_write(recovery, FORMAT_NAME, error);
}

static enum recovery_status
store_identify(struct recovery *recovery, enum store_format format)
{
	const struct store_listing *listing = &recovery->listing;
	uint8_t *store_id = recovery->result->store_id;
	uint8_t by_format[STORE_ID_SIZE];

	memcpy(by_format, store_id, STORE_ID_SIZE);
	if (format == STORE_FORMAT_NONE && listing->snapshot_count == 0 &&
	    listing->segment_count == 0)
		return store_create(recovery);
	if (store_listing_store_id(listing, by_format, store_id))
		return format == STORE_FORMAT_OURS &&
			       memcmp(by_format, store_id, STORE_ID_SIZE) == 0
			   ? RECOVERY_OK
			   : format_restore(recovery);
	if (format == STORE_FORMAT_OURS)
		return RECOVERY_OK;
	return recovery_stop(recovery, RECOVERY_FOREIGN,
	    "neither " FORMAT_NAME " nor any other file says whose store it "
	    "is");
}

enum recovery_status
recovery_identify(struct recovery *recovery)
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
	error = store_listing_make(&recovery->listing, recovery->disk);
	if (error != 0)
		return recovery_fail(recovery,
		    recovery->listing.failed_name[0] != '\0'
			? recovery->listing.failed_name
			: "cannot look at the files",
		    error);
	if (recovery->listing.is_newer)
		return recovery_stop(recovery, RECOVERY_NEWER,
		    "%s is of a newer program", recovery->listing.newer_name);
	return store_identify(recovery, format);
}
