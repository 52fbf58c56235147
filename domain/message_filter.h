/* Decides about the text of messages before they are posted: an interface. */
#ifndef DOMAIN_MESSAGE_FILTER_H
#define DOMAIN_MESSAGE_FILTER_H

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

#endif
