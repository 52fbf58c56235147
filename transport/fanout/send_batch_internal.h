/* What the parts of a turn share; not for anybody else. */
#ifndef TRANSPORT_SEND_BATCH_INTERNAL_H
#define TRANSPORT_SEND_BATCH_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "transport/fanout/send_batch.h"
#include "transport/session.h"

/* Doubles an array of elements of this size. False: no memory. */
bool send_batch_grow(void **array, size_t *capacity, size_t size);

/* NULL: this session gets what its channels get. */
static inline struct individual *
send_batch_individual(const struct send_batch *batch,
    const struct session *session)
{
	struct individual *own;

	if (session->individual >= batch->individual_count)
		return NULL;
	own = &batch->individuals[session->individual];
	return own->session == session ? own : NULL;
}

/*
 * This session gets this turn's bytes on its own, not with its channels. NULL:
 * no memory. Valid until the next call.
 */
struct individual *send_batch_set_individual(struct send_batch *,
    struct session *);

#endif
