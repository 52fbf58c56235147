/*
 * The object under test: a store on a disk, opened, used, killed. There are
 * two: the journal and recovery alone, and the stores that the server uses.
 */
#ifndef TESTS_PERSISTENCE_CRASH_SUBJECT_H
#define TESTS_PERSISTENCE_CRASH_SUBJECT_H

#include "domain/error.h"
#include "persistence/store_options.h"
#include "tests/persistence/crash/content.h"
#include "tests/support/persistence/memory_disk.h"

struct subject;

/* The result of opening; of real stores, the rooms' epochs have the rest. */
struct finding {
	bool is_reported; /* what follows is known */
	uint64_t lost_records;
	bool numbering_holds;
};

enum opened {
	OPENED,
	OPENED_NOT,    /* the disk failed, or memory */
	OPENED_REFUSED /* what is there is not to be read at all */
};

struct news {
	uint64_t committed;
	uint64_t failed_first; /* 0: nothing did */
};

struct subject_kind {
	const char *name;
	/* Recovers; what is found is to be shown from now on. */
	enum opened (*open)(struct memory_disk *, const struct store_options *,
	    struct subject **, struct content *, struct finding *);
	/* Closes properly, as far as the disk still works. */
	void (*close)(struct subject *);
	/* Each is given an LSN, unless it is refused. */
	enum chat_error (*make_room)(struct subject *, const struct room *,
	    uint64_t *lsn);
	/* With real stores it cannot be refused, but may be in vain. */
	enum chat_error (*remove_room)(struct subject *, struct str id,
	    uint64_t *lsn);
	enum chat_error (*message_write)(struct subject *, struct str room,
	    struct message *, uint64_t *lsn);
	enum chat_error (*set_attribute)(struct subject *, struct str room,
	    const struct attribute *, uint64_t *lsn);
	/* The number of the message with this key; 0: there is none. */
	uint64_t (*find)(struct subject *, struct str room, struct str key);
	/* As the writer's thread does. False: there was nothing to do. */
	bool (*step)(struct subject *);
	void (*poll)(struct subject *, struct news *);
};

extern const struct subject_kind journal_subject, stores_subject;

#endif
