/* What there is in the store's directory: which files, with which heads. */
#ifndef PERSISTENCE_STORE_LISTING_H
#define PERSISTENCE_STORE_LISTING_H

#include "persistence/disk/disk.h"
#include "persistence/format/record.h"
#include "persistence/format/store_names.h"

struct store_listing_file {
	uint64_t lsn; /* by its name, which its head has to agree with */
	uint64_t size;
	bool is_snapshot;
	bool is_readable; /* else nothing in it can be told from noise */
	struct segment_head head;
};

/* Each in order of LSN. Filled with zeros it is empty. */
struct store_listing {
	struct store_listing_file *snapshots;
	size_t snapshot_count;
	struct store_listing_file *segments;
	size_t segment_count;
	bool is_newer;    /* some file is of a newer program: newer_name */
	bool has_strange; /* files that are no store's */
	bool has_mark;    /* DURABLE: records were written here once */
	char newer_name[STORE_NAME_SIZE];
	char failed_name[STORE_NAME_SIZE]; /* that could not be read */
};

/* 0 or an errno. To be finished in any case. */
int store_listing_make(struct store_listing *, struct disk *);
void store_listing_fini(struct store_listing *);

void store_listing_file_name(const struct store_listing_file *,
    char out[STORE_NAME_SIZE]);

/*
 * Which store the files belong to: the one that FORMAT names if any of them
 * does, else the newest one's. False: none has a head that could say.
 */
bool store_listing_store_id(const struct store_listing *,
    const uint8_t by_format[STORE_ID_SIZE], uint8_t out[STORE_ID_SIZE]);

/* From now on the files of other stores are unreadable. */
void store_listing_exclude(struct store_listing *,
    const uint8_t store_id[STORE_ID_SIZE]);

/* Removes what was never finished; 0 or an errno. */
int store_listing_sweep(struct disk *);

#endif
