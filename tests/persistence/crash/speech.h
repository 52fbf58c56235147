/* What is said in a scripted life: message n, always the same. */
#ifndef TESTS_PERSISTENCE_CRASH_SPEECH_H
#define TESTS_PERSISTENCE_CRASH_SPEECH_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/attribute.h"
#include "domain/history.h"
#include "domain/room.h"

#define ROOMS 4

struct speech {
	char body[4096];
	char key[24];
	char author[24];
	struct message message; /* borrows from the texts; without seq */
};

/* The n-th message of a life, from 1. */
void speech_make(struct speech *, unsigned n);

/* The text of a message: as it was sent, or none; else that of an edit. */
#define TEXT_SENT 0
#define TEXT_GONE UINT_MAX

/*
 * Which it is, if it is so byte for byte, but for its text; 0: none. *text: the
 * number of the message that has this text first.
 */
unsigned speech_number(const struct message *, unsigned *text);

/* The places of attributes of a room: topic, slow, role, member, read; … */
#define MARK_SUBJECTS 4
#define ROOM_MARKS (2 + 3 * MARK_SUBJECTS)
/* … and of a message. */
#define MESSAGE_MARKS 10 /* redaction, edit, reactions */
enum {
	MARK_REDACTION = 0,
	MARK_EDIT = 1
};

struct speech_mark {
	struct speech text; /* of an edit */
	char subject[16];
	char label[16];
	char value[24];
	struct attribute attribute; /* borrows from the texts */
};

/* The n-th value of a mark; seq 0: of the room. */
void speech_mark_make(struct speech_mark *, uint64_t seq, unsigned mark,
    unsigned n);

/* Which they are, if it is so byte for byte. */
bool speech_mark_read(const struct attribute *, unsigned *mark, unsigned *n);

/* The place-th room in its life-th life, and back; 0 for the life: none. */
void speech_room(struct room *, unsigned place, unsigned life);
unsigned speech_room_place(struct str id);
unsigned speech_room_life(const struct room *);

#endif
