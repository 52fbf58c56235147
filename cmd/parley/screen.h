/* How what is heard looks to people: lines of text. */
#ifndef CMD_PARLEY_SCREEN_H
#define CMD_PARLEY_SCREEN_H

#include <stdbool.h>

#include "cmd/parley/speech.h"

struct screen {
	const struct speech *speech;
	bool colours;
	struct reading reading;
	struct wire_text text;
};

void screen_init(struct screen *, const struct speech *, bool colours);
void screen_fini(struct screen *);

/*
 * The lines for it, each with its newline; empty: there is nothing to show.
 * Good until the next call.
 */
struct str screen_heard(struct screen *, const struct heard *);

/* A word of our own: "* reconnected". */
struct str screen_notice(struct screen *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
