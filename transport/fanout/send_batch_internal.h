/* What the parts of a turn share; not for anybody else. */
#ifndef TRANSPORT_SEND_BATCH_INTERNAL_H
#define TRANSPORT_SEND_BATCH_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "transport/fanout/send_batch.h"
#include "transport/session.h"

/* Doubles an array of elements of this size. False: no memory. */
bool turn_grow(void **array, size_t *capacity, size_t size);

/* This session gets this turn's bytes on its own, not with its channels. */
void turn_set_apart(struct turn *, struct session *);

static inline bool
turn_is_apart(const struct turn *turn, const struct session *session)
{
	return session->apart_turn == turn->number;
}

#endif
