/* What a hook is asked before something happens, and its answer. Public. */
#ifndef WIRE_HOOK_QUESTION_H
#define WIRE_HOOK_QUESTION_H

#include "domain/command.h"
#include "domain/member.h"
#include "wire/dialect.h"

/* "connect": texts that are empty are left out. */
struct hook_candidate {
	struct str user; /* its id */
	struct str name;
	struct str member_id;
	struct str address;
	struct str path;
	struct str query;
	struct str dialect;
};

void hook_put_candidate(struct wire_text *, const struct hook_candidate *);

/* "join" or "publish", for a command that is one of these. */
void hook_put_command(struct wire_text *, const struct command *,
    const struct member *author);

/* Slices of the answer; texts are unescaped. */
#define HOOK_REASON_MOST 200
struct hook_decision {
	bool allows;
	char text[HOOK_REASON_MOST + 1]; /* for people; "": none */
	struct str message; /* instead of the one that was asked about */
};

/* NULL: it was read; else what is wrong with it, a constant. */
const char *hook_read_decision(struct str json, struct hook_decision *);

#endif
