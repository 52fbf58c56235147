/* Options of the file store. Public. */
#ifndef PERSISTENCE_STORE_OPTIONS_H
#define PERSISTENCE_STORE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an acknowledgement waits for. */
enum store_sync {
	STORE_SYNC_ALWAYS,   /* the disk */
	STORE_SYNC_INTERVAL, /* write(); the disk every sync_interval_ms */
	STORE_SYNC_NEVER     /* write() */
};

enum store_on_damage {
	STORE_QUARANTINE,
	STORE_REFUSE
};
enum store_on_io_error {
	STORE_READ_ONLY,
	STORE_EXIT
};

struct store_options {
	char dir[256];
	enum store_sync sync;
	int64_t sync_interval_ms;
	size_t segment_bytes;
	size_t queue_bytes;
	size_t min_free_bytes;
	int64_t probe_ms;
	size_t compact_after_bytes;
	int64_t clock_trust_ms;
	enum store_on_damage on_damage;
	enum store_on_io_error on_io_error;
};

#endif
