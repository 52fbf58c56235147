/* What is said in a scripted life: message n, always the same. */
#ifndef TESTS_PERSISTENCE_CRASH_SPEECH_H
#define TESTS_PERSISTENCE_CRASH_SPEECH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* Which it is, if it is so byte for byte; 0: none. */
unsigned speech_number(const struct message *);

/* The place-th room in its life-th life, and back; 0 for the life: none. */
void speech_room(struct room *, unsigned place, unsigned life);
unsigned speech_room_place(struct str id);
unsigned speech_room_life(const struct room *);

#endif
