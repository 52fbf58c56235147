/*
 * Hooks before something happens: another program allows it, denies it with a
 * text, or replaces the message. Public. docs/hooks.md describes it.
 */
#ifndef TRANSPORT_HOOK_QUESTIONS_H
#define TRANSPORT_HOOK_QUESTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

struct approval;
struct clock;
struct connect_question;
struct hook_questions;
struct hook_stats;
struct loop;

/* Texts are copied; empty URLs are not asked. */
struct hook_questions_config {
	struct str connect_url;
	struct str join_url;
	struct str publish_url;
	const char *ca; /* NULL: the authorities of the system */
	struct str secret;
	int64_t timeout_ms;
	size_t most;            /* under way */
	size_t memory;          /* of those, and of those that wait */
	bool allows_on_failure; /* without an answer */
	struct clock *clock;    /* borrowed */
};

/* NULL: `why` names the problem. */
struct hook_questions *
hook_questions_create(const struct hook_questions_config *, char *why,
    size_t size);

/* No question may be left: the server is gone. Accepts NULL. */
void hook_questions_destroy(struct hook_questions *);

/* Called once, before the first question. */
void hook_questions_start(struct hook_questions *, struct loop *);

/* NULL: there is no URL for it. Borrowed. */
struct approval *hook_questions_approval(struct hook_questions *);
struct connect_question *hook_questions_connect(struct hook_questions *);

size_t hook_questions_bytes(const struct hook_questions *);

/* Adds the figures of questions. */
void hook_questions_stats(const struct hook_questions *, struct hook_stats *);

#endif
