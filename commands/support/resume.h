/* The messages that a member gets when it enters a room. */
#ifndef COMMANDS_RESUME_H
#define COMMANDS_RESUME_H

#include "commands/support/history_page.h"
#include "commands/support/request.h"

struct resume {
	uint64_t
	    seq; /* of the newest message: live events continue behind it */
	struct history_page history;
	struct history_page changes; /* of messages before that */
	struct recovery recovery;
};

/*
 * With `since`: what was missed, and what became of earlier messages; else as
 * many of the newest as were asked for. resume_fini() it in any case.
 * CHAT_UNAVAILABLE.
 */
enum chat_error resume_collect(const struct request *, const struct room *,
    struct resume *out);
void resume_fini(struct resume *);

/*
 * What became of messages up to `since` after that one was sent.
 * CHAT_UNAVAILABLE; history_page_fini() it in any case.
 */
enum chat_error resume_collect_changes(const struct request *,
    const struct room *, struct history_page *out);

#endif
