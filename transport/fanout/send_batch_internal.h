/* What the parts of a turn share; not for anybody else. */
#ifndef TRANSPORT_SEND_BATCH_INTERNAL_H
#define TRANSPORT_SEND_BATCH_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "transport/fanout/send_batch.h"
#include "transport/session.h"

/* Doubles an array of elements of this size. False: no memory. */
bool send_batch_grow(void **array, size_t *capacity, size_t size);

/* This session gets this turn's bytes on its own, not with its channels. */
void send_batch_set_individual(struct send_batch *, struct session *);

static inline bool
send_batch_is_individual(const struct send_batch *batch,
    const struct session *session)
{
	return session->batch_number == batch->number;
}

#endif
