/*
 * Asks questions: some at a time, the others wait. If there is no answer, the
 * policy decides.
 */
#ifndef TRANSPORT_HOOK_ASKER_H
#define TRANSPORT_HOOK_ASKER_H

#include "domain/base/list.h"
#include "domain/server_stats.h"
#include "transport/hooks/hook_endpoint.h"
#include "wire/hooks/hook_question.h"

struct hook_ask;

struct hook_asker {
	struct hook_signer signer;
	struct loop *loop; /* NULL: not started */
	int64_t timeout_ms;
	size_t most;       /* under way */
	size_t bytes_most; /* of all that wait or are under way */
	bool allows_on_failure;
	struct list asking;  /* of struct hook_ask */
	struct list waiting; /* oldest first */
	size_t asking_count;
	size_t bytes;
	struct hook_stats *stats;
};

/* A question: a part of what its owner allocates. */
struct hook_ask {
	struct list link; /* in asking or waiting */
	struct hook_asker *asker;
	struct hook_endpoint *endpoint;
	struct http_call *call; /* NULL: it waits */
	int64_t begun_ms;
	size_t bytes;
	struct wire_text json; /* until it is under way */
	/*
	 * The decision, which is borrowed. It is the policy's if `has_failed`.
	 * The question is its owner's again.
	 */
	void (*decided)(struct hook_ask *, const struct hook_decision *,
	    bool has_failed);
};

void hook_asker_init(struct hook_asker *);

/*
 * Takes over a question of so many bytes, with its JSON; decided() is called
 * later. False: too many wait, or it cannot be asked: the owner has it still,
 * and asks the policy.
 */
bool hook_asker_ask(struct hook_asker *, struct hook_ask *,
    struct hook_endpoint *, size_t bytes);

/* The question is its owner's again, and is not decided. */
void hook_asker_cancel(struct hook_ask *);

/* What the policy decides. */
void hook_asker_decide_without(struct hook_asker *, struct hook_decision *);

#endif
