/*
 * Messages, attributes and rooms of a scenario: a number always stands for the
 * same content.
 */
#ifndef TESTS_PERSISTENCE_CRASH_SAMPLES_H
#define TESTS_PERSISTENCE_CRASH_SAMPLES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/attribute.h"
#include "domain/history.h"
#include "domain/room.h"

#define ROOMS 4

struct sample_message {
	char body[4096];
	char key[24];
	char author[24];
	struct message message; /* borrows from the texts; without seq */
};

/* The n-th message of a scenario, from 1. */
void sample_message_make(struct sample_message *, unsigned n);

/* The text of a message: as it was sent, or none; else that of an edit. */
#define TEXT_SENT 0
#define TEXT_GONE UINT_MAX

/*
 * The number of the message, if all but its text is equal byte for byte; 0:
 * none. *text: the number of the message that was sent with this text.
 */
unsigned sample_message_number(const struct message *, unsigned *text);

/* The places of attributes of a room: topic, slow, role, member, read; … */
#define MARK_SUBJECTS 4
#define ROOM_MARKS (2 + 3 * MARK_SUBJECTS)
/* … and of a message. */
#define MESSAGE_MARKS 10 /* redaction, edit, reactions */
enum {
	MARK_REDACTION = 0,
	MARK_EDIT = 1
};

struct sample_mark {
	struct sample_message text; /* of an edit */
	char subject[16];
	char label[16];
	char value[24];
	struct attribute attribute; /* borrows from the texts */
};

/* The n-th value of a mark; seq 0: of the room. */
void sample_mark_make(struct sample_mark *, uint64_t seq, unsigned mark,
    unsigned n);

/* The mark and the number, if the attribute is equal byte for byte. */
bool sample_mark_read(const struct attribute *, unsigned *mark, unsigned *n);

/*
 * A room by place and generation, and back; generation 0: none. A room that is
 * created again is another generation.
 */
void sample_room(struct room *, unsigned place, unsigned generation);
unsigned sample_room_place(struct str id);
unsigned sample_room_generation(const struct room *);

#endif
