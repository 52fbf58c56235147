#include "transport/fanout/send_slice.h"

#include <assert.h>

#include "transport/fanout/send_batch_internal.h"
#include "transport/ws/ws_conn.h"

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

static void
subscriber_send_end(struct send_batch *batch, const struct send_slice *slice,
    uint32_t i, struct send_totals *totals)
{
	const struct subscriber *subscriber =
	    &slice->channel->subscribers[slice->first + i];

	if (!conn_takes_frames(subscriber->conn)) {
		if (slice->rest != NULL)
			channel_miss(batch, subscriber->session, slice->channel,
			    &slice->rest->missed);
		else
			channel_skip(batch, subscriber->session,
			    slice->channel);
		totals->behind++;
	} else if (slice->is_whole) {
		conn_send_end(subscriber->conn,
		    &batch->pieces[slice->first_piece], slice->piece_count,
		    &slice->sents[i]);
		batch->sent_to++;
		totals->sent++;
	} else {
		ws_conn_end_unsent(subscriber->conn);
		totals->failed++;
	}
}

void
send_slice_end(struct send_batch *batch, const struct send_slice *slice,
    struct send_totals *totals)
{
	batch->sent_to += slice->sent;
	totals->sent += slice->sent;
	for (uint64_t left = slice->left; left != 0; left &= left - 1)
		subscriber_send_end(batch, slice,
		    (uint32_t)__builtin_ctzll(left), totals);
}
