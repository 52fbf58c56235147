/* The payloads of records as values. Pure. */
#ifndef PERSISTENCE_RECORD_PAYLOAD_H
#define PERSISTENCE_RECORD_PAYLOAD_H

#include "domain/attribute.h"
#include "domain/history.h"
#include "domain/room.h"
#include "persistence/disk/disk.h"
#include "persistence/format/record.h"

#define PROGRAM_SIZE 64 /* its name and version; longer ones are cut */

/*
 * A writer needs as many bytes as the size function returns, and returns how
 * many it wrote. A reader borrows texts from the payload; false: the payload is
 * invalid. Readers ignore bytes after the fields they know: a newer program may
 * add fields.
 */

/* OPEN: a program begins to write. */
struct open_payload {
	uint8_t boot_id[BOOT_ID_SIZE]; /* of the machine; zeros: not known */
	uint8_t policy;                /* enum store_sync */
	int64_t wall_ms;
	struct str version; /* "parley/0.2.0" */
};

#define OPEN_PAYLOAD_MOST (BOOT_ID_SIZE + 16 + 2 + PROGRAM_SIZE)
size_t open_payload_write(char *, const struct open_payload *);
bool open_payload_read(struct str, struct open_payload *);

/* ROOM: the state of a room from now on. */
size_t room_payload_size(const struct room *);
size_t room_payload_write(char *, const struct room *);
/* Member counts are zero: they are not stored. */
bool room_payload_read(struct str, struct room *);

/* ROOM_GONE: the room and its messages are removed. */
size_t room_gone_payload_size(struct str room);
size_t room_gone_payload_write(char *, struct str room);
bool room_gone_payload_read(struct str, struct str *room);

/*
 * MESSAGE. An empty key is an absent one. MESSAGE_BARE is the same without
 * body: the message is redacted, or an ATTRIBUTE has its new text.
 */
size_t message_payload_size(struct str room, const struct message *);
size_t message_payload_write(char *, struct str room, const struct message *);
bool message_payload_read(struct str, struct str *room, struct message *);

/* ATTRIBUTE: one that can be set. */
size_t attribute_payload_size(struct str room, const struct attribute *);
size_t attribute_payload_write(char *, struct str room,
    const struct attribute *);
bool attribute_payload_read(struct str, struct str *room, struct attribute *);

/* TRIM: messages up to seq are gone; at_ms is the time of that one. */
size_t trim_payload_size(struct str room);
size_t trim_payload_write(char *, struct str room, uint64_t seq, int64_t at_ms);
bool trim_payload_read(struct str, struct str *room, uint64_t *seq,
    int64_t *at_ms);

/* LOST: these LSNs are lost, and it was reported. */
struct lost_range {
	uint64_t first;
	uint64_t last;
	uint64_t records;  /* fewer than LSNs in a snapshot */
	uint64_t snapshot; /* its last LSN; 0: missing from the journal */
};

#define LOST_PAYLOAD_SIZE 32
size_t lost_payload_write(char *, const struct lost_range *);
bool lost_payload_read(struct str, struct lost_range *);

/* SNAP_END: the number of records before it. */
#define SNAP_END_PAYLOAD_SIZE 8
size_t snap_end_payload_write(char *, uint64_t count);
bool snap_end_payload_read(struct str, uint64_t *count);

#endif
