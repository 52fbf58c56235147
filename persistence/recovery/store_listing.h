/* The files of a store and their heads. */
#ifndef PERSISTENCE_STORE_LISTING_H
#define PERSISTENCE_STORE_LISTING_H

#include "persistence/disk/disk.h"
#include "persistence/format/record.h"
#include "persistence/format/store_names.h"

struct store_listing_file {
	uint64_t lsn; /* from its name; the head must have the same */
	uint64_t size;
	bool is_snapshot;
	bool is_readable; /* its head is valid and of this store */
	struct segment_head head;
};

/* Both in order of LSN. Filled with zeros it is empty. */
struct store_listing {
	struct store_listing_file *snapshots;
	size_t snapshot_count;
	struct store_listing_file *segments;
	size_t segment_count;
	bool is_newer;      /* a file of a newer program: newer_name */
	bool has_foreign;   /* files that do not belong to a store */
	bool has_watermark; /* DURABLE exists: records were written once */
	char newer_name[STORE_NAME_SIZE];
	char failed_name[STORE_NAME_SIZE]; /* the file that could not be read */
};

/* 0 or an errno. Call store_listing_fini() in any case. */
int store_listing_make(struct store_listing *, struct disk *);
void store_listing_fini(struct store_listing *);

void store_listing_file_name(const struct store_listing_file *,
    char out[STORE_NAME_SIZE]);

/*
 * The store of the files: the one in FORMAT if a file has it, else that of the
 * newest file. False: no file has a valid head.
 */
bool store_listing_store_id(const struct store_listing *,
    const uint8_t by_format[STORE_ID_SIZE], uint8_t out[STORE_ID_SIZE]);

/* Marks the files of other stores as unreadable. */
void store_listing_exclude(struct store_listing *,
    const uint8_t store_id[STORE_ID_SIZE]);

/* Removes unfinished files; 0 or an errno. */
int store_listing_sweep(struct disk *);

#endif
