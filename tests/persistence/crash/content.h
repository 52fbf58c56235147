/* The rooms and messages that a store holds after it was opened. */
#ifndef TESTS_PERSISTENCE_CRASH_CONTENT_H
#define TESTS_PERSISTENCE_CRASH_CONTENT_H

#include "tests/persistence/crash/samples.h"

/* So many messages of a room are kept. */
#define KEPT 8
#define SEQ_MOST 4096

/* The state of a message: its text, and the numbers of its attributes. */
struct message_marks {
	unsigned text;
	unsigned marks[MESSAGE_MARKS]; /* 0: there is none */
};

/* Distinguishes one state of a room from all others. */
struct print {
	unsigned generation; /* 0: there is no room */
	uint64_t last;       /* its newest seq */
	uint64_t hash;       /* of the last messages, as many as are kept */
	unsigned marks[ROOM_MARKS];
	struct message_marks messages[KEPT]; /* by the remainder of seq */
};

struct found_room {
	unsigned generation;
	char epoch[ID_SIZE];
	uint64_t first, last;       /* first > last: no message */
	unsigned numbers[SEQ_MOST]; /* of the message with that seq; 0: none */
	struct message_marks messages[SEQ_MOST];
	unsigned marks[ROOM_MARKS];
};

struct content {
	struct found_room rooms[ROOMS];
	struct str reading;  /* the room whose messages are read at present */
	const char *wrong;   /* an inconsistency that was found while reading;
			      * NULL */
	unsigned wrong_room; /* ROOMS: none of them */
};

void content_clear(struct content *);
void content_complain(struct content *, const char *why);
void content_add_room(struct content *, const struct room *);
void content_remove_room(struct content *, struct str id);
void content_add_message(struct content *, struct str room,
    const struct message *);
/* False: its message does not exist, or is redacted. */
bool content_add_attribute(struct content *, struct str room,
    const struct attribute *);
/* An attribute has changed the text of a message that is there. */
void content_set_text(struct content *, struct str room, uint64_t seq,
    unsigned text);
/* Messages up to this seq were removed. */
void content_trim(struct content *, struct str room, uint64_t seq);

/* Sets an attribute of a message; 0: it is removed. */
void message_marks_set(struct message_marks *, unsigned mark, unsigned n);

struct print content_print(const struct content *, unsigned place);
/* The part of a message in the hash. */
uint64_t print_of(unsigned n, uint64_t seq);

/*
 * NULL: consistent: no hole, no duplicate, and all messages within the
 * limit.
 */
const char *content_fault(const struct content *, unsigned *place);

/* Whether all attributes of the room and of the kept messages are the same. */
bool print_has_same_marks(const struct print *, const struct print *);

/* The number of the message with this seq; 0: there is none. */
unsigned found_number(const struct found_room *, uint64_t seq);

/* Compares the messages within the limit. */
bool content_is_equal(const struct content *, const struct content *);

#endif
