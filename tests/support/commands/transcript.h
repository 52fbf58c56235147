/* A text that grows line by line, to be compared with what was expected. */
#ifndef TESTS_SUPPORT_COMMANDS_TRANSCRIPT_H
#define TESTS_SUPPORT_COMMANDS_TRANSCRIPT_H

#include <stddef.h>

#include "domain/event.h"

struct transcript {
	char text[1 << 18];
	size_t len;
};

void transcript_clear(struct transcript *);

void transcript_add(struct transcript *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * A line like
 *   room r1 except id2: message room=r1 seq=1 at=1000 member=al id=id1
 * body="hi" with all parts of the event that are set. "id2/7" is connection 7
 * of id2.
 */
void transcript_event(struct transcript *, const struct event *,
    const struct audience *);

#endif
