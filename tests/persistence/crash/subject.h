/*
 * The object under test: a store on a disk, which is opened, used and
 * killed. There are
 * two: the journal and recovery alone, and the stores that the server uses.
 */
#ifndef TESTS_PERSISTENCE_CRASH_SUBJECT_H
#define TESTS_PERSISTENCE_CRASH_SUBJECT_H

#include "domain/error.h"
#include "persistence/store_options.h"
#include "tests/persistence/crash/content.h"
#include "tests/support/persistence/memory_disk.h"

struct subject;

/*
 * The result of opening. Real stores do not report it: only the epochs show
 * it.
 */
struct finding {
	bool is_reported; /* the other fields are set */
	uint64_t lost_records;
	bool numbering_holds;
};

enum opened {
	OPENED,
	OPENED_NOT,    /* the disk failed, or memory */
	OPENED_REFUSED /* a store of a newer program */
};

struct poll_result {
	uint64_t committed;
	uint64_t failed_first; /* 0: none */
};

struct subject_kind {
	const char *name;
	/* Recovers the store; its content is shown to readers from now on. */
	enum opened (*open)(struct memory_disk *, const struct store_options *,
	    struct subject **, struct content *, struct finding *);
	/* Closes the store, as far as the disk still works. */
	void (*close)(struct subject *);
	/* Each is given an LSN, unless it is refused. */
	enum chat_error (*make_room)(struct subject *, const struct room *,
	    uint64_t *lsn);
	/* Real stores do not refuse it, but it may fail later. */
	enum chat_error (*remove_room)(struct subject *, struct str id,
	    uint64_t *lsn);
	enum chat_error (*message_write)(struct subject *, struct str room,
	    struct message *, uint64_t *lsn);
	enum chat_error (*set_attribute)(struct subject *, struct str room,
	    const struct attribute *, uint64_t *lsn);
	/* The number of the message with this key; 0: there is none. */
	uint64_t (*find)(struct subject *, struct str room, struct str key);
	/* One step of the writer's thread. False: there was nothing to do. */
	bool (*step)(struct subject *);
	void (*poll)(struct subject *, struct poll_result *);
};

extern const struct subject_kind journal_subject, stores_subject;

#endif
