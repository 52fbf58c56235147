/* Another program is asked whether a command may run: an interface. */
#ifndef DOMAIN_APPROVAL_H
#define DOMAIN_APPROVAL_H

#include <stdbool.h>

#include "domain/command.h"
#include "domain/member.h"

struct approval;
struct approval_handler;

enum approval_state {
	APPROVAL_IS_AWAITED, /* the handler is called later */
	APPROVAL_IS_GIVEN,
	APPROVAL_IS_IMPOSSIBLE
};

struct approval_ops {
	/* Whether commands like this are asked about. */
	bool (*concerns)(struct approval *, const struct command *);
	/*
	 * Asks. The command, whose room is the one that is meant, is copied for
	 * the decision; `body` is the message as others would get it.
	 */
	enum approval_state (*ask)(struct approval *, const struct command *,
	    const struct member *author, struct str body);
};

struct approval {
	const struct approval_ops *ops;
	struct approval_handler *handler;
};

struct approval_handler_ops {
	/*
	 * The decision: CHAT_OK, and the command, perhaps with another body,
	 * has COMMAND_APPROVED; else why it may not run, with a text for
	 * people, or an absent one. All is borrowed for the call.
	 */
	void (*decided)(struct approval_handler *, const struct command *,
	    enum chat_error, struct str text);
};

struct approval_handler {
	const struct approval_handler_ops *ops;
};

#endif
