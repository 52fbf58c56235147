#include "transport/fanout/send_slice.h"

#include <assert.h>

#include "transport/fanout/send_batch_internal.h"

void
send_slice_begin(const struct send_batch *batch, struct send_slice *slice,
    struct traffic *traffic)
{
	const struct subscriber *subscribers =
	    &slice->channel->subscribers[slice->first];
	const struct piece *pieces = &batch->pieces[slice->first_piece];
	uint64_t left = 0;
	uint32_t sent = 0;

	assert(slice->count <= SEND_SLICE_MOST && !slice->is_deferred);
	for (uint32_t i = 0; i < slice->count; i++) {
		const struct subscriber *subscriber = &subscribers[i];

		/* Mostly none is, and then no session is touched. */
		if (batch->individual_count > 0 &&
		    send_batch_individual(batch, subscriber->session) != NULL)
			continue;
		if (i + 1 < slice->count)
			conn_prefetch(subscriber[1].conn);
		if (slice->is_whole && conn_takes_frames(subscriber->conn) &&
		    conn_send_begin(subscriber->conn, pieces,
			slice->piece_count, traffic, &slice->sents[i]))
			sent++;
		else
			left |= UINT64_C(1) << i;
	}
	slice->sent = sent;
	slice->left = left;
}
