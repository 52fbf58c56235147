/* What somebody who enters a room gets to read of it. */
#ifndef COMMANDS_RESUME_H
#define COMMANDS_RESUME_H

#include "commands/support/history_page.h"
#include "commands/support/request.h"

struct catch_up {
	uint64_t seq; /* the newest: live events come behind it … */
	uint64_t lsn; /* … when it is safe */
	struct excerpt excerpt;
	struct recovery recovery;
};

/*
 * With `since`: what was missed, else as many of the newest as were asked
 * for. catch_up_fini() it in any case. CHAT_UNAVAILABLE.
 */
enum chat_error catch_up(const struct request *, const struct room *,
    struct catch_up *out);
void catch_up_fini(struct catch_up *);

#endif
