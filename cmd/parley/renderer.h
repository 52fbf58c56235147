/* Formats events as lines of text for a terminal. */
#ifndef CMD_PARLEY_RENDERER_H
#define CMD_PARLEY_RENDERER_H

#include <stdbool.h>

#include "cmd/parley/client_dialect.h"

struct renderer {
	const struct client_dialect *dialect;
	bool colours;
	struct str elsewhere; /* the room of the event, if it is shown */
	int day; /* of the last line with a time; see day_number() */
	struct text_buffer texts;
	struct wire_text text;
};

void renderer_init(struct renderer *, const struct client_dialect *,
    bool colours);
void renderer_fini(struct renderer *);

/*
 * The lines of an event, with newlines; empty: nothing to show. Valid until
 * the next call.
 */
struct str renderer_event(struct renderer *, const struct server_event *);

/* A notice of the program: "* reconnected". */
struct str renderer_notice(struct renderer *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
