/* What somebody who enters a room gets to read of it. */
#ifndef COMMANDS_RESUME_H
#define COMMANDS_RESUME_H

#include "commands/support/history_page.h"
#include "commands/support/request.h"

struct resume {
	uint64_t seq; /* the newest: live events come behind it */
	struct history_page excerpt;
	struct recovery recovery;
};

/*
 * With `since`: what was missed, else as many of the newest as were asked
 * for. resume_fini() it in any case. CHAT_UNAVAILABLE.
 */
enum chat_error resume_collect(const struct request *, const struct room *,
    struct resume *out);
void resume_fini(struct resume *);

#endif
