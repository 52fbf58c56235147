/* Decides about texts before others see them: an interface. */
#ifndef DOMAIN_MESSAGE_FILTER_H
#define DOMAIN_MESSAGE_FILTER_H

#include <stdbool.h>

#include "domain/base/str.h"

struct message_filter;

enum filter_verdict {
	FILTER_PASSED,
	FILTER_CHANGED, /* *out is to be posted instead */
	FILTER_REFUSED,
	FILTER_FAILED /* no memory */
};

struct message_filter_ops {
	/*
	 * Decide about a message, which is valid JSON text. *out is good until
	 * the next call.
	 */
	enum filter_verdict (*apply)(struct message_filter *, struct str body,
	    struct str *out);
	/* Whether a name, a topic or the like, which is plain text, may be. */
	bool (*allows)(struct message_filter *, struct str text);
};

struct message_filter {
	const struct message_filter_ops *ops;
};

static inline enum filter_verdict
message_filter_apply(struct message_filter *filter, struct str body,
    struct str *out)
{
	return filter->ops->apply(filter, body, out);
}

static inline bool
message_filter_allows(struct message_filter *filter, struct str text)
{
	return filter->ops->allows(filter, text);
}

#endif
