/* For the files of hooks.h only. */
#ifndef TRANSPORT_HOOKS_INTERNAL_H
#define TRANSPORT_HOOKS_INTERNAL_H

#include "domain/commit_log.h"
#include "domain/presence_observer.h"
#include "domain/room_store.h"
#include "transport/hooks/hook_endpoint.h"
#include "transport/hooks/hook_queue.h"
#include "transport/hooks/hook_stays.h"
#include "transport/hooks/hooks.h"
#include "transport/net/loop.h"
#include "wire/common/wire_text.h"

/* Numbers of events have so many digits. */
#define NUMBER_DIGITS 16
#define NUMBER_LEAST UINT64_C(1000000000000000)
#define NUMBER_END (10 * NUMBER_LEAST)

struct hooks {
	struct entry_observer entries;
	struct presence_observer presence;
	struct hook_endpoint endpoint;
	struct hook_signer signer;
	struct loop *loop;        /* NULL: not started */
	struct room_store *rooms; /* NULL: not open */
	int64_t timeout_ms;
	int64_t give_up_ms;
	void (*acknowledge)(void *arg, uint64_t lsn);
	void *arg;
	struct hooks_sharing sharing; /* moment is NULL: no other node */
	bool stands_by;
	uint64_t reported_number; /* the last one at the last report */
	int64_t reported_ms;      /* since when */
	bool all_is_reported;     /* all up to there was sent */
	uint64_t kept_lost; /* while it stands by: events that did not fit */
	uint64_t last_number;
	struct hook_stays stays;
	struct hook_queue queue;
	struct wire_text text;  /* of an event, then of a batch */
	struct http_call *call; /* NULL: none is under way */
	size_t batch_count;     /* events of the batch, at the beginning of the
				   queue; 0: there is none */
	uint64_t batch_number;
	unsigned failures; /* of this batch */
	int64_t failing_since_ms;
	int64_t next_ms; /* not before; monotonic */
	int64_t acknowledged_ms;
	struct hook_stats stats;
};

/*
 * Numbers rise over starts, and from one node to another, unless the clock is
 * set back: they follow the time in microseconds.
 */
void hooks_numbers_begin(struct hooks *);

/* --- hooks_observe.c ------------------------------------------------------ */

extern const struct entry_observer_ops hooks_entry_ops;
extern const struct presence_observer_ops hooks_presence_ops;

/*
 * Adds an event where others were lost, once a quarter of the memory is free:
 * gaps are not to alternate with events. False: it is not.
 */
bool hooks_gap_close(struct hooks *);
/* Before an event is encoded: its number is higher than that of a gap. */
struct hook_stamp hooks_event_begin_next(struct hooks *);
/*
 * The event's text is in hooks->text. With other nodes its time takes the place
 * of an LSN.
 */
void hooks_event_add(struct hooks *, uint64_t lsn);
/* So many events did not fit, the last one with this LSN. */
void hooks_events_lose(struct hooks *, uint64_t count, uint64_t lsn);

#endif
