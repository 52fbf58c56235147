/* The places of the valid records, read from undamaged files. */
#ifndef TESTS_PERSISTENCE_CRASH_LEDGER_H
#define TESTS_PERSISTENCE_CRASH_LEDGER_H

#include "persistence/format/record.h"
#include "persistence/format/store_names.h"
#include "tests/support/persistence/memory_disk.h"

struct ledger_line {
	char file[STORE_NAME_SIZE];
	bool is_in_snapshot;
	uint64_t lsn;
	enum record_type type;
	unsigned number; /* of a message; 0: another record */
	size_t from, to; /* the bytes that matter */
};

#define LEDGER_LINES 4096

struct ledger {
	struct ledger_line lines[LEDGER_LINES];
	size_t count;
	uint64_t reported; /* records that were reported as lost */
};

/* Records that the newest snapshot covers are left out. */
void ledger_read(struct ledger *, const struct memory_disk *);

/* Where a file's records end; 0: it has none. */
size_t ledger_end(const struct ledger *, const char *file);

#endif
