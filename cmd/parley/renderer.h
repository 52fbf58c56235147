/* How what is heard looks to people: lines of text. */
#ifndef CMD_PARLEY_RENDERER_H
#define CMD_PARLEY_RENDERER_H

#include <stdbool.h>

#include "cmd/parley/client_dialect.h"

struct renderer {
	const struct client_dialect *dialect;
	bool colours;
	struct text_buffer reading;
	struct wire_text text;
};

void renderer_init(struct renderer *, const struct client_dialect *,
    bool colours);
void renderer_fini(struct renderer *);

/*
 * The lines for it, each with its newline; empty: there is nothing to show.
 * Good until the next call.
 */
struct str renderer_event(struct renderer *, const struct server_event *);

/* A word of our own: "* reconnected". */
struct str renderer_notice(struct renderer *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
