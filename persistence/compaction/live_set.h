/* Which records of a journal are live: the first pass of a compaction. */
#ifndef PERSISTENCE_LIVE_SET_H
#define PERSISTENCE_LIVE_SET_H

#include "domain/base/id_map.h"
#include "domain/base/list.h"
#include "domain/history.h"
#include "persistence/format/record.h"
#include "persistence/format/record_payload.h"
#include "persistence/recovery/lost_list.h"

/* A message that is live unless a later record removes it. */
struct live_message {
	uint64_t seq;
	int64_t at_ms;
	size_t bytes;
	uint32_t body_bytes; /* of these, the body's */
	bool has_key;
	bool is_bare; /* an attribute has its text, or it is redacted */
	bool is_redacted;
};

/* The last value of an attribute; removed ones are not in the set. */
struct live_attribute {
	struct list link;
	uint64_t lsn; /* of its record */
	uint8_t key_len;
	char key[]; /* attribute_key_write() */
};

struct live_set_room {
	struct list link;
	uint64_t born; /* LSN of its first record */
	char *payload; /* of its last ROOM record; NULL: none was read */
	size_t payload_len;
	struct live_message *messages; /* oldest first, from `head` on */
	size_t head, count, capacity;
	size_t bytes;       /* of these messages */
	uint64_t last;      /* the highest number */
	uint64_t trimmed;   /* messages up to this number were removed */
	int64_t trimmed_ms; /* the time of the last of them */
	int64_t ttl_ms;
	struct id_map attributes; /* struct live_attribute */
	struct list all_attributes;
	uint64_t copied; /* messages up to this number were copied */
	bool is_written; /* the room was copied */
	uint8_t id_len;
	char id[]; /* without NUL */
};

/* The live records of a journal: positions and sizes, no texts. */
struct live_set {
	const struct history_limits *limits;
	int64_t now_ms;
	struct id_map rooms;
	struct list all;
	uint64_t last_open; /* LSN of the last OPEN */
	/*
	 * The OPEN before the last message: OPEN and CLOSE records from there
	 * on show whether epochs are valid.
	 */
	uint64_t first_open;
	struct lost_list lost; /* from LOST records */
};

void live_set_init(struct live_set *, const struct history_limits *,
    int64_t now_ms);
void live_set_fini(struct live_set *);

/* To be called in order of LSN. 0 or an errno; EIO: an invalid payload. */
int live_set_add(struct live_set *, const struct record *);

/* After the last record: drops messages that are too old. */
void live_set_finish(struct live_set *);

/* NULL: there is no such room. */
struct live_set_room *live_set_find(const struct live_set *, struct str id);

/* Whether the record of a message is to be written without its body. */
bool live_set_is_bare(const struct live_set_room *, uint64_t seq);

/* Whether this record of an attribute has its last value, and its message is
 * there. */
bool live_set_has_attribute(const struct live_set_room *,
    const struct attribute *, uint64_t lsn);

/* Whether these LSNs are known to be lost. */
bool live_set_knows_lost(const struct live_set *, uint64_t first,
    uint64_t last);

#endif
